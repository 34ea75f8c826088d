"""Octopush's sample callbacks, and what is refused before anything leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from campaigns.providers.base import AccountConfig, Body, Channel, Event, EventKind, Hook, Message
from campaigns.providers.octopush import Octopush
from campaigns.states import Reason

# Contract §10, word for word.
DELIVERY: dict[str, Any] = {
    "channel": "sms", "message_id": "sms_65f0a1b2c3d4e", "list_name": "c41-20260310", "number": "+33639980001",
    "status": "DELIVERED", "unit_price": 0.055, "delivery_date": "2026-03-10 10:00:21", "meta_data": {},
}  # fmt: skip
REPLY = {
    "message_id": "sms_65f0b77aa01c3", "number": "+33639980003", "text": "OK merci", "sim_card_number": "38015",
    "reception_date": "2026-03-10 11:12:05",
}  # fmt: skip
STOP = {
    "message_id": "sms_65f0a1b2c3d4e", "number": "+33639980001", "text": "stop", "stop_date": "2026-03-10 10:04:40",
}  # fmt: skip


def provider(**options: str) -> Octopush:
    return Octopush(AccountConfig("https://api.example", {"api_login": "a@b.example", "api_key": "key"}, options))


def parse(row: dict[str, Any], kind: str = "delivery") -> Event:
    (event,) = provider().parse(Hook(kind, "POST", {"content-type": "application/json"}, {}, orjson.dumps(row)))
    return event


# -- callbacks --------------------------------------------------------------------------------------


def test_the_sample_delivery() -> None:
    event = parse(DELIVERY)
    assert (event.kind, event.provider_message_id, event.address) == (
        EventKind.DELIVERED, "sms_65f0a1b2c3d4e", "+33639980001",
    )  # fmt: skip
    assert event.at == datetime(2026, 3, 10, 9, 0, 21, tzinfo=UTC)
    assert (event.reference, event.code, event.suppress) == ("", "DELIVERED", False)


def test_times_follow_the_summer_in_paris() -> None:
    assert parse({**DELIVERY, "delivery_date": "2026-07-10 10:00:00"}).at == datetime(2026, 7, 10, 8, tzinfo=UTC)


def test_the_sample_reply() -> None:
    event = parse(REPLY, "reply")
    assert (event.kind, event.text, event.address) == (EventKind.REPLY, "OK merci", "+33639980003")
    assert event.at == datetime(2026, 3, 10, 10, 12, 5, tzinfo=UTC)
    english = parse({**{k: v for k, v in REPLY.items() if k != "reception_date"}, "answer_date": "2026-03-10 11:12:05"})
    assert (english.kind, english.at) == (EventKind.REPLY, event.at)


def test_the_sample_stop() -> None:
    event = parse(STOP, "stop")
    assert (event.kind, event.text, event.address) == (EventKind.OPT_OUT, "stop", "+33639980001")


def test_the_date_says_what_it_is_wherever_it_comes() -> None:
    assert parse(STOP, "delivery").kind is EventKind.OPT_OUT
    assert parse(DELIVERY, "reply").kind is EventKind.DELIVERED


def test_the_old_short_delivery() -> None:
    row = {name: DELIVERY[name] for name in ("message_id", "number", "status", "delivery_date")}
    assert parse(row).kind is EventKind.DELIVERED


def test_a_form_body_is_read_too() -> None:
    body = urlencode({k: v for k, v in DELIVERY.items() if k != "meta_data"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    (event,) = provider().parse(Hook("delivery", "POST", headers, {}, body))
    assert (event.kind, event.address) == (EventKind.DELIVERED, "+33639980001")


STATUSES = {
    "DELIVERED": (EventKind.DELIVERED, Reason.NONE, False),
    "ACK": (EventKind.SENT, Reason.NONE, False),
    "NOT_DELIVERED": (EventKind.UNDELIVERED, Reason.NOT_DELIVERED, False),
    "NOT_ALLOWED": (EventKind.UNDELIVERED, Reason.REJECTED, False),
    "BAD_DESTINATION": (EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT, True),
    "BLACKLISTED_NUMBER": (EventKind.UNDELIVERED, Reason.PROVIDER_OPT_OUT, True),
    "UNKNOWN_DELIVERY": (EventKind.OTHER, Reason.RECEIPT_LOST, False),
    "UNDEFINED": (EventKind.OTHER, Reason.RECEIPT_LOST, False),
    "READ": (EventKind.OTHER, Reason.NONE, False),
    "BRAND_NEW": (EventKind.OTHER, Reason.NONE, False),
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_meaning(status: str) -> None:
    event = parse({**DELIVERY, "status": status})
    assert (event.kind, event.reason, event.suppress) == STATUSES[status]
    assert event.code == status


def test_other_channels_say_nothing_about_an_sms() -> None:
    assert parse({**DELIVERY, "channel": "voice_sms"}).kind is EventKind.OTHER


def test_events_that_differ_have_ids_that_differ() -> None:
    rows = [DELIVERY, {**DELIVERY, "status": "ACK"}, {**DELIVERY, "number": "+33639980002"}, STOP]
    assert len({parse(row).event_id for row in rows}) == 4


# -- checks -----------------------------------------------------------------------------------------

GOOD = Body(Channel.SMS, sender="MaBoutique", text="Bonjour {{p1}}. STOP au 30101", slots=("p1",), purpose="marketing")


def problems(text: str | None = None, **changes: Any) -> list[str]:
    """Fields that the body's problems are about."""
    body = replace(GOOD, **({"text": text} if text is not None else {}), **changes)
    return [problem.field for problem in provider().check_body(body)]


