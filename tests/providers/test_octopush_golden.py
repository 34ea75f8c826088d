"""Octopush on the wire: the contract's own sample bodies, and every code with its meaning."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from campaigns.providers.base import (
    AccountConfig,
    Body,
    Channel,
    MaybeSent,
    Message,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    ProviderError,
    Receipt,
    Refused,
)  # fmt: skip
from campaigns.providers.lists import ListGone, Stage
from campaigns.providers.octopush import Octopush, bodies
from campaigns.states import Reason
from tests.providers.raw_server import answer, answering, serving

CREDENTIALS = {"api_login": "campaigns@shop.example", "api_key": "s3cret-key"}
KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Contract §10, word for word.
DIRECT = {
    "recipients": [
        {"phone_number": "+33639980001", "first_name": "Inès", "param1": "mardi 14h"},
        {"phone_number": "+33639980003", "first_name": "Léo", "param1": "mardi 15h"},
    ],
    "text": "Bonjour {first_name}, rappel de votre rendez-vous {param1}.",
    "type": "sms_premium",
    "purpose": "alert",
    "sender": "Cabinet B",
    "request_id": "c52-b1",
}
ON_LIST = {
    "list_name": "c41-20260310",
    "text": "{first_name}, -20% ce week-end avec le code {param1}. STOP au 30101",
    "type": "sms_premium",
    "purpose": "wholesale",
    "sender": "MaBoutique",
    "with_replies": False,
    "auto_remove_blacklisted_numbers": True,
    "request_id": "c41-list-1",
}
ON_TAG = {
    "tag_name": "vip", "text": "Vente privée ce soir. STOP au 30101", "type": "sms_premium", "purpose": "wholesale",
    "sender": "MaBoutique",
}  # fmt: skip
UPLOAD = {
    "list_name": "c41-20260310",
    "do_not_overwrite": False,
    "auto_remove_blacklisted_numbers": True,
    "contacts": [
        {"phone_number": "+33639980001", "first_name": "Inès", "last_name": "Morel", "param1": "A7K2"},
        {"phone_number": "+33639980002", "first_name": "Hugo", "last_name": "Petit", "param1": "B3M9"},
    ],
}
REMOVE = {"list_name": "c41-20260310", "phone_numbers": ["+33639980002"]}

APPOINTMENT = Body(
    Channel.SMS, sender="Cabinet B", text="Bonjour {{p1}}, rappel de votre rendez-vous {{p2}}.", slots=("p1", "p2"),
    purpose="service", options={"auto_optimize_text": "true"},
)  # fmt: skip
DISCOUNT = Body(
    Channel.SMS, sender="MaBoutique", text="{{p1}}, -20% ce week-end avec le code {{p2}}. STOP au 30101",
    slots=("p1", "p2"), purpose="marketing",
    options={"auto_optimize_text": "true", "auto_remove_blacklisted_numbers": "on"},
)  # fmt: skip


def message(number: str = "+33639980001", *values: str, text: str = "Bonjour") -> Message:
    return Message(f"c41-r{number[-4:]}-a1", number, text, values=values)


async def talk(call: Any, *answers: bytes) -> tuple[Any, list[tuple[str, Any]]]:
    """What `call(provider)` gives at a server that answers so, and the requests: (head, JSON body)."""
    async with serving(answering(*answers)) as server:
        config = AccountConfig(server.url, CREDENTIALS)
        async with Octopush(config, allow_private=True, sleep=no_sleep) as provider:
            try:
                found = await call(provider)
            except ProviderError as error:
                found = error
        return found, [(head, orjson.loads(sent) if sent else None) for head, sent in server.requests]


async def no_sleep(seconds: float) -> None:
    return None


def ask(call: Any, *answers: bytes) -> tuple[Any, list[tuple[str, Any]]]:
    return asyncio.run(talk(call, *answers))


def send(body: Body, messages: list[Message], *answers: bytes) -> tuple[Any, list[tuple[str, Any]]]:
    return ask(lambda provider: provider.send(Outgoing(KEY, body, messages)), *answers)


def ok(body: Mapping[str, Any], status: str = "201 Created") -> bytes:
    return answer(status, orjson.dumps(body))


def refusal(code: int, status: str = "400 Bad Request") -> bytes:
    return answer(status, orjson.dumps({"code": code, "message": "Falta la mención STOP."}))


def without_defaults(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """`body` without the request id, which is ours to choose, and without what says the vendor's own default."""
    return {k: v for k, v in body.items() if k not in ("request_id", *names)}


