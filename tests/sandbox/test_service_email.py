"""messaging-service: sending email."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.messages import configure, email, post_email, recipient, rows, timestamp, violated
from tests.sandbox_process import SandboxProcess

ANA, BEA = recipient("ana@buzon.example", "m-ana"), recipient("bea@buzon.example", "m-bea")


def test_every_recipient_gets_a_pending_row_under_our_ids(service: httpx.Client) -> None:
    answer = post_email(service, email(ANA, BEA), schedule={"bulkId": "bulk-1"}).json()
    assert answer["bulkId"] == "bulk-1"
    assert sorted(answer["messages"], key=lambda row: row["messageId"]) == [
        {
            "messageId": message_id,
            "destination": address,
            "status": {
                "groupId": 1,
                "groupName": "PENDING",
                "id": 26,
                "name": "PENDING_ACCEPTED",
                "description": "Accepted, waiting to be processed",
            },
        }
        for message_id, address in (("m-ana", "ana@buzon.example"), ("m-bea", "bea@buzon.example"))
    ]


def test_rows_come_in_no_order(service: httpx.Client) -> None:
    people = [recipient(f"p{i}@buzon.example") for i in range(50)]
    returned = [row["destination"] for row in post_email(service, email(*people)).json()["messages"]]
    assert returned != sorted(returned, key=lambda address: int(address[1:].partition("@")[0]))
    assert sorted(returned) == sorted(person["destination"] for person in people)


def test_ids_are_generated_where_none_are_given(service: httpx.Client) -> None:
    answer = post_email(service, email(recipient("ana@b.example"), recipient("bea@b.example"))).json()
    ids = {row["messageId"] for row in answer["messages"]} | {answer["bulkId"]}
    assert len(ids) == 3


def test_placeholders_are_rendered_in_subject_text_and_html(sandbox: SandboxProcess, service: httpx.Client) -> None:
    content = {
        "subject": "{{nombre}}, tu cupón",
        "text": "Hola {{nombre}}: {{cupon}} en {{tienda}}",
        "html": "<p>Hola {{nombre}}, {{cupon}} en {{tienda}}</p>",
        "defaultPlaceholders": '{"tienda":"Tienda Norte","cupon":"GRAL"}',
    }
    lucia = recipient("lucia@buzon.example", "m-1", nombre="Lucía", cupon="OTOÑO")
    post_email(service, email(lucia, recipient("marco@buzon.example", "m-2", nombre="Marco"), content=content))
    shown = [(e["reference"], e["subject"], e["text"], e["html"]) for e in sandbox.log("messaging-service")]
    assert shown == [
        ("m-1", "Lucía, tu cupón", "Hola Lucía: OTOÑO en Tienda Norte", "<p>Hola Lucía, OTOÑO en Tienda Norte</p>"),
        ("m-2", "Marco, tu cupón", "Hola Marco: GRAL en Tienda Norte", "<p>Hola Marco, GRAL en Tienda Norte</p>"),
    ]  # fmt: skip


def test_a_placeholder_without_value_stays_and_is_noted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, email(content={"subject": "Hola {{nombre}}"}))
    assert sandbox.log()[0]["subject"] == "Hola {{nombre}}"
    assert [v["rule"] for v in sandbox.violations()] == ["placeholder_without_value"]


def test_the_outbox_is_the_log(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, email(ANA))
    outbox = service.get("/__sandbox__/outbox").json()
    assert outbox["entries"] == sandbox.log()


@pytest.mark.parametrize("layout", ["vendor", "seed"])
def test_reply_address_and_webhook_are_read_in_both_layouts(
    sandbox: SandboxProcess, service: httpx.Client, layout: str
) -> None:
    message = email(ANA)
    webhooks = {"delivery": {"url": "http://127.0.0.1:1/x"}, "callbackData": "d-77"}
    if layout == "vendor":
        message["destinations"][0]["replyTo"] = "ayuda@tiendanorte.example"
        message["webhooks"] = webhooks
    else:
        message["replyTo"] = "ayuda@tiendanorte.example"
        message["options"] = {"webhooks": webhooks}
    post_email(service, message)
    (entry,) = sandbox.log()
    assert (entry["reply_to"], entry["callback_data"]) == ("ayuda@tiendanorte.example", "d-77")


def test_the_vendors_position_wins_over_the_seeds(sandbox: SandboxProcess, service: httpx.Client) -> None:
    message = email(ANA, replyTo="seed@x.example", webhooks={"callbackData": "vendor"})
    message["options"] = {"webhooks": {"callbackData": "seed"}}
    message["destinations"][0]["replyTo"] = "vendor@x.example"
    post_email(service, message)
    (entry,) = sandbox.log()
    assert (entry["reply_to"], entry["callback_data"]) == ("vendor@x.example", "vendor")


@pytest.mark.parametrize("layout", ["vendor", "seed"])
def test_recipients_who_see_each_other_share_one_message(
    sandbox: SandboxProcess, service: httpx.Client, layout: str
) -> None:
    message = email(ANA)
    message["destinations"][0]["to"].append(BEA)
    (message["destinations"][0] if layout == "vendor" else message)["preserveRecipients"] = True
    answer = post_email(service, message).json()
    assert {row["messageId"] for row in answer["messages"]} == {"m-ana"}
    (entry,) = sandbox.log()
    assert (entry["destination"], entry["others"]) == ("ana@buzon.example", ["bea@buzon.example"])


def test_copies_are_messages_of_their_own(sandbox: SandboxProcess, service: httpx.Client) -> None:
    message = email(ANA)
    message["destinations"][0] |= {"cc": [recipient("c@b.example")], "bcc": [recipient("d@b.example")]}
    post_email(service, message)
    assert [(e["role"], e["destination"]) for e in sandbox.log()] == [
        ("to", "ana@buzon.example"),
        ("cc", "c@b.example"),
        ("bcc", "d@b.example"),
    ]


def test_a_known_message_id_is_refused_with_23(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, email(ANA))
    answer = post_email(service, email(ANA, BEA))
    assert rows(answer) == {"ana@buzon.example": 23, "bea@buzon.example": 26}
    assert [entry["reference"] for entry in sandbox.log()] == ["m-ana", "m-bea"]
    assert sandbox.violations() == []


def test_one_id_twice_in_a_request_is_refused_and_noted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    answer = post_email(service, email(ANA, recipient("otra@buzon.example", "m-ana")))
    assert rows(answer) == {"ana@buzon.example": 26, "otra@buzon.example": 23}
    assert [v["rule"] for v in sandbox.violations()] == ["message_id_twice_in_a_request"]


@pytest.mark.parametrize(("address", "status"), [("badsender1@b.example", 90), ("no-address", 52)])
def test_some_recipients_are_refused_at_once(
    sandbox: SandboxProcess, service: httpx.Client, address: str, status: int
) -> None:
    assert rows(post_email(service, email(recipient(address), ANA))) == {address: status, "ana@buzon.example": 26}
    assert [entry["destination"] for entry in sandbox.log()] == ["ana@buzon.example"]
    assert [(e["destination"], e["status"]["id"]) for e in sandbox.refused()] == [(address, status)]


def changed(**fields: Any) -> dict[str, Any]:
    """An email message with other or, by None, without fields."""
    message = {**email(ANA), **fields}
    return {name: value for name, value in message.items() if value is not None}


def with_content(**fields: Any) -> dict[str, Any]:
    content = {name: value for name, value in {"subject": "s", "text": "t", **fields}.items() if value is not None}
    return changed(content=content)


def to(**fields: Any) -> dict[str, Any]:
    return changed(destinations=[{"to": [{**ANA, **fields}]}])


BAD_MESSAGES: list[tuple[dict[str, Any], str]] = [
    (changed(destinations=None), "messages[0].destinations"),
    (changed(destinations=[]), "messages[0].destinations"),
    (changed(destinations=[{}]), "messages[0].destinations[0].to"),
    (changed(destinations=[{"to": []}]), "messages[0].destinations[0].to"),
    (changed(destinations=[{"to": "ana@b.example"}]), "messages[0].destinations[0].to"),
    (changed(destinations=[{"to": ["ana@b.example"]}]), "messages[0].destinations[0].to[0]"),
    (changed(destinations=[{"to": [ANA], "cc": [{}]}]), "messages[0].destinations[0].cc[0].destination"),
    (to(destination=None), "messages[0].destinations[0].to[0].destination"),
    (to(messageId="x" * 201), "messages[0].destinations[0].to[0].messageId"),
    (to(placeholders={"name": "Ana"}), "messages[0].destinations[0].to[0].placeholders"),
    (to(placeholders="{name}"), "messages[0].destinations[0].to[0].placeholders"),
    (to(placeholders='["Ana"]'), "messages[0].destinations[0].to[0].placeholders"),
    (changed(sender=None), "messages[0].sender"),
    (changed(content=None), "messages[0].content.subject"),
    (with_content(subject=None), "messages[0].content.subject"),
    (with_content(subject="x" * 1001), "messages[0].content.subject"),
    (with_content(text=None), "messages[0].content"),
    (with_content(ampHtml="<html amp4email>"), "messages[0].content.ampHtml"),
    (with_content(defaultPlaceholders={"a": "b"}), "messages[0].content.defaultPlaceholders"),
    (with_content(headers={"X-A": "b"}), "messages[0].content.headers"),
    (with_content(headers="X-A: b"), "messages[0].content.headers"),
    (with_content(attachments=[{"type": "file"}]), "messages[0].content.attachments[0].type"),
    (with_content(attachments=[{"type": "uploadedReference", "contentId": "x"}]),
     "messages[0].content.attachments[0].contentId"),
    (changed(options={"validityPeriod": {"amount": "24"}}), "messages[0].options.validityPeriod.amount"),
    (changed(options={"validityPeriod": {"amount": 1.5}}), "messages[0].options.validityPeriod.amount"),
    (changed(options={"validityPeriod": {"amount": 1, "timeUnit": "DAYS"}}),
     "messages[0].options.validityPeriod.timeUnit"),
    (changed(options={"campaignReferenceId": "x" * 256}), "messages[0].options.campaignReferenceId"),
    (changed(options={"deliveryTimeWindow": {"days": []}}), "messages[0].options.deliveryTimeWindow.days"),
    (changed(options={"deliveryTimeWindow": {"days": ["MONDAY"], "from": {"hour": 9}}}),
     "messages[0].options.deliveryTimeWindow"),
    (changed(options={"deliveryTimeWindow": {"days": ["MONDAY"], "from": {"hour": 9}, "to": {"hour": 9}}}),
     "messages[0].options.deliveryTimeWindow"),
    (changed(webhooks={"callbackData": "x" * 4001}), "messages[0].webhooks.callbackData"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "path"), BAD_MESSAGES, ids=[path for _, path in BAD_MESSAGES])
def test_a_violation_names_the_path(
    sandbox: SandboxProcess, service: httpx.Client, message: dict[str, Any], path: str
) -> None:
    assert path in violated(post_email(service, message))
    assert sandbox.log() == []


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"schedule": {"bulkId": "x" * 101}}, "options.schedule.bulkId"),
        ({"clientPriority": "URGENT"}, "options.clientPriority"),
        ({"schedule": {"sendAt": "tomorrow"}}, "options.schedule.sendAt"),
        ({"schedule": {"sendAt": "2099-01-01T00:00:00.000"}}, "options.schedule.sendAt"),
        ({"schedule": {"sendAt": "2001-01-01T00:00:00.000+0000"}}, "options.schedule.sendAt"),
        ({"tracking": {"trackOpens": "yes"}}, "options.tracking.trackOpens"),
    ],
)
def test_a_violation_of_the_requests_options_names_the_path(
    service: httpx.Client, options: dict[str, Any], path: str
) -> None:
    assert violated(post_email(service, email(), **options)) == [path]


def test_email_is_scheduled_at_most_five_days_ahead(sandbox: SandboxProcess, service: httpx.Client) -> None:
    def answer(days: float) -> httpx.Response:
        return post_email(service, email(), schedule={"sendAt": timestamp(sandbox.now() + days * 86400)})

    assert answer(4.99).status_code == 200
    assert violated(answer(5.01)) == ["options.schedule.sendAt"]


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": {}}, {"messages": ["x"]}])
def test_a_request_without_messages_is_refused(service: httpx.Client, body: dict[str, Any]) -> None:
    assert violated(service.post("/email/4/messages", json=body))[0].startswith("messages")


def test_a_request_has_at_most_a_thousand_addresses(service: httpx.Client) -> None:
    people = [recipient(f"p{i}@b.example") for i in range(999)]
    message = email(*people)
    message["destinations"][0]["cc"] = [recipient("c@b.example")]
    assert len(rows(post_email(service, message))) == 1000
    message["destinations"][0]["bcc"] = [recipient("d@b.example")]
    assert violated(post_email(service, message)) == ["messages"]


def test_a_400_has_the_new_envelope(service: httpx.Client) -> None:
    answer = post_email(service, with_content(subject=None)).json()
    assert answer == {
        "errorCode": "E400",
        "description": "The request could not be processed.",
        "action": "Review the listed violations and send a corrected request.",
        "violations": [
            {"property": "messages[0].content.subject", "violation": "must not be empty when templateId is absent"}
        ],
        "resources": [],
    }


def test_a_stored_template_needs_no_sender_subject_or_text(sandbox: SandboxProcess, service: httpx.Client) -> None:
    stored = {"sender": "news@t.example", "subject": "Hola {{n}}", "html": "<p>{{n}}</p>", "text": "{{n}}"}
    configure(sandbox, templates={"17": stored})
    message = {"destinations": [{"to": [recipient("ana@b.example", n="Ana")]}], "content": {"templateId": "17"}}
    assert rows(post_email(service, message)) == {"ana@b.example": 26}
    assert (sandbox.log()[0]["subject"], sandbox.log()[0]["html"]) == ("Hola Ana", "<p>Ana</p>")


def test_an_unknown_template_refuses_its_recipients(service: httpx.Client) -> None:
    message = {"destinations": [{"to": [recipient("ana@b.example")]}], "content": {"templateId": "18"}}
    assert rows(post_email(service, message)) == {"ana@b.example": 90}


@pytest.mark.parametrize(
    ("message", "options", "rule"),
    [
        (with_content(headers='{"From":"x","X-Own":"1"}'), {}, "header_not_settable"),
        (email(), {"schedule": {"sendingSpeedLimit": {"amount": 60}}}, "speed_limit_for_email"),
        (email(), {"clientPriority ": "HIGH"}, "client_priority_with_space"),
        (changed(webhooks={"contentType": "application/xml"}), {}, "xml_webhook"),
    ],
)
def test_what_the_contract_advises_against_is_noted(
    sandbox: SandboxProcess, service: httpx.Client, message: dict[str, Any], options: dict[str, Any], rule: str
) -> None:
    assert post_email(service, message, **options).status_code == 200
    assert [violation["rule"] for violation in sandbox.violations()] == [rule]


def test_a_body_that_is_not_called_json_is_noted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    headers = {"Content-Type": "text/plain"}
    assert service.post("/email/4/messages", json={"messages": [email()]}, headers=headers).status_code == 200
    assert [v["rule"] for v in sandbox.violations()] == ["content_type"]


def test_own_headers_arrive_and_fixed_ones_do_not(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, with_content(headers='{"From":"x","List-Unsubscribe":"<https://c.example/b>"}'))
    assert sandbox.log()[0]["headers"] == {"List-Unsubscribe": "<https://c.example/b>"}


def test_a_suppressed_address_gets_nothing(sandbox: SandboxProcess, service: httpx.Client) -> None:
    group = {"domainName": "tiendanorte.example", "emailAddress": ["Ana@buzon.example"], "type": "COMPLAINT"}
    assert service.post("/email/1/suppressions", json={"suppressions": [group]}).status_code == 204
    post_email(service, email(ANA))
    sandbox.advance(10)
    (row,) = service.get("/email/4/logs", params={"messageId": "m-ana"}).json()["results"]
    assert (row["status"]["id"], row["error"]["id"]) == (9, 6034)
