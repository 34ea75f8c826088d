"""messaging-service on the wire: what a campaign's delivery options, files and stored templates add to a request."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Outcome
from campaigns.providers.messaging_service import MessagingService, files
from campaigns.providers.remote import Attachment
from campaigns.states import Reason
from tests.providers.raw_server import answer
from tests.providers.service_wire import (
    EMAIL,
    KEY,
    LUCIA,
    MARCO,
    PENDING,
    SMS,
    SMS_LUCIA,
    accepted,
    head_of,
    json_of,
    row,
    rows,
    send,
)

PDF = Attachment("oferta.pdf", "application/pdf", b"%PDF-1.7 " + b"x" * 20_000)
LOGO = Attachment("logo.png", "image/png", b"\x89PNG", inline=True)
ONE_CLICK = {
    "List-Unsubscribe": "<https://consola.example/u/{{p2}}/>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def with_options(body: Body = EMAIL, **options: str) -> Body:
    return replace(body, options=options)


def problems(body: Body, **options: Any) -> list[tuple[str, bool]]:
    """(field, is a warning) of what the adapter finds wrong."""
    provider = MessagingService(AccountConfig("https://api.example", {"api_key": "k"}, options))
    return [(problem.field, problem.warning) for problem in provider.check_body(body)]


# -- copies -----------------------------------------------------------------------------------------
def test_copies_travel_with_every_message_under_ids_of_their_own() -> None:
    body = with_options(cc="jefa@tienda.example", bcc="archivo@tienda.example, auditor@tienda.example")
    _, server = send([accepted(LUCIA, MARCO)], body, [LUCIA, MARCO])
    destination = json_of(server)["messages"][0]["destinations"][1]
    values = destination["to"][0]["placeholders"]
    assert destination["cc"] == [
        {"destination": "jefa@tienda.example", "messageId": "b7a1d2f4-1~copy1", "placeholders": values}
    ]
    assert [(copy["destination"], copy["messageId"]) for copy in destination["bcc"]] == [
        ("archivo@tienda.example", "b7a1d2f4-1~copy2"),
        ("auditor@tienda.example", "b7a1d2f4-1~copy3"),
    ]


def test_a_request_holds_a_thousand_addresses_copies_included() -> None:
    people = [Message(f"r{n}-1", f"p{n}@buzon.example", values=("a", "b")) for n in range(501)]
    _, server = send([accepted(*people[:500]), accepted(*people[500:])], with_options(cc="jefa@tienda.example"), people)
    assert [len(json_of(server, n)["messages"][0]["destinations"]) for n in range(2)] == [500, 1]


def test_rows_of_copies_do_not_become_receipts() -> None:
    copy = {"messageId": "8d0f5c1e-1~copy1", "destination": "jefa@tienda.example", "status": PENDING}
    receipts, _ = send([rows(copy, row(LUCIA, PENDING))], with_options(cc="jefa@tienda.example"), [LUCIA])
    assert [(r.reference, r.outcome) for r in receipts] == [(LUCIA.reference, Outcome.ACCEPTED)]


def test_copies_to_no_address_are_refused_and_others_are_pointed_out() -> None:
    assert problems(with_options(cc="jefa@")) == [("cc", False)]
    assert problems(with_options(bcc="jefa@tienda.example")) == [("cc", True)]


# -- a campaign's answers ---------------------------------------------------------------------------
def test_a_campaign_overrides_the_account() -> None:
    body = with_options(
        track_opens="off",
        track_clicks="on",
        pixel="BOTTOM",
        validity_minutes="1440",
        client_priority="LOW",
        ip_pool="pool-7",
        landing_page="1_23456",
        message_layout="seed",
    )
    account = {"track_opens": True, "client_priority": "HIGH", "validity_minutes": "60", "ip_pool": "pool-1"}
    _, server = send([accepted(LUCIA)], body, [LUCIA], **account)
    sent = json_of(server)
    (item,) = sent["messages"]
    assert sent["options"]["tracking"] == {
        "trackOpens": False,
        "trackClicks": True,
        "trackingUrl": "https://consola.example/e",
        "trackingPixelPosition": "BOTTOM",
    }
    assert sent["options"]["clientPriority"] == "LOW"
    assert item["options"]["validityPeriod"] == {"amount": 1440, "timeUnit": "MINUTES"}
    assert item["options"]["ips"] == {"ipPoolId": "pool-7"}
    assert item["content"]["optoutLandingPageId"] == "1_23456"
    assert item["replyTo"] == "ayuda@tiendanorte.example"


def test_a_campaign_that_answers_nothing_goes_as_the_account_is_set() -> None:
    account = {"track_opens": True, "client_priority": "HIGH", "validity_minutes": "60"}
    given = {"track_opens": "account", "client_priority": "account", "window_days": "all"}
    _, server = send([accepted(LUCIA)], with_options(**given), [LUCIA], **account)
    sent = json_of(server)
    assert sent["options"]["tracking"]["trackOpens"] is True
    assert sent["options"]["clientPriority"] == "HIGH"
    assert sent["messages"][0]["options"] == {
        "validityPeriod": {"amount": 60, "timeUnit": "MINUTES"},
        "campaignReferenceId": "c-2b9e7d64",
    }


def test_validity_is_cut_to_two_days() -> None:
    _, server = send([accepted(LUCIA)], with_options(validity_minutes="9999"), [LUCIA])
    assert json_of(server)["messages"][0]["options"]["validityPeriod"]["amount"] == 2880


def test_delivery_hours_travel_in_utc_with_their_days() -> None:
    body = with_options(window_days="mon-fri", window_from="09:00", window_to="20:30")
    _, server = send([accepted(LUCIA)], body, [LUCIA])
    assert json_of(server)["messages"][0]["options"]["deliveryTimeWindow"] == {
        "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
        "from": {"hour": 9, "minute": 0},
        "to": {"hour": 20, "minute": 30},
    }


@pytest.mark.parametrize("hours", [{"window_from": "09:00"}, {"window_from": "09:00", "window_to": "09:59"}])
def test_half_a_window_or_less_than_an_hour_is_refused(hours: dict[str, str]) -> None:
    assert problems(with_options(**hours)) == [("window_from", False)]


def test_privacy_options_of_the_account_travel() -> None:
    options = {"skip_storage": True, "mask_values": True, "application_id": "despacho", "entity_id": "norte"}
    _, server = send([accepted(LUCIA)], EMAIL, [LUCIA], **options)
    (item,) = json_of(server)["messages"]
    assert item["storage"] == {"skipActive": True, "skipPassive": True}
    assert item["placeholdersMasking"] == [{"name": "p1"}, {"name": "p2"}]
    assert item["options"]["platform"] == {"applicationId": "despacho", "entityId": "norte"}


# -- a time at the provider -------------------------------------------------------------------------
def tomorrow() -> datetime:
    return (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0)


def test_a_time_at_the_provider_stands_in_the_schedule() -> None:
    when = tomorrow()
    _, server = send([accepted(LUCIA)], with_options(send_at=f"{when:%Y-%m-%d %H:%M}"), [LUCIA])
    assert json_of(server)["options"]["schedule"] == {"bulkId": KEY, "sendAt": f"{when:%Y-%m-%dT%H:%M}:00.000+0000"}


def test_a_time_that_has_passed_sends_at_once() -> None:
    _, server = send([accepted(LUCIA)], with_options(send_at="2020-01-01 10:00"), [LUCIA])
    assert json_of(server)["options"]["schedule"] == {"bulkId": KEY}


@pytest.mark.parametrize(
    ("channel", "days", "expected"),
    [(Channel.EMAIL, 4, []), (Channel.EMAIL, 6, [("send_at", False)]), (Channel.SMS, 170, []),
     (Channel.SMS, 181, [("send_at", False)])],
)  # fmt: skip
def test_a_time_too_far_away_is_refused(channel: Channel, days: int, expected: list[tuple[str, bool]]) -> None:
    body = EMAIL if channel is Channel.EMAIL else replace(SMS, text="Hola")
    when = datetime.now(UTC) + timedelta(days=days)
    assert problems(with_options(body, send_at=f"{when:%Y-%m-%d %H:%M}")) == expected


def test_a_time_that_cannot_be_read_is_refused() -> None:
    assert problems(with_options(send_at="tomorrow")) == [("send_at", False)]


# -- AMP and stored templates -----------------------------------------------------------------------
AMP = "<!doctype html><html ⚡4email><body>Hola</body></html>"


def test_an_amp_version_travels_beside_the_html() -> None:
    _, server = send([accepted(LUCIA)], with_options(amp=AMP), [LUCIA])
    assert json_of(server)["messages"][0]["content"]["ampHtml"] == AMP


@pytest.mark.parametrize("amp", ["<p>Hola</p>", AMP.replace("Hola", "{{p1}}")])
def test_what_is_no_amp_or_wants_fields_is_refused(amp: str) -> None:
    assert problems(with_options(amp=amp)) == [("amp", False)]


def test_amp_without_html_is_refused() -> None:
    assert problems(replace(with_options(amp=AMP), html="")) == [("amp", False)]


def test_a_stored_template_travels_by_its_id_with_values_under_its_own_names() -> None:
    body = Body(
        Channel.EMAIL,
        template_id="4711",
        names=("nombre", "cupon"),
        reply_to="ayuda@tiendanorte.example",
        options={"template_version": "2"},
    )
    assert problems(body) == []
    receipts, server = send([accepted(LUCIA, MARCO)], body, [LUCIA, MARCO])
    (item,) = json_of(server)["messages"]
    assert item["content"] == {"templateId": "4711", "templateLanguageVersion": "2"}
    assert "sender" not in item
    assert [d["to"][0]["placeholders"] for d in item["destinations"]] == [
        '{"nombre":"Lucía","cupon":"OTONO-41"}',
        '{"nombre":"Marco","cupon":"OTONO-42"}',
    ]
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


# -- files ------------------------------------------------------------------------------------------
def test_files_travel_inside_a_request_that_carries_them_once() -> None:
    body = replace(EMAIL, attachments=(PDF, LOGO))
    _, server = send([accepted(LUCIA, MARCO)], body, [LUCIA, MARCO])
    (item,) = json_of(server)["messages"]
    assert item["content"]["attachments"] == [
        {
            "type": "binary",
            "content": base64.b64encode(PDF.data).decode(),
            "contentType": "application/pdf",
            "fileName": "oferta.pdf",
        }
    ]
    assert [(i["fileName"], i["contentType"]) for i in item["content"]["inlineImages"]] == [("logo.png", "image/png")]


def test_files_are_uploaded_once_where_each_message_has_content_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UPLOADED", files.Uploaded())
    body = replace(EMAIL, headers=ONE_CLICK, attachments=(PDF, LOGO))
    uploads = [answer(body=orjson.dumps({"uploadedContentId": name})) for name in ("up-pdf", "up-logo")]
    _, server = send([*uploads, accepted(LUCIA, MARCO)], body, [LUCIA, MARCO])
    head = head_of(server).lower()
    assert head.startswith("post /email/1/content http/1.1\r\n")
    assert "content-type: application/octet-stream\r\n" in head
    assert "x-content-id: oferta.pdf\r\n" in head
    assert "x-media-type: application/pdf\r\n" in head
    assert "x-validity-period-minutes: 10080\r\n" in head
    assert server.requests[0][1] == PDF.data
    for item in json_of(server, 2)["messages"]:
        assert item["content"]["attachments"] == [{"type": "uploadedReference", "contentId": "up-pdf"}]
        assert item["content"]["inlineImages"] == [{"type": "uploadedReference", "contentId": "up-logo"}]


def test_an_upload_that_fails_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UPLOADED", files.Uploaded())
    refused = answer(400, body=orjson.dumps({"bulkId": "", "messages": [], "errorMessage": "Header is required."}))
    body = replace(EMAIL, attachments=(PDF,))
    with pytest.raises(Exception, match="Header is required") as caught:
        send([refused], body, [LUCIA], files="upload")
    assert caught.value.reason is Reason.INVALID_CONTENT  # type: ignore[attr-defined]


def test_more_than_ten_megabytes_and_paths_are_refused() -> None:
    large = Attachment("a.bin", "application/octet-stream", b"x" * (10 * 1024 * 1024 + 1))
    assert problems(replace(EMAIL, attachments=(large,))) == [("files", False)]
    assert problems(replace(EMAIL, attachments=(replace(LOGO, name="../logo.png"),))) == [("files", False)]


# -- SMS --------------------------------------------------------------------------------------------
def test_an_sms_campaign_overrides_the_account() -> None:
    when = tomorrow()
    given = {"flash": "on", "track_links": "off", "language": "PT", "speed_per_minute": "60",
             "send_at": f"{when:%Y-%m-%d %H:%M}"}  # fmt: skip
    _, server = send([accepted(SMS_LUCIA)], with_options(SMS, **given), [SMS_LUCIA], track_links=True, language="ES")
    sent = json_of(server)
    (item,) = sent["messages"]
    assert item["options"]["flash"] is True
    assert item["content"]["language"] == {"languageCode": "PT"}
    assert sent["options"] == {
        "schedule": {
            "bulkId": KEY,
            "sendAt": f"{when:%Y-%m-%dT%H:%M}:00.000+0000",
            "sendingSpeedLimit": {"amount": 60, "timeUnit": "MINUTE"},
        },
        "includeSmsCountInResponse": True,
    }


def test_short_links_may_have_a_domain_of_their_own() -> None:
    _, server = send([accepted(SMS_LUCIA)], SMS, [SMS_LUCIA], track_links=True, short_domain="norte.example")
    assert json_of(server)["options"]["tracking"]["customDomain"] == "norte.example"


def test_the_query_route_takes_the_options_that_it_has() -> None:
    when = tomorrow()
    reply = answer(body=orjson.dumps({"bulkId": "x", "messages": [row(SMS_LUCIA, PENDING)]}))
    body = with_options(SMS, validity_minutes="30", send_at=f"{when:%Y-%m-%d %H:%M}")
    _, server = send([reply], body, [SMS_LUCIA], use_query_route=True)
    query = parse_qs(urlsplit(head_of(server).split()[1]).query)
    assert (query["validityPeriod"], query["sendAt"]) == (["30"], [f"{when:%Y-%m-%dT%H:%M}:00.000+0000"])
