"""Octopush: what becomes of messages, how it is told, and what the sandbox thinks of our answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.octopush import configure, direct, person, ticket_of
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def listening(sandbox: SandboxProcess, octopush: httpx.Client, receiver: Receiver) -> Iterator[httpx.Client]:
    """A client of an account whose callbacks all arrive, one path a kind."""
    urls = {f"{kind}_url": receiver.url(kind) for kind in ("deliveries", "inbounds", "blacklist")}
    configure(sandbox, **urls)
    yield octopush


def number(ending: str) -> str:
    return f"+33639980{ending}"


STATUSES = {
    "001": ["DELIVERED"],
    "901": ["NOT_DELIVERED"],
    "902": ["BAD_DESTINATION"],
    "903": ["BLACKLISTED_NUMBER"],
    "904": ["NOT_ALLOWED"],
    "905": ["UNKNOWN_DELIVERY"],
    "906": ["UNDEFINED"],
    "907": ["ACK"],
    "908": ["ACK", "DELIVERED"],
    "909": ["DELIVERED"],
    "910": ["DELIVERED"],
    "911": ["DELIVERED", "DELIVERED"],
    "912": [],
}


def test_the_last_digits_decide_what_is_told(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver
) -> None:
    direct(listening, *[person(number(ending)) for ending in STATUSES])
    sandbox.advance(10)
    told = receiver.at("deliveries")
    assert {e: [d["status"] for d in told if d["number"] == number(e)] for e in STATUSES} == STATUSES


def test_a_delivery_is_told_in_the_form_of_the_contract(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver
) -> None:
    ticket = ticket_of(direct(listening))
    due = sandbox.now() + 2
    sandbox.advance(2)
    (row,) = receiver.at("deliveries")
    local = datetime.fromtimestamp(due, ZoneInfo("Europe/Paris"))
    assert abs((datetime.fromisoformat(row.pop("delivery_date")) - local.replace(tzinfo=None)).total_seconds()) < 2
    assert row == {
        "channel": "sms", "message_id": ticket, "number": "+33639980001", "status": "DELIVERED",
        "unit_price": 0.055, "meta_data": {},
    }  # fmt: skip


def test_the_old_payload_is_short(sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver) -> None:
    configure(sandbox, short_callbacks=True)
    direct(listening)
    sandbox.advance(2)
    assert list(receiver.at("deliveries")[0]) == ["message_id", "number", "status", "delivery_date"]


def test_a_person_who_says_stop_is_blacklisted(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver
) -> None:
    ticket = ticket_of(direct(listening, person(number("909"))))
    sandbox.advance(5)
    (row,) = receiver.at("blacklist")
    assert (row["message_id"], row["number"], row["text"]) == (ticket, number("909"), "stop")
    assert len(row["stop_date"]) == 19
    direct(listening, person(number("909")))
    sandbox.advance(5)
    assert [d["status"] for d in receiver.at("deliveries")] == ["DELIVERED", "BLACKLISTED_NUMBER"]


@pytest.mark.parametrize(("with_replies", "replies"), [(True, 1), (False, 0)])
def test_replies_are_collected_only_on_request(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver, with_replies: bool, replies: int
) -> None:
    direct(listening, person(number("910")), with_replies=with_replies)
    sandbox.advance(5)
    assert [(r["text"], r["sim_card_number"]) for r in receiver.at("inbounds")] == [("OK merci", "38015")] * replies


def test_a_reply_can_be_ordered(sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver) -> None:
    ticket = ticket_of(direct(listening))
    sandbox.reply("octopush", "+33639980001", "Merci", ticket)
    sandbox.reply("octopush", "+33639980001", "Stop", None)
    sandbox.advance(0)
    assert [r["message_id"] for r in receiver.at("inbounds")] == [ticket]
    assert [r["message_id"] for r in receiver.at("blacklist")] == [""]
    with pytest.raises(ValueError, match="sms_none"):
        sandbox.reply("octopush", "+33639980001", "Merci", "sms_none")


@pytest.mark.parametrize(("reports", "told"), [(False, 0), (True, 1)])
def test_the_cheap_product_reports_nothing(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver, reports: bool, told: int
) -> None:
    configure(sandbox, low_cost_reports=reports)
    direct(listening, type="sms_low_cost")
    sandbox.advance(5)
    assert len(receiver.at("deliveries")) == told


def test_a_refused_callback_comes_once_more_after_half_a_minute(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver
) -> None:
    receiver.statuses.extend([500, 404])
    direct(listening)
    sandbox.advance(29)
    assert len(receiver.at("deliveries")) == 1
    sandbox.advance(3600)
    assert len(receiver.at("deliveries")) == 2
    assert len(sandbox.undelivered()) == 1


def test_204_is_a_good_answer(sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver) -> None:
    receiver.statuses.append(204)
    direct(listening)
    sandbox.advance(60)
    assert (len(receiver.at("deliveries")), sandbox.violations()) == (1, [])


def test_an_answer_with_a_body_is_a_violation(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver
) -> None:
    receiver.body = b"<html></html>"
    direct(listening)
    sandbox.advance(5)
    assert [v["rule"] for v in sandbox.violations()] == ["answer_body"]


def test_an_answer_that_takes_a_second_is_a_violation(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver
) -> None:
    receiver.delay = 1.1
    direct(listening)
    sandbox.advance(5)
    assert [v["rule"] for v in sandbox.violations()] == ["slow_answer"]


@pytest.mark.parametrize(("switch", "told"), [(True, 20), (False, 21)])
def test_a_url_that_answers_badly_may_be_switched_off(
    sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver, switch: bool, told: int
) -> None:
    configure(sandbox, disable_urls=switch)
    receiver.body = b"x"
    direct(listening, *[person(number(f"{n:03d}")) for n in range(20)])
    sandbox.advance(5)
    direct(listening)
    sandbox.advance(5)
    assert len(receiver.at("deliveries")) == told


def test_callbacks_may_come_as_a_form(sandbox: SandboxProcess, listening: httpx.Client, receiver: Receiver) -> None:
    configure(sandbox, form_callbacks=True)
    ticket = ticket_of(direct(listening))
    sandbox.advance(2)
    assert receiver.content_types == {"application/x-www-form-urlencoded"}
    (row,) = receiver.at("deliveries")
    assert (row["message_id"], row["number"], row["status"]) == (ticket, "+33639980001", "DELIVERED")
