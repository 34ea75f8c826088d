"""Octopush: lists, tags, and the campaigns on them."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.octopush import (
    NUMBER,
    ROOT,
    TEXT,
    add,
    balance,
    code_of,
    configure,
    create,
    delete,
    make_list,
    person,
    status,
    ticket_of,
    validate,
)  # fmt: skip
from tests.sandbox_process import SandboxProcess


def test_a_campaign_is_computed_then_ready_then_sent(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush, "vip", person(first_name="Inès"), person("+33639980002", first_name="Hugo"))
    ticket = ticket_of(create(octopush, text="{first_name}, -20%. STOP au 30101"))
    assert status(octopush, ticket).json()["status"] == "under_computation"
    assert code_of(validate(octopush, ticket)) == (400, 129)
    sandbox.advance(3)
    ready = {"number_of_contacts": 2, "cost": 0.11, "status": "ready_to_be_sent"}
    assert status(octopush, ticket).json() == ready
    assert sandbox.log() == []
    answer = validate(octopush, ticket)
    assert (answer.status_code, list(answer.json())) == (200, ["sending_date"])
    assert [(e["text"], e["list_name"], e["provider_id"]) for e in sandbox.log()] == [
        ("Inès, -20%. STOP au 30101", "vip", ticket),
        ("Hugo, -20%. STOP au 30101", "vip", ticket),
    ]


def test_a_second_validation_is_refused(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush))
    sandbox.advance(3)
    before = balance(octopush)
    validate(octopush, ticket)
    assert code_of(validate(octopush, ticket)) == (400, 132)
    assert code_of(status(octopush, ticket)) == (400, 132)
    assert (balance(octopush), len(sandbox.log())) == (pytest.approx(before - 0.055), 1)


def test_a_tag_campaign_has_the_status_of_a_list_campaign(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    add(octopush, person(), tag_name="vip")
    ticket = ticket_of(create(octopush, kind="tag"))
    sandbox.advance(3)
    assert status(octopush, ticket).json()["number_of_contacts"] == 1
    assert code_of(validate(octopush, ticket, "list")) == (400, 131)
    assert validate(octopush, ticket, "tag").status_code == 200
    assert sandbox.log()[0]["tag_name"] == "vip"


def test_the_status_may_refuse_while_it_computes(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, refuse_while_computing=True, ready_word="ready_to_be_send")
    make_list(octopush)
    ticket = ticket_of(create(octopush))
    assert code_of(status(octopush, ticket)) == (400, 129)
    sandbox.advance(3)
    assert status(octopush, ticket).json()["status"] == "ready_to_be_send"


def test_some_lists_fail(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    octopush.post(f"{ROOT}/contact-list/create", json={"list_name": "empty"})
    make_list(octopush, "fail-1")
    for name in ("empty", "fail-1"):
        ticket = ticket_of(create(octopush, name))
        sandbox.advance(3)
        assert status(octopush, ticket).json()["status"] == "failed"
        assert code_of(validate(octopush, ticket)) == (400, 128)


def test_only_one_campaign_waits_at_a_time(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush))
    assert code_of(create(octopush)) == (400, 127)
    sandbox.advance(3)
    assert code_of(create(octopush)) == (400, 126)
    assert delete(octopush, "sms-campaign-on-list/cancel", ticket_number=ticket).status_code == 204
    assert create(octopush).status_code == 201


def test_several_may_wait_where_the_switch_says_so(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, one_at_a_time=False)
    make_list(octopush)
    assert [create(octopush).status_code for _ in range(2)] == [201, 201]


def test_a_campaign_that_left_cannot_be_cancelled(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush))
    sandbox.advance(3)
    validate(octopush, ticket)
    assert code_of(delete(octopush, "sms-campaign-on-list/cancel", ticket_number=ticket)) == (400, 132)


def test_a_cancelled_campaign_is_unknown(octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush))
    delete(octopush, "sms-campaign-on-list/cancel", ticket_number=ticket)
    assert code_of(status(octopush, ticket)) == (400, 131)
    assert code_of(validate(octopush, ticket)) == (400, 131)


def test_creating_twice_with_one_request_id_is_refused(octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush, request_id="c41-list-1"))
    assert code_of(create(octopush, request_id="c41-list-1")) == (400, 120)
    draft = octopush.get(f"{ROOT}/sms-campaign/draft").json()
    assert (draft["ticket_number"], draft["status"]) == (ticket, "draft")


def test_a_list_campaign_is_checked_like_a_direct_one(octopush: httpx.Client) -> None:
    make_list(octopush)
    assert code_of(create(octopush, text="Sans mention")) == (400, 121)
    assert code_of(create(octopush, "nowhere")) == (400, 303)
    assert code_of(create(octopush, "x" * 31)) == (400, 306)
    assert code_of(create(octopush, "x" * 21, kind="tag")) == (400, 306)


def test_a_list_is_made_once(octopush: httpx.Client) -> None:
    make_list(octopush)
    assert code_of(octopush.post(f"{ROOT}/contact-list/create", json={"list_name": "vip"})) == (400, 302)
    assert code_of(octopush.post(f"{ROOT}/contact-list/create", json={"list_name": "x" * 31})) == (400, 306)
    assert delete(octopush, "contact-list/delete", list_name="vip").status_code == 204
    assert code_of(delete(octopush, "contact-list/delete", list_name="vip")) == (400, 303)


def test_contacts_are_added_in_chunks_of_a_thousand_at_most(octopush: httpx.Client) -> None:
    assert code_of(add(octopush, *[person()] * 1001)) == (400, 305)
    assert code_of(add(octopush, person(), list_name="nowhere")) == (400, 303)
    assert code_of(add(octopush, person(), tag_name="x" * 21)) == (400, 306)


def test_an_upload_may_be_repeated(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush, "vip", person(first_name="Old"))
    add(octopush, person(first_name="New"), list_name="vip", do_not_overwrite=False)
    ticket = ticket_of(create(octopush, text="{first_name}. STOP au 30101"))
    sandbox.advance(3)
    validate(octopush, ticket)
    assert [entry["text"] for entry in sandbox.log()] == ["New. STOP au 30101"]


def test_do_not_overwrite_keeps_what_is_there(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush, "vip", person(first_name="Old"))
    add(octopush, person(first_name="New"), list_name="vip", do_not_overwrite=True)
    ticket = ticket_of(create(octopush, text="{first_name}. STOP au 30101"))
    sandbox.advance(3)
    validate(octopush, ticket)
    assert [entry["text"] for entry in sandbox.log()] == ["Old. STOP au 30101"]


def count_on(sandbox: SandboxProcess, octopush: httpx.Client, name: str = "vip", **fields: object) -> int:
    """How many a campaign on the list would reach."""
    ticket = ticket_of(create(octopush, name, **fields))
    sandbox.advance(3)
    people = int(status(octopush, ticket).json()["number_of_contacts"])
    delete(octopush, "sms-campaign-on-list/cancel", ticket_number=ticket)
    return people


def test_contacts_leave_one_list_or_the_whole_account(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    people = [person(f"+3363998000{n}") for n in range(4)]
    make_list(octopush, "vip", *people)
    make_list(octopush, "other", *people)
    gone = {"phone_numbers": [people[0]["phone_number"]]}
    assert delete(octopush, "contact/delete", list_name="vip", **gone).status_code == 204
    assert (count_on(sandbox, octopush), count_on(sandbox, octopush, "other")) == (3, 4)
    assert sandbox.violations() == []
    delete(octopush, "contact/delete", phone_numbers=[people[1]["phone_number"]])
    assert (count_on(sandbox, octopush), count_on(sandbox, octopush, "other")) == (2, 3)
    assert [v["rule"] for v in sandbox.violations()] == ["deleted_everywhere"]


@pytest.mark.parametrize("numbers", [[], [NUMBER] * 201])
def test_one_to_two_hundred_contacts_are_deleted_at_once(octopush: httpx.Client, numbers: list[str]) -> None:
    make_list(octopush)
    assert code_of(delete(octopush, "contact/delete", list_name="vip", phone_numbers=numbers)) == (400, 305)


def test_a_list_can_be_emptied(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush)
    assert octopush.post(f"{ROOT}/contact-list/empty", json={"list_name": "vip"}).is_success
    assert count_on(sandbox, octopush) == 0


def test_blacklisted_numbers_are_taken_out_only_on_request(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, accounts={"campaigns@shop.example": {"blacklist": [NUMBER]}})
    make_list(octopush, "vip", person(), person("+33639980002"))
    assert count_on(sandbox, octopush) == 2
    assert count_on(sandbox, octopush, auto_remove_blacklisted_numbers=True) == 1


def test_too_little_money_is_told_when_it_is_sent(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush))
    sandbox.advance(3)
    configure(sandbox, accounts={"campaigns@shop.example": {"balance": 0.01}})
    assert code_of(validate(octopush, ticket)) == (400, 104)
    assert sandbox.log() == []


def test_a_simulated_campaign_leaves_nothing_behind(octopush: httpx.Client) -> None:
    make_list(octopush)
    ticket = ticket_of(create(octopush, simulation_mode=True))
    assert code_of(status(octopush, ticket)) == (400, 131)
    assert create(octopush, text=TEXT).status_code == 201
