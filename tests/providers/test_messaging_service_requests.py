"""messaging-service on the wire: the contract's own examples, and what the account's options add."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from campaigns.providers.base import Body, Channel, Message, Outcome
from campaigns.states import Reason
from tests.providers.raw_server import answer
from tests.providers.service_wire import (
    EMAIL,
    HOOKS,
    KEY,
    LUCIA,
    MARCO,
    PENDING,
    SMS,
    SMS_LUCIA,
    SMS_MARCO,
    accepted,
    head_of,
    json_of,
    row,
    rows,
    send,
    status,
)


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