TICKET = ok({"sms_ticket": "sms_65f0b77aa01c3", "number_of_contacts": 2, "total_cost": 0.11,
             "number_of_sms_needed": 1, "residual_credit": 254.3})  # fmt: skip


# -- golden requests --------------------------------------------------------------------------------


def test_the_sample_of_a_direct_campaign() -> None:
    people = [message("+33639980001", "Inès", "mardi 14h"), message("+33639980003", "Léo", "mardi 15h")]
    receipts, [(head, sent)] = send(APPOINTMENT, people, TICKET)
    assert without_defaults(sent) == without_defaults(DIRECT)
    assert UUID.fullmatch(sent["request_id"])
    assert head.startswith("POST /v1/public/sms-campaign/send HTTP/1.1\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    found = {name.lower(): value for name, value in headers.items()}
    assert (found["api-login"], found["api-key"]) == ("campaigns@shop.example", "s3cret-key")
    assert (found["content-type"], found["cache-control"]) == ("application/json", "no-cache")
    assert [(r.outcome, r.ticket, r.provider_message_id) for r in receipts] == [
        (Outcome.ACCEPTED, "sms_65f0b77aa01c3", "sms_65f0b77aa01c3")
    ] * 2


def test_the_sample_of_a_campaign_on_a_list() -> None:
    ticket, [(head, sent)] = ask(
        lambda p: p.create("list", "c41-20260310", DISCOUNT, "c41-list-1"), ok({"ticket_number": "sms_65f0a1b2c3d4e"})
    )
    assert ticket == "sms_65f0a1b2c3d4e"
    assert head.startswith("POST /v1/public/sms-campaign-on-list/create ")
    assert sent["request_id"] == "c41-list-1"
    assert without_defaults(sent) == without_defaults(ON_LIST, "with_replies")


def test_the_sample_of_a_campaign_on_a_tag() -> None:
    body = Body(Channel.SMS, sender="MaBoutique", text=str(ON_TAG["text"]), purpose="marketing",
                options={"auto_optimize_text": "true"})  # fmt: skip
    _, [(head, sent)] = ask(lambda p: p.create("tag", "vip", body, KEY), ok({"ticket_number": "sms_1"}))
    assert head.startswith("POST /v1/public/sms-campaign-on-tag/create ")
    assert without_defaults(sent) == ON_TAG


def test_the_sample_of_an_upload() -> None:
    """`last_name` is not in the sample's text; here it is the seventh placeholder of one that uses all."""
    body = replace(many_slots(7), options={"auto_remove_blacklisted_numbers": "on"})
    people = [
        message("+33639980001", "Inès", "A7K2", "2", "3", "4", "5", "Morel"),
        message("+33639980002", "Hugo", "B3M9", "2", "3", "4", "5", "Petit"),
    ]
    _, [(head, sent)] = ask(lambda p: p.upload("list", "c41-20260310", body, people), ok({}))
    assert head.startswith("POST /v1/public/contact/create ")
    for contact in sent["contacts"]:
        assert [contact.pop(f"param{n}") for n in range(2, 6)] == ["2", "3", "4", "5"]
    assert sent == UPLOAD


def test_the_samples_of_a_list_a_removal_a_launch_and_a_cancellation() -> None:
    async def calls(provider: Octopush) -> None:
        await provider.open_list("list", "c41-20260310")
        await provider.remove("list", "c41-20260310", ["+33639980002"])
        await provider.launch("list", "sms_65f0a1b2c3d4e")
        await provider.abandon("sms_65f0a1b2c3d4e")

    _, requests = ask(calls, answer("200 OK", b'{"sending_date": "2026-03-10T10:00:00+01:00"}'))
    ticket = {"ticket_number": "sms_65f0a1b2c3d4e"}
    assert [(head.split(" HTTP")[0], sent) for head, sent in requests] == [
        ("POST /v1/public/contact-list/create", {"list_name": "c41-20260310"}),
        ("DELETE /v1/public/contact/delete", REMOVE),
        ("POST /v1/public/sms-campaign-on-list/send", ticket),
        ("DELETE /v1/public/sms-campaign-on-list/cancel", ticket),
    ]


def test_a_tag_needs_no_call_to_be_there() -> None:
    _, requests = ask(lambda p: p.open_list("tag", "vip"), ok({}))
    assert requests == []


def test_people_are_taken_off_a_list_two_hundred_at_a_time() -> None:
    numbers = [f"+3363998{n:04d}" for n in range(450)]
    _, requests = ask(lambda p: p.remove("list", "x", numbers), answer("204 No Content", b""))
    assert [len(sent["phone_numbers"]) for _, sent in requests] == [200, 200, 50]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"auto_optimize_text": False}),
        ({"with_replies": "true", "type": "sms_low_cost", "auto_optimize_text": "true"},
         {"with_replies": True, "type": "sms_low_cost"}),
        ({"auto_remove_blacklisted_numbers": "on"},
         {"auto_remove_blacklisted_numbers": True, "auto_optimize_text": False}),
    ],
)  # fmt: skip
def test_options_are_sent_only_where_they_differ_from_the_vendors_own(
    options: dict[str, str], expected: dict[str, Any]
) -> None:
    sent = bodies.direct(Body(Channel.SMS, text="Hi", purpose="service", options=options), bodies.Part("Hi", []), KEY)
    plain = {"recipients": [], "text": "Hi", "type": "sms_premium", "purpose": "alert", "request_id": KEY}
    assert sent == {**plain, **expected}


