"""messaging-service's reports, engagement events and replies; its checks before sending."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from campaigns.providers.base import AccountConfig, Channel, Event, EventKind, Hook
from campaigns.providers.messaging_service import MessagingService
from campaigns.providers.messaging_service.events import instant, log_event
from campaigns.states import Reason

PROVIDER = MessagingService(AccountConfig("https://api.example", {"api_key": "k"}))
REPORT: dict[str, Any] = {
    "bulkId": "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733",
    "messageId": "8d0f5c1e-6f0b-4f57-9d0a-3b1f7a2c9e10-1",
    "to": "lucia.paredes@buzon.example",
    "sentAt": "2026-10-05T14:30:02.114+0000",
    "doneAt": "2026-10-05T14:30:05.902+0000",
    "smsCount": 1,
    "price": {"pricePerMessage": 0, "currency": "UNKNOWN"},
    "status": {
        "groupId": 2,
        "groupName": "UNDELIVERABLE",
        "id": 9,
        "name": "UNDELIVERABLE_NOT_DELIVERED",
        "description": "Message not delivered",
    },
    "error": {
        "groupId": 2,
        "groupName": "USER_ERRORS",
        "id": 6012,
        "name": "EC_HARD_BOUNCE",
        "description": "Hard bounce",
        "permanent": True,
    },
    "callbackData": '{"d":"d-77","r":"batch"}',
    "campaignReferenceId": "c-2b9e7d64",
    "attemptCount": 1,
    "smtp": {"response": "550 5.1.1 no such user"},
}
UNSUBSCRIBED: dict[str, Any] = {
    "notificationType": "UNSUBSCRIBED",
    "eventId": "0f1c7c9e-4c0b-47ad-9b1d-6e2f5a3c8d90",
    "domain": "correo.tiendanorte.example",
    "recipient": "marco.silva@buzon.example",
    "sendDateTime": 1791210602114,
    "messageId": "b7a1d2f4-1c1e-49a3-8a55-0f6c2d4e7b21-1",
    "bulkId": "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733",
    "recipientInfo": {"deviceType": "Phone", "os": "Android 15", "deviceName": "Generic"},
    "geoLocation": {"countryName": "Bolivia", "city": "La Paz"},
    "campaignReferenceId": "c-2b9e7d64",
}
INBOUND: dict[str, Any] = {
    "results": [
        {
            "messageId": "in-44b0f9",
            "from": "59171234567",
            "to": "59170000111",
            "text": "BAJA",
            "cleanText": "",
            "keyword": "BAJA",
            "receivedAt": "2026-10-05T15:01:44.000+0000",
            "smsCount": 1,
            "price": {"pricePerMessage": 0, "currency": "EUR"},
        }
    ],
    "messageCount": 1,
    "pendingMessageCount": 0,
}


def parse(body: object, kind: str = "delivery") -> list[Event]:
    return PROVIDER.parse(Hook(kind, "POST", {"content-type": "application/json"}, {}, orjson.dumps(body)))


def report(status: int, error: int = 0, permanent: bool | None = None, **more: Any) -> Event:
    found = REPORT | {"status": {"id": status}, "error": {"id": error, "permanent": permanent}} | more
    (event,) = parse({"results": [found]})
    return event


# -- delivery reports -----------------------------------------------------------------------------
def test_a_hard_bounce_is_undelivered_and_suppresses_the_address() -> None:
    (event,) = parse({"results": [REPORT]})
    assert (event.kind, event.reason, event.suppress) == (EventKind.UNDELIVERED, Reason.HARD_BOUNCE, True)
    assert event.reference == event.provider_message_id == "8d0f5c1e-6f0b-4f57-9d0a-3b1f7a2c9e10-1"
    assert (event.address, event.channel) == ("lucia.paredes@buzon.example", Channel.EMAIL)
    assert (event.code, event.text) == ("6012", "Hard bounce")
    assert event.at == datetime(2026, 10, 5, 14, 30, 5, 902000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (3, EventKind.ACCEPTED, Reason.NONE),
        (7, EventKind.ACCEPTED, Reason.NONE),
        (26, EventKind.ACCEPTED, Reason.NONE),
        (2, EventKind.SENT, Reason.NONE),
        (5, EventKind.DELIVERED, Reason.NONE),
        (9, EventKind.UNDELIVERED, Reason.NOT_DELIVERED),
        (4, EventKind.UNDELIVERED, Reason.REJECTED_BY_CARRIER),
        (31, EventKind.FAILED, Reason.REJECTED),
        (15, EventKind.UNDELIVERED, Reason.EXPIRED),
        (29, EventKind.OTHER, Reason.RECEIPT_LOST),
        (52, EventKind.FAILED, Reason.INVALID_RECIPIENT),
        (12, EventKind.FAILED, Reason.NO_CREDIT),
        (10, EventKind.FAILED, Reason.PROVIDER_BLOCKLIST),
    ],
)
def test_every_status_of_a_report_has_its_kind(status: int, kind: EventKind, reason: Reason) -> None:
    event = report(status)
    assert (event.kind, event.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("error", "permanent", "reason", "suppress"),
    [
        (1, True, Reason.INVALID_RECIPIENT, True),
        (1, False, Reason.INVALID_RECIPIENT, False),
        (27, False, Reason.NOT_DELIVERED, False),
        (603, False, Reason.PROVIDER_OPT_OUT, True),
        (2050, True, Reason.PROVIDER_BLOCKLIST, True),
        (5492, True, Reason.REJECTED, False),
        (4096, True, Reason.INVALID_CONTENT, False),
        (433, True, Reason.SENDER_REFUSED, False),
        (541, False, Reason.RATE_LIMITED, False),
        (4101, True, Reason.EXPIRED, False),
        (6003, True, Reason.PROVIDER_OPT_OUT, True),
        (6034, True, Reason.PROVIDER_BLOCKLIST, True),
        (6011, False, Reason.SOFT_BOUNCE, False),
        (6042, True, Reason.SPAM, False),
        (6055, True, Reason.SENDER_REFUSED, False),
        (6039, True, Reason.INVALID_CONTENT, False),
        (99999, True, Reason.REJECTED, False),
        (99999, False, Reason.NOT_DELIVERED, False),
    ],
)
def test_the_delivery_error_says_why(error: int, permanent: bool, reason: Reason, suppress: bool) -> None:
    event = report(9, error, permanent)
    assert (event.kind, event.reason, event.suppress) == (EventKind.UNDELIVERED, reason, suppress)


@pytest.mark.parametrize(("permanent", "reason"), [(False, Reason.PROVIDER_DOWN), (True, Reason.REJECTED)])
def test_a_message_that_was_not_sent_may_be_the_providers_fault(permanent: bool, reason: Reason) -> None:
    assert report(31, 7777, permanent).reason is reason


def test_a_delivered_message_stays_delivered_whatever_its_error_object_says() -> None:
    assert report(5, 6012, True).reason is Reason.NONE


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        (1, EventKind.ACCEPTED),
        (2, EventKind.UNDELIVERED),
        (3, EventKind.SENT),
        (4, EventKind.OTHER),
        (5, EventKind.FAILED),
        (77, EventKind.OTHER),
    ],
)
def test_an_unknown_status_counts_by_its_group(group: int, kind: EventKind) -> None:
    (event,) = parse({"results": [REPORT | {"status": {"groupId": group, "id": 4711}, "error": None}]})
    assert event.kind is kind


def test_pushed_and_pulled_reports_of_the_same_thing_are_one_event() -> None:
    pulled = {key: value for key, value in REPORT.items() if key != "smsCount"} | {"messageCount": 1}
    (first,), (second,) = parse({"results": [REPORT]}), parse({"emailResults": [pulled]})
    assert first.event_id == second.event_id


def test_a_status_that_changes_is_another_event() -> None:
    assert report(2).event_id != report(5).event_id


def test_an_sms_report_tells_its_parts() -> None:
    event = report(5, to="59171234567", messageCount=3)
    assert (event.parts, event.channel, event.address) == (3, Channel.SMS, "+59171234567")
    assert report(5).parts is None


@pytest.mark.parametrize("count", [0, -1, 256, 10**12, "many", None])
def test_a_count_of_parts_that_makes_no_sense_is_none(count: object) -> None:
    assert report(5, to="59171234567", messageCount=count).parts is None


def test_a_report_of_the_query_route_finds_its_reference_in_the_callback_data() -> None:
    event = report(5, messageId="theirs", callbackData='{"d":"41","ref":"c41-r1-a1"}')
    assert (event.reference, event.provider_message_id) == ("c41-r1-a1", "theirs")


def test_many_reports_come_in_one_callback() -> None:
    assert len(parse({"results": [REPORT, REPORT | {"messageId": "other"}]})) == 2


def test_a_found_log_row_is_at_least_accepted() -> None:
    assert log_event(REPORT | {"status": {"id": 29}, "error": None}).kind is EventKind.ACCEPTED


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:15:00.000+0000",
        "2026-03-02T09:15:00.000+00:00",
        "2026-03-02T09:15:00Z",
        "2026-03-02T10:15:00+0100",
    ],
)
def test_instants_come_in_several_spellings(text: str) -> None:
    assert instant(text) == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


# -- engagement -----------------------------------------------------------------------------------
def test_an_unsubscribe_is_an_opt_out() -> None:
    (event,) = parse(UNSUBSCRIBED, "events")
    assert (event.kind, event.suppress) == (EventKind.OPT_OUT, True)
    assert event.event_id == "ev:0f1c7c9e-4c0b-47ad-9b1d-6e2f5a3c8d90"
    assert event.address == "marco.silva@buzon.example"


@pytest.mark.parametrize(
    ("word", "kind", "suppress"),
    [
        ("OPENED", EventKind.OPENED, False),
        ("CLICKED", EventKind.CLICKED, False),
        ("COMPLAINED", EventKind.COMPLAINT, True),
        ("LATE_BOUNCE", EventKind.UNDELIVERED, False),
        ("DANCED", EventKind.OTHER, False),
    ],
)
def test_every_engagement_has_its_kind(word: str, kind: EventKind, suppress: bool) -> None:
    (event,) = parse(UNSUBSCRIBED | {"notificationType": word, "url": "https://shop.example/x"}, "events")
    assert (event.kind, event.suppress, event.code) == (kind, suppress, word)
    assert event.text == "https://shop.example/x"


def test_a_message_id_may_be_a_number() -> None:
    (event,) = parse(UNSUBSCRIBED | {"messageId": 12345}, "events")
    assert event.reference == "12345"


def test_an_sms_click_without_an_event_id_is_recognised_by_all_of_it() -> None:
    click = {"notificationType": "CLICKED", "recipient": "59171234567", "url": "https://a.example", "messageId": "m"}
    (first,), (second,) = parse(click, "events"), parse(dict(reversed(click.items())), "events")
    assert first.event_id == second.event_id
    assert (first.channel, first.address) == (Channel.SMS, "+59171234567")


@pytest.mark.parametrize(("word", "hold"), [("HIGH_BOUNCE_RATE_WARNING", False), ("HIGH_BOUNCE_RATE_BLOCKED", True)])
def test_a_blocked_sending_domain_holds_the_account(word: str, hold: bool) -> None:
    details = {"type": word, "domain": "correo.tiendanorte.example", "bounceRate": 12.5}
    (event,) = parse({"eventId": "e1", "createdAt": 1791210602114, "eventDetails": details}, "events")
    assert (event.kind, event.hold, event.code) == (EventKind.OTHER, hold, word)
    assert "correo.tiendanorte.example" in event.text


# -- replies --------------------------------------------------------------------------------------
def test_an_sms_reply_carries_what_was_written() -> None:
    (event,) = parse(INBOUND, "reply")
    assert (event.kind, event.text, event.address) == (EventKind.REPLY, "BAJA", "+59171234567")
    assert (event.event_id, event.channel) == ("in:in-44b0f9", Channel.SMS)


def form(*fields: tuple[str, str], file: bool = False) -> Hook:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    if file:
        disposition = 'Content-Disposition: form-data; name="attachment1"; filename="a.txt"'
        parts.append(f"--b\r\n{disposition}\r\nContent-Type: text/plain\r\n\r\nsecret\r\n")
    body = "".join(parts) + "--b--\r\n"
    return Hook("email-reply", "POST", {"content-type": "multipart/form-data; boundary=b"}, {}, body.encode())


def test_an_email_reply_comes_as_a_form() -> None:
    envelope = '{"from": "Marco.Silva@buzon.example", "to": ["baja@tiendanorte.example"]}'
    hook = form(
        ("id", "e-1"),
        ("from", "Marco <x@y.example>"),
        ("text", "Baja, por favor. ñ"),
        ("envelope", envelope),
        file=True,
    )
    (event,) = PROVIDER.parse(hook)
    assert (event.kind, event.channel) == (EventKind.REPLY, Channel.EMAIL)
    assert (event.address, event.text, event.event_id) == ("marco.silva@buzon.example", "Baja, por favor. ñ", "in:e-1")


def test_an_email_reply_without_an_envelope_comes_from_its_sender() -> None:
    (event,) = PROVIDER.parse(form(("from", "Marco <x@y.example>"), ("subject", "Baja")))
    assert (event.address, event.text) == ("x@y.example", "Baja")


@pytest.mark.parametrize(
    "hook",
    [
        form(("subject", "no sender")),
        Hook("email-reply", "POST", {"content-type": "multipart/form-data"}, {}, b"x"),
        Hook("email-reply", "POST", {"content-type": "application/json"}, {}, b"{}"),
    ],
)
def test_what_is_no_reply_form_is_an_error(hook: Hook) -> None:
    with pytest.raises(ValueError):
        PROVIDER.parse(hook)