def test_a_good_body_has_no_problem() -> None:
    assert problems() == []
    assert problems("Rendez-vous demain", purpose="service") == []


@pytest.mark.parametrize(
    "text", ["Vente", "Vente. Stop au 30101", "Vente. STOP AU 30101", "STOP au 3010 1", "STOP au 36111"]
)
def test_marketing_without_the_exact_mention_is_refused(text: str) -> None:
    assert problems(text) == ["text"]


def test_the_mention_is_the_accounts() -> None:
    found = provider(stop_mention="STOP au 36111").check_body(GOOD)
    assert found[0].text % found[0].values == "A marketing text must contain “STOP au 36111”, exactly so."


@pytest.mark.parametrize("purpose", ["", "advert"])
def test_the_purpose_must_be_said(purpose: str) -> None:
    assert problems(purpose=purpose) == ["purpose"]


@pytest.mark.parametrize("sender", ["ab", "Tienda Ñu", "x" * 12, " shop", "shop ", "shop.com", "+33639980001"])
def test_a_sender_that_would_be_repaired_is_refused(sender: str) -> None:
    assert problems(sender=sender) == ["sender"]


@pytest.mark.parametrize("sender", ["", "abc", "Empresa X", "x" * 11, "38015"])
def test_a_good_sender(sender: str) -> None:
    assert problems(sender=sender) == []


@pytest.mark.parametrize("literal", ["{first_name}", "{anything}", "a {b} c", "{}"])
def test_brackets_that_the_vendor_would_replace_are_refused(literal: str) -> None:
    assert problems(f"{literal} STOP au 30101") == ["text"]


def test_products_and_modes_are_the_vendors() -> None:
    assert problems(options={"type": "sms_vocal"}) == ["type"]
    assert problems(options={"mode": "pigeon"}) == ["mode"]


def test_email_is_refused() -> None:
    assert provider().check_body(Body(Channel.EMAIL, text="x"))[0].reason is Reason.INVALID_CONTENT


LONGEST = [
    ("a" * 1210 + " STOP au 30101", True),
    ("a" * 1211 + " STOP au 30101", False),
    ("€" * 605 + " STOP au 30101", True),
    ("€" * 606 + " STOP au 30101", False),
    ("я" * 522 + " STOP au 30101", True),
    ("я" * 523 + " STOP au 30101", False),
]


@pytest.mark.parametrize(("text", "fits"), LONGEST, ids=lambda value: str(value)[:5])
def test_a_text_has_eight_parts_at_most(text: str, fits: bool) -> None:
    assert (problems(text, slots=()) == []) is fits
    found = provider().check(GOOD, Message("c1-r1-a1", "+33639980001", text))
    assert [problem.reason for problem in found] == ([] if fits else [Reason.TOO_LONG])


@pytest.mark.parametrize("address", ["33639980001", "+0639980001", "+336", "+33 639980001", "x@y.example"])
def test_a_number_that_would_be_dropped_is_refused(address: str) -> None:
    found = provider().check(GOOD, Message("c1-r1-a1", address, "Bonjour", values=("Inès",)))
    assert found[0].reason is Reason.INVALID_RECIPIENT


def test_a_value_with_brackets_is_refused() -> None:
    found = provider().check(GOOD, Message("c1-r1-a1", "+33639980001", "Bonjour {param2}", values=("{param2}",)))
    assert found[0].reason is Reason.INVALID_CONTENT


@pytest.mark.parametrize("value", ["x" * 51, ""])
def test_on_a_list_every_value_must_fit(value: str) -> None:
    person = Message("c1-r1-a1", "+33639980001", f"Bonjour {value}", values=(value,))
    assert provider().check(GOOD, person) == []
    found = provider().check(replace(GOOD, options={"mode": "list"}), person)
    assert found[0].reason is Reason.INVALID_CONTENT


def test_on_a_list_seven_placeholders_are_the_most() -> None:
    names = tuple(f"p{n}" for n in range(1, 9))
    text = " ".join(f"{{{{{name}}}}}" for name in names) + " STOP au 30101"
    assert problems(text, slots=names) == []
    assert problems(text, slots=names, options={"mode": "tag"}) == ["text"]


@pytest.mark.parametrize(
    ("text", "parts"), [("a" * 160, 1), ("a" * 161, 2), ("я" * 70, 1), ("я" * 71, 2), ("a" * 1224, 8)]
)
def test_parts_are_counted_as_the_vendor_charges(text: str, parts: int) -> None:
    assert provider().count(text).parts == parts


def test_an_account_needs_both_credentials() -> None:
    empty = Octopush(AccountConfig("https://api.example", {}))
    assert [problem.field for problem in empty.check_account()] == ["api_login", "api_key"]