# -- placeholders and groups ------------------------------------------------------------------------


def many_slots(count: int) -> Body:
    names = tuple(f"p{n}" for n in range(1, count + 1))
    return Body(Channel.SMS, text=" ".join(f"{{{{{name}}}}}" for name in names), slots=names, purpose="service")


def test_seven_placeholders_are_the_vendors_to_fill() -> None:
    _, [(_, sent)] = send(many_slots(7), [message("+33639980001", *"abcdefg", text="a b c d e f g")], TICKET)
    assert sent["text"] == "{first_name} {param1} {param2} {param3} {param4} {param5} {last_name}"
    assert sent["recipients"][0]["last_name"] == "g"


def test_more_than_seven_are_filled_here_and_sent_by_finished_text() -> None:
    people = [message(f"+3363998000{n}", *"abcdefgh", text=f"text {n % 2}") for n in range(4)]
    receipts, requests = send(many_slots(8), people, TICKET)
    assert [(sent["text"], len(sent["recipients"])) for _, sent in requests] == [("text 0", 2), ("text 1", 2)]
    assert all(list(person) == ["phone_number"] for _, sent in requests for person in sent["recipients"])
    assert [r.reference for r in receipts] == [m.reference for m in people]
    assert len({sent["request_id"] for _, sent in requests}) == 2


@pytest.mark.parametrize("value", ["x" * 51, ""])
def test_a_value_that_does_not_fit_is_filled_here(value: str) -> None:
    people = [message("+33639980001", "Inès", "14h"), message("+33639980003", value, "15h", text="finished")]
    _, requests = send(APPOINTMENT, people, TICKET)
    texts = [(sent["text"], [p["phone_number"] for p in sent["recipients"]]) for _, sent in requests]
    assert texts == [(DIRECT["text"], ["+33639980001"]), ("finished", ["+33639980003"])]


def test_a_request_has_the_same_id_whenever_it_is_made() -> None:
    people = [message("+33639980001", "Inès", "14h"), message("+33639980003", "x" * 51, "15h", text="finished")]
    ids = [[sent["request_id"] for _, sent in send(APPOINTMENT, people, TICKET)[1]] for _ in range(2)]
    assert ids[0] == ids[1]
    alone = send(APPOINTMENT, people[1:], TICKET)[1]
    assert alone[0][1]["request_id"] == ids[0][1]


def test_a_number_that_comes_twice_is_sent_once() -> None:
    first, second = message("+33639980001", "a", "b"), Message("c41-r9-a1", "+33639980001", "x", values=("c", "d"))
    receipts, [(_, sent)] = send(APPOINTMENT, [first, second], TICKET)
    assert len(sent["recipients"]) == 1
    assert [(r.outcome, r.reason) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE), (Outcome.REFUSED, Reason.DUPLICATE),
    ]  # fmt: skip


# -- what answers mean ------------------------------------------------------------------------------

