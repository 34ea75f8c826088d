"""messaging-service on the wire: the contract's own examples, and what the account's options add."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from campaigns.providers.base import (
    AccountConfig,
    Body,
    Channel,
    Message,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
)
from campaigns.providers.messaging_service import MessagingService
from campaigns.states import Reason
from tests.providers.raw_server import RawServer, answer, answering, serving

KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"
HOOKS = {"delivery": "https://consola.example/hooks/ms/9fQ2/delivery", "events": "https://consola.example/e"}
EMAIL = Body(
    Channel.EMAIL,
    sender="Tienda Norte <novedades@correo.tiendanorte.example>",
    subject="{{p1}}, tu cupón de otoño",
    html="<p>Hola {{p1}}, usa {{p2}} en Tienda Norte.</p>",
    text="Hola {{p1}}, usa {{p2}} en Tienda Norte.",
    reply_to="ayuda@tiendanorte.example",
    slots=("p1", "p2"),
    headers={"List-Unsubscribe": "<https://consola.example/baja/xyz>"},
)
LUCIA = Message("8d0f5c1e-1", "lucia.paredes@buzon.example", values=("Lucía", "OTONO-41"))
MARCO = Message("b7a1d2f4-1", "marco.silva@buzon.example", values=("Marco", "OTONO-42"))
SMS = Body(Channel.SMS, sender="TiendaNorte", text="")
SMS_LUCIA = Message("1f7f3f0a-1", "+59171234567", "Lucia, tu cupon OTONO-41 vence el 12/10.")
SMS_MARCO = Message("5c2a9d7e-1", "00591 7654-3210", "Marco, tu cupon OTONO-42 vence el 12/10.")
PENDING = {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "Accepted"}
APP = {"auth_form": "app", "api_key": "the-key-of-the-shop"}


def send(
    replies: Sequence[bytes],
    body: Body,
    messages: Sequence[Message],
    *,
    retry: bool = False,
    credentials: dict[str, str] = APP,
    **options: Any,
) -> tuple[list[Receipt], RawServer]:
    """The receipts of a batch whose requests get these answers, and what the server was asked."""

    async def run() -> tuple[list[Receipt], RawServer]:
        async with serving(answering(*replies)) as server:
            config = AccountConfig(server.url, credentials, options, HOOKS)
            async with MessagingService(config, allow_private=True) as provider:
                return await provider.send(Outgoing(KEY, body, messages, "c-2b9e7d64", retry=retry)), server

    return asyncio.run(run())


def row(message: Message, status: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messageId": message.reference, "destination": message.address, "status": status, **more}


def rows(*found: dict[str, Any]) -> bytes:
    return answer(body=orjson.dumps({"bulkId": KEY, "messages": list(found)}))


def accepted(*messages: Message) -> bytes:
    return rows(*(row(message, PENDING) for message in messages))


def status(number: int, group: int = 5) -> dict[str, Any]:
    return {"groupId": group, "groupName": "REJECTED", "id": number, "name": "NAME", "description": "Why"}


def json_of(server: RawServer, number: int = 0) -> Any:
    return orjson.loads(server.requests[number][1])


def head_of(server: RawServer, number: int = 0) -> str:
    return server.requests[number][0]


# -- email ----------------------------------------------------------------------------------------
def destination(message: Message) -> dict[str, Any]:
    values = orjson.dumps({"p1": message.values[0], "p2": message.values[1]}).decode()
    return {"to": [{"destination": message.address, "messageId": message.reference, "placeholders": values}]}


CONTENT = {
    "subject": "{{p1}}, tu cupón de otoño",
    "html": "<p>Hola {{p1}}, usa {{p2}} en Tienda Norte.</p>",
    "text": "Hola {{p1}}, usa {{p2}} en Tienda Norte.",
    "headers": '{"List-Unsubscribe":"<https://consola.example/baja/xyz>"}',
}
WEBHOOKS = {
    "delivery": {"url": HOOKS["delivery"], "intermediateReport": False, "notify": True},
    "contentType": "application/json",
    "callbackData": orjson.dumps({"d": "c-2b9e7d64", "b": KEY}).decode(),
}


def test_an_email_batch_in_the_vendors_layout() -> None:
    receipts, server = send([accepted(LUCIA, MARCO)], EMAIL, [LUCIA, MARCO])
    beside = {"preserveRecipients": False, "replyTo": "ayuda@tiendanorte.example"}
    assert head_of(server).startswith("POST /email/4/messages HTTP/1.1\r\n")
    assert json_of(server) == {
        "messages": [
            {
                "sender": "Tienda Norte <novedades@correo.tiendanorte.example>",
                "destinations": [destination(LUCIA) | beside, destination(MARCO) | beside],
                "content": CONTENT,
                "options": {"campaignReferenceId": "c-2b9e7d64"},
                "webhooks": WEBHOOKS,
            }
        ],
        "options": {
            "schedule": {"bulkId": KEY},
            "tracking": {"trackOpens": False, "trackClicks": False, "trackingUrl": "https://consola.example/e"},
        },
    }
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


def test_an_email_batch_in_the_customers_layout() -> None:
    options = {
        "message_layout": "seed",
        "validity_minutes": "1440",
        "track_opens": True,
        "track_clicks": True,
        "client_priority": "STANDARD",
    }
    _, server = send([accepted(LUCIA, MARCO)], EMAIL, [LUCIA, MARCO], **options)
    assert json_of(server) == {
        "messages": [
            {
                "sender": "Tienda Norte <novedades@correo.tiendanorte.example>",
                "destinations": [destination(LUCIA), destination(MARCO)],
                "replyTo": "ayuda@tiendanorte.example",
                "preserveRecipients": False,
                "content": CONTENT,
                "options": {
                    "validityPeriod": {"amount": 1440, "timeUnit": "MINUTES"},
                    "campaignReferenceId": "c-2b9e7d64",
                    "webhooks": WEBHOOKS,
                },
            }
        ],
        "options": {
            "schedule": {"bulkId": KEY},
            "tracking": {"trackOpens": True, "trackClicks": True, "trackingUrl": "https://consola.example/e"},
            "clientPriority": "STANDARD",
        },
    }


def test_headers_with_values_are_filled_by_us_for_each_recipient() -> None:
    """The vendor fills placeholders in subject and bodies only, and one-click unsubscription needs its own link."""
    headers = {
        "List-Unsubscribe": "<https://consola.example/u/{{p2}}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    body = Body(Channel.EMAIL, EMAIL.sender, "t", "s", "<p>{{p1}}</p>", slots=("p1", "p2"), headers=headers)
    _, server = send([accepted(LUCIA, MARCO)], body, [LUCIA, MARCO])
    sent = [orjson.loads(item["content"]["headers"])["List-Unsubscribe"] for item in json_of(server)["messages"]]
    assert sent == ["<https://consola.example/u/OTONO-41>", "<https://consola.example/u/OTONO-42>"]
    assert json_of(server)["messages"][0]["content"]["html"] == "<p>{{p1}}</p>"


def test_content_that_repeats_is_cut_into_requests_of_a_bearable_size() -> None:
    body = Body(Channel.EMAIL, EMAIL.sender, "", "s", "x" * 2_000_000, slots=("p1", "p2"), headers={"X-Link": "{{p2}}"})
    olga = Message("c3d4-1", "olga@buzon.example", values=("Olga", "OTONO-43"))
    _, server = send([accepted(LUCIA, MARCO), accepted(olga)], body, [LUCIA, MARCO, olga])
    assert [len(json_of(server, n)["messages"]) for n in range(2)] == [2, 1]
    assert [json_of(server, n)["options"]["schedule"]["bulkId"] for n in range(2)] == [KEY, f"{KEY}-2"]


def test_email_without_slots_carries_no_placeholders() -> None:
    body = Body(Channel.EMAIL, EMAIL.sender, "Hola", "Hola")
    _, server = send([accepted(LUCIA)], body, [Message(LUCIA.reference, LUCIA.address)])
    (item,) = json_of(server)["messages"]
    assert "placeholders" not in item["destinations"][0]["to"][0]
    assert item["content"] == {"subject": "Hola", "text": "Hola"}


# -- SMS ------------------------------------------------------------------------------------------
def test_an_sms_batch_is_the_contracts_example() -> None:
    options = {"language": "ES", "validity_minutes": 720, "speed_per_minute": "600"}
    details = {"details": {"messageCount": 1}}
    reply = rows(row(SMS_LUCIA, PENDING, **details), row(SMS_MARCO, status(52), **details))
    receipts, server = send([reply], SMS, [SMS_LUCIA, SMS_MARCO], **options)

    def item(to: str, message: Message) -> dict[str, Any]:
        return {
            "sender": "TiendaNorte",
            "destinations": [{"to": to, "messageId": message.reference}],
            "content": {"text": message.text, "language": {"languageCode": "ES"}},
            "options": {
                "campaignReferenceId": "c-2b9e7d64",
                "validityPeriod": {"amount": 720, "timeUnit": "MINUTES"},
            },
            "webhooks": WEBHOOKS,
        }

    assert head_of(server).startswith("POST /sms/3/messages HTTP/1.1\r\n")
    assert json_of(server) == {
        "messages": [item("59171234567", SMS_LUCIA), item("59176543210", SMS_MARCO)],
        "options": {
            "schedule": {"bulkId": KEY, "sendingSpeedLimit": {"amount": 600, "timeUnit": "MINUTE"}},
            "includeSmsCountInResponse": True,
        },
    }
    assert [(r.outcome, r.reason, r.parts) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE, 1),
        (Outcome.REFUSED, Reason.INVALID_RECIPIENT, 1),
    ]


def test_sms_with_the_same_text_share_an_item() -> None:
    same = [Message(f"r{n}", f"+5917123456{n}", "Hola") for n in range(3)]
    _, server = send([accepted(*same)], SMS, same)
    (item,) = json_of(server)["messages"]
    assert [entry["messageId"] for entry in item["destinations"]] == ["r0", "r1", "r2"]


def test_links_of_sms_are_shortened_only_when_asked() -> None:
    _, plain = send([accepted(SMS_LUCIA)], SMS, [SMS_LUCIA])
    _, tracked = send([accepted(SMS_LUCIA)], SMS, [SMS_LUCIA], track_links=True)
    assert "tracking" not in json_of(plain)["options"]
    assert json_of(tracked)["options"]["tracking"] == {
        "shortenUrl": True,
        "trackClicks": True,
        "trackingUrl": "https://consola.example/e",
    }


def test_the_query_route_carries_one_message_and_our_reference_as_bulk_id() -> None:
    reply = answer(body=orjson.dumps({"bulkId": "x", "messages": [row(Message("theirs", "59171234567"), PENDING)]}))
    receipts, server = send([reply], SMS, [SMS_LUCIA], use_query_route=True, flash=True)
    target = urlsplit(head_of(server).split()[1])
    assert head_of(server).startswith("GET /sms/3/text/query?")
    assert {name: values[0] for name, values in parse_qs(target.query).items()} == {
        "to": "59171234567",
        "text": "Lucia, tu cupon OTONO-41 vence el 12/10.",
        "from": "TiendaNorte",
        "bulkId": "1f7f3f0a-1",
        "flash": "true",
        "includeSmsCountInResponse": "true",
        "callbackData": orjson.dumps({"d": "c-2b9e7d64", "ref": "1f7f3f0a-1"}).decode(),
        "notifyUrl": HOOKS["delivery"],
        "notifyContentType": "application/json",
    }
    assert receipts[0].provider_message_id == "theirs"


# -- answers --------------------------------------------------------------------------------------
def test_rows_are_matched_by_id_and_then_by_address() -> None:
    first, second = row(MARCO, PENDING), row(LUCIA, status(52))
    second["messageId"] = "their-own-id"
    receipts, _ = send([rows(first, second)], EMAIL, [LUCIA, MARCO])
    assert [r.outcome for r in receipts] == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert receipts[0].provider_message_id == "their-own-id"


@pytest.mark.parametrize(
    ("number", "outcome", "reason", "retry_limit"),
    [
        (3, Outcome.ACCEPTED, Reason.NONE, None),
        (7, Outcome.ACCEPTED, Reason.NONE, None),
        (2, Outcome.ACCEPTED, Reason.NONE, None),
        (5, Outcome.ACCEPTED, Reason.NONE, None),
        (8, Outcome.REFUSED, Reason.INVALID_RECIPIENT, None),
        (51, Outcome.REFUSED, Reason.INVALID_RECIPIENT, None),
        (4, Outcome.REFUSED, Reason.REJECTED_BY_CARRIER, None),
        (6, Outcome.REFUSED, Reason.REJECTED, None),
        (20, Outcome.NOT_SENT, Reason.RATE_LIMITED, 1),
        (21, Outcome.NOT_SENT, Reason.PROVIDER_DOWN, 3),
        (89, Outcome.NOT_SENT, Reason.PROVIDER_DOWN, 3),
        (100, Outcome.NOT_SENT, Reason.PROVIDER_DOWN, 1),
        (23, Outcome.REFUSED, Reason.REJECTED, None),
        (25, Outcome.REFUSED, Reason.INVALID_CONTENT, None),
        (90, Outcome.REFUSED, Reason.INVALID_CONTENT, None),
        (87, Outcome.REFUSED, Reason.REJECTED, None),
        (29, Outcome.UNKNOWN, Reason.RECEIPT_LOST, None),
        (999, Outcome.REFUSED, Reason.REJECTED, None),
    ],
)
def test_every_status_of_a_row_has_its_outcome(
    number: int, outcome: Outcome, reason: Reason, retry_limit: int | None
) -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(number)))], EMAIL, [LUCIA])
    assert (receipt.outcome, receipt.reason, receipt.retry_limit) == (outcome, reason, retry_limit)


@pytest.mark.parametrize("number", [10, 14])
def test_an_address_on_the_vendors_blocklist_is_suppressed(number: int) -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(number)))], EMAIL, [LUCIA])
    assert (receipt.reason, receipt.suppress) == (Reason.PROVIDER_BLOCKLIST, True)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (11, Reason.SENDER_REFUSED),
        (13, Reason.SENDER_REFUSED),
        (12, Reason.NO_CREDIT),
        (17, Reason.NO_CREDIT),
        (18, Reason.REJECTED),
        (19, Reason.REJECTED),
        (75, Reason.REJECTED),
    ],
)
def test_a_fault_of_the_account_holds_the_dispatch(number: int, reason: Reason) -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(number)))], EMAIL, [LUCIA])
    assert (receipt.outcome, receipt.reason, receipt.hold) == (Outcome.REFUSED, reason, True)


def test_a_flood_waits_an_hour() -> None:
    (receipt,), _ = send([rows(row(SMS_LUCIA, status(20)))], SMS, [SMS_LUCIA])
    assert receipt.retry_after == 3600.0


def test_a_double_of_a_send_in_doubt_was_accepted_before() -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(23)))], EMAIL, [LUCIA], retry=True)
    assert (receipt.outcome, receipt.code) == (Outcome.ACCEPTED, "23")


def test_a_group_without_a_known_number_counts_by_its_name() -> None:
    (receipt,), _ = send([rows(row(LUCIA, {"groupName": "ACCEPTED", "id": 4711}))], EMAIL, [LUCIA])
    assert receipt.outcome is Outcome.ACCEPTED


def test_a_row_without_a_status_is_in_doubt() -> None:
    found = rows(row(MARCO, PENDING), {"messageId": LUCIA.reference})
    receipts, _ = send([found], EMAIL, [LUCIA, MARCO])
    assert [r.outcome for r in receipts] == [Outcome.UNKNOWN, Outcome.ACCEPTED]


# -- refusals -------------------------------------------------------------------------------------
def violation(*paths: str) -> bytes:
    found = [{"property": path, "violation": "is odd"} for path in paths]
    body = {"errorCode": "E400", "description": "Not processed.", "violations": found}
    return answer("400 Bad Request", orjson.dumps(body))


def test_a_destination_that_a_refusal_names_is_left_out_of_a_second_request() -> None:
    replies = [violation("messages[0].destinations[1].to[0].destination"), accepted(LUCIA)]
    receipts, server = send(replies, EMAIL, [LUCIA, MARCO])
    assert [(r.outcome, r.reason) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE),
        (Outcome.REFUSED, Reason.INVALID_RECIPIENT),
    ]
    assert len(server.requests) == 2


def test_an_sms_text_that_a_refusal_names_is_left_out_of_a_second_request() -> None:
    replies = [violation("messages[1].content.text"), accepted(SMS_LUCIA)]
    receipts, _ = send(replies, SMS, [SMS_LUCIA, SMS_MARCO])
    assert [(r.outcome, r.reason, r.text) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE, "Accepted"),
        (Outcome.REFUSED, Reason.INVALID_CONTENT, "is odd"),
    ]


@pytest.mark.parametrize("path", ["messages[0].content.subject", "messages[0].sender", "options.clientPriority", ""])
def test_a_refusal_of_what_all_share_is_final(path: str) -> None:
    with pytest.raises(Refused) as caught:
        send([violation(path)], EMAIL, [LUCIA, MARCO])
    assert (caught.value.reason, caught.value.code) == (Reason.INVALID_CONTENT, "E400")
    assert "is odd" in caught.value.text


def test_a_refusal_that_names_nothing_is_split() -> None:
    replies = [answer("400 Bad Request", b"{}"), accepted(LUCIA), answer("400 Bad Request", b"{}")]
    receipts, _ = send(replies, EMAIL, [LUCIA, MARCO])
    assert [r.outcome for r in receipts] == [Outcome.ACCEPTED, Outcome.REFUSED]


def test_the_older_envelope_is_read_too() -> None:
    body = b'{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Invalid login details"}}}'
    with pytest.raises(Misconfigured) as caught:
        send([answer("401 Unauthorized", body)], EMAIL, [LUCIA])
    assert (caught.value.code, caught.value.text) == ("UNAUTHORIZED", "Invalid login details")


# -- signing in -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({"api_key": "k1"}, "App k1"),
        ({"api_key": "App k1"}, "App k1"),
        ({"api_key": "Basic dTpw"}, "Basic dTpw"),
        ({"username": "ana", "password": "ñ:p"}, f"Basic {base64.b64encode('ana:ñ:p'.encode()).decode()}"),
        ({"auth_form": "ibsso", "session_token": "s1"}, "IBSSO s1"),
    ],
)
def test_each_way_to_sign_in_has_its_header(credentials: dict[str, str], header: str) -> None:
    _, server = send([accepted(LUCIA)], EMAIL, [LUCIA], credentials=credentials)
    assert f"authorization: {header}\r\n" in head_of(server).replace("Authorization", "authorization")


BEARER = {"auth_form": "bearer", "client_id": "shop", "client_secret": "s3cr3t-of-the-shop"}


def token(name: str, lives: int = 3600) -> bytes:
    return answer(body=orjson.dumps({"access_token": name, "expires_in": lives, "token_type": "Bearer"}))


def test_a_bearer_token_is_fetched_once_and_kept() -> None:
    async def run() -> RawServer:
        async with serving(answering(token("t1"), accepted(LUCIA))) as server:
            async with MessagingService(AccountConfig(server.url, BEARER), allow_private=True) as provider:
                for _ in range(2):
                    await provider.send(Outgoing(KEY, EMAIL, [LUCIA]))
            return server

    server = asyncio.run(run())
    assert [head_of(server, n).split()[1] for n in range(3)] == ["/auth/1/oauth2/token", *["/email/4/messages"] * 2]
    assert server.requests[0][1] == (b"client_id=shop&client_secret=s3cr3t-of-the-shop&grant_type=client_credentials")
    assert "authorization: bearer t1" in head_of(server, 2).lower()


def test_a_token_that_ended_early_is_renewed_once() -> None:
    replies = [token("t1"), answer("401 Unauthorized"), token("t2"), accepted(LUCIA)]
    receipts, server = send(replies, EMAIL, [LUCIA], credentials=BEARER)
    assert receipts[0].outcome is Outcome.ACCEPTED
    assert "authorization: bearer t2" in head_of(server, 3).lower()


def test_a_refused_client_is_a_refused_key() -> None:
    body = b'{"error": "invalid_client", "error_description": "Unknown client"}'
    with pytest.raises(Misconfigured) as caught:
        send([answer("401 Unauthorized", body)], EMAIL, [LUCIA], credentials=BEARER)
    assert (caught.value.reason, caught.value.text) == (Reason.AUTH, "Unknown client")


def test_a_token_route_that_is_down_sent_nothing() -> None:
    with pytest.raises(NotSent):
        send([answer("503 Service Unavailable")], EMAIL, [LUCIA], credentials=BEARER)