CODES = [
    *[(code, Refused, Reason.INVALID_CONTENT) for code in (100, 107, 112, 115, 116, 121, 122)],
    *[(code, Refused, Reason.TOO_LONG) for code in (102, 119)],
    (106, Refused, Reason.SENDER_REFUSED),
    *[(code, Misconfigured, Reason.AUTH) for code in (101, 108, 109, 113, 114, 201, 207, 209, 300)],
    *[(code, Refused, Reason.INVALID_RECIPIENT) for code in (103, 110, 111, 117, 150, 151)],
    *[(code, Misconfigured, Reason.NO_CREDIT) for code in (104, 105)],
    *[(code, Refused, Reason.REJECTED) for code in (118, 123, 124, 128, 131, 152, 301, 303, 304, 306, 308, 999)],
    (125, MaybeSent, Reason.UNKNOWN_CODE),
    *[(code, NotSent, Reason.RATE_LIMITED) for code in (126, 127, 129, 130)],
    *[(code, NotSent, Reason.PROVIDER_DOWN) for code in (153, 500, 501)],
]


@pytest.mark.parametrize(("code", "error", "reason"), CODES, ids=lambda value: str(value))
def test_every_code_has_its_meaning(code: int, error: type[ProviderError], reason: Reason) -> None:
    found, _ = send(APPOINTMENT, [message("+33639980001", "a", "b")], refusal(code))
    if isinstance(found, list):  # one message alone: its own receipt
        assert (error, [(r.outcome, r.reason) for r in found]) == (Refused, [(Outcome.REFUSED, reason)])
        assert found[0].text == "Falta la mención STOP."
    else:
        assert (type(found), found.reason, found.code) == (error, reason, str(code))


@pytest.mark.parametrize("code", [120, 133])
def test_a_used_request_id_means_that_it_was_accepted(code: int) -> None:
    receipts, _ = send(APPOINTMENT, [message("+33639980001", "a", "b")], refusal(code))
    assert [(r.outcome, r.ticket, r.provider_message_id) for r in receipts] == [(Outcome.ACCEPTED, "", "")]


STATUSES = [
    ("400 Bad Request", Refused, Reason.REJECTED),
    ("422 Unprocessable", Refused, Reason.REJECTED),
    ("401 Unauthorized", Misconfigured, Reason.AUTH),
    ("403 Forbidden", Misconfigured, Reason.AUTH),
    ("404 Not Found", Misconfigured, Reason.REJECTED),
    ("429 Too Many", NotSent, Reason.RATE_LIMITED),
    ("500 Oops", MaybeSent, Reason.NO_ANSWER),
    ("504 Late", MaybeSent, Reason.NO_ANSWER),
    ("502 Bad Gateway", NotSent, Reason.PROVIDER_DOWN),
    ("503 Busy", NotSent, Reason.PROVIDER_DOWN),
    ("200 OK", MaybeSent, Reason.UNREADABLE_ANSWER),
]


@pytest.mark.parametrize(("status", "error", "reason"), STATUSES)
def test_every_http_status_has_its_meaning(status: str, error: type[ProviderError], reason: Reason) -> None:
    found, _ = send(APPOINTMENT, [message("+33639980001", "a", "b")], answer(status, b"<html>"))
    if isinstance(found, list):
        assert (error, found[0].outcome, found[0].reason) == (Refused, Outcome.REFUSED, reason)
    else:
        assert (type(found), found.reason) == (error, reason)


def test_an_answer_with_the_lists_name_of_the_ticket_is_understood() -> None:
    receipts, _ = send(APPOINTMENT, [message("+33639980001", "a", "b")], ok({"ticket_number": "sms_1"}, "200 OK"))
    assert receipts[0].ticket == "sms_1"


def test_an_answer_without_a_ticket_is_a_doubt() -> None:
    found, _ = send(APPOINTMENT, [message("+33639980001", "a", "b")], ok({"number_of_contacts": 1}))
    assert type(found) is MaybeSent


def test_one_unknown_country_does_not_refuse_the_others() -> None:
    people = [message(f"+3363998000{n}", "a", "b") for n in range(2)]
    receipts, requests = send(APPOINTMENT, people, refusal(150), refusal(150), TICKET)
    assert [(r.outcome, r.reason) for r in receipts] == [
        (Outcome.REFUSED, Reason.INVALID_RECIPIENT), (Outcome.ACCEPTED, Reason.NONE),
    ]  # fmt: skip
    assert len({sent["request_id"] for _, sent in requests}) == 3


def test_no_error_shows_the_key() -> None:
    found, _ = send(
        APPOINTMENT,
        [message("+33639980001", "a", "b")],
        answer("401 No", b'{"code": 101, "message": "s3cret-key is wrong"}'),
    )
    assert isinstance(found, Misconfigured)
    assert "s3cret" not in str(found)


# -- campaigns on lists -----------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["ready_to_be_sent", "ready_to_be_send"])
def test_ready_is_understood_in_both_spellings(word: str) -> None:
    progress, _ = ask(lambda p: p.progress("sms_1"), ok({"number_of_contacts": 1874, "cost": 103.07, "status": word}))
    assert (progress.stage, progress.count, progress.cost) == (Stage.READY, 1874, Decimal("103.07"))


PROGRESS = [
    (ok({"status": "under_computation"}), Stage.COMPUTING),
    (refusal(129), Stage.COMPUTING),
    (refusal(999), Stage.COMPUTING),
    (refusal(131), Stage.GONE),
    (refusal(132), Stage.SENT),
    (ok({"status": "failed"}), Stage.FAILED),
]


@pytest.mark.parametrize(("said", "stage"), PROGRESS)
def test_what_a_status_means(said: bytes, stage: Stage) -> None:
    progress, [(head, _)] = ask(lambda p: p.progress("sms_1"), said)
    assert progress.stage is stage
    assert head.startswith("GET /v1/public/sms-campaign-on-list/status?ticket_number=sms_1 ")


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda p: p.progress("sms_1"), "status"),
        (lambda p: p.create("list", "x", DISCOUNT, KEY), "create"),
        (lambda p: p.upload("list", "x", DISCOUNT, [message("+33639980001", "a", "b")]), "upload"),
    ],
)
@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "504 Late"])
def test_before_the_launch_everything_can_be_tried_again(call: Any, path: str, status: str) -> None:
    found, _ = ask(call, answer(status, b""))
    assert (type(found), found.reason) == (NotSent, Reason.PROVIDER_DOWN)


def test_a_launch_without_an_answer_is_a_doubt() -> None:
    found, _ = ask(lambda p: p.launch("list", "sms_1"), answer("500 Oops", b""))
    assert type(found) is MaybeSent


def test_a_launch_that_went_before_is_a_success() -> None:
    found, _ = ask(lambda p: p.launch("tag", "sms_1"), refusal(132))
    assert found is None


@pytest.mark.parametrize("call", [
    lambda p: p.create("list", "x", DISCOUNT, KEY),
    lambda p: p.upload("list", "x", DISCOUNT, [message("+33639980001", "a", "b")]),
])  # fmt: skip
def test_a_list_that_is_not_there_is_told_apart(call: Any) -> None:
    found, _ = ask(call, refusal(303))
    assert type(found) is ListGone


def test_a_list_that_is_there_already_is_fine() -> None:
    found, _ = ask(lambda p: p.open_list("list", "x"), refusal(302))
    assert found is None


def test_a_creation_that_was_made_before_finds_its_draft() -> None:
    draft = ok({"ticket_number": "sms_9", "status": "draft", "code": 0}, "200 OK")
    ticket, _ = ask(lambda p: p.create("list", "x", DISCOUNT, KEY), refusal(120), draft)
    assert ticket == "sms_9"


@pytest.mark.parametrize("draft", [ok({"ticket_number": "sms_9", "status": "validated"}, "200 OK"), refusal(131)])
def test_a_draft_that_is_not_ours_is_not_taken(draft: bytes) -> None:
    ticket, _ = ask(lambda p: p.create("list", "x", DISCOUNT, KEY), refusal(120), draft)
    assert ticket == ""


def test_an_upload_that_is_too_big_is_halved() -> None:
    people = [message(f"+3363998000{n}", "a", "b") for n in range(4)]
    _, requests = ask(lambda p: p.upload("list", "x", DISCOUNT, people), refusal(305), ok({}))
    assert [len(sent["contacts"]) for _, sent in requests] == [4, 2, 2]


def test_the_balance_is_told_with_the_connection() -> None:
    connection, _ = ask(lambda p: p.test(), ok({"amount": 254.3, "unit": "euros"}, "200 OK"))
    assert (connection.ok, connection.balance) == (True, Decimal("254.3"))


def test_a_dropped_number_is_noted_with_the_ticket() -> None:
    people = [message(f"+3363998000{n}", "a", "b") for n in range(3)]
    receipts, _ = send(APPOINTMENT, people, TICKET)
    assert {(receipt.outcome, receipt.text) for receipt in receipts} == {(Outcome.ACCEPTED, "2 of 3")}
    assert isinstance(receipts[0], Receipt)
