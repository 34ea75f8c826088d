"""Octopush: direct campaigns, who may send, what is repaired and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.octopush import (
    NUMBER,
    ROOT,
    TEXT,
    balance,
    code_of,
    configure,
    delete,
    direct,
    person,
    ticket_of,
)  # fmt: skip
from tests.sandbox_process import SandboxProcess


def test_a_direct_campaign_is_answered_by_its_ticket_and_price(octopush: httpx.Client) -> None:
    answer = direct(octopush, person(), person("+33639980003"))
    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("sms_ticket").startswith("sms_")
    assert body == {
        "number_of_contacts": 2, "total_cost": 0.11, "number_of_sms_needed": 1, "residual_credit": 99_999.89,
    }  # fmt: skip


def test_the_log_has_the_finished_text_of_every_number(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    text = "Bonjour {first_name}, rendez-vous {param1}. {unknown}"
    people = [person(first_name="Inès", param1="mardi 14h"), person("+33639980003", first_name="Léo")]
    ticket = ticket_of(direct(octopush, *people, text=text, purpose="alert", request_id="c52-b1"))
    log = sandbox.log("octopush")
    assert [(e["destination"], e["text"]) for e in log] == [
        (NUMBER, "Bonjour Inès, rendez-vous mardi 14h. {unknown}"),
        ("+33639980003", "Bonjour Léo, rendez-vous . {unknown}"),
    ]
    assert {(e["provider_id"], e["client_request_id"], e["reference"]) for e in log} == {(ticket, "c52-b1", None)}


@pytest.mark.parametrize("headers", [{"api-key": "wrong"}, {"api-key": ""}, {"api-login": ""}, {"api-login": "x@y"}])
def test_wrong_credentials_get_401(octopush: httpx.Client, headers: dict[str, str]) -> None:
    answer = octopush.get(f"{ROOT}/wallet/check-balance", headers=headers)
    assert code_of(answer) == (401, 101)
    assert answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(octopush: httpx.Client, body: bytes) -> None:
    assert code_of(octopush.post(f"{ROOT}/sms-campaign/send", content=body)) == (400, 100)


def test_an_unknown_path_gets_404(octopush: httpx.Client) -> None:
    assert octopush.post(f"{ROOT}/sms-campaign/simulate", json={}).status_code == 404


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"text": None}, 107),
    ({"text": ""}, 107),
    ({"text": "x" * 1225}, 102),
    ({"text": "Sans mention"}, 121),
    ({"text": "Sans mention", "purpose": "advert"}, 121),
    ({"text": "stop au 30101"}, 121),
    ({"text": "STOP au 3010"}, 121),
    ({"sender": "été"}, 106),
    ({"sender": "Too long a sender"}, 106),
    ({"recipients": None}, 103),
    ({"recipients": []}, 103),
    ({"recipients": [person()] * 501}, 305),
    ({"recipients": [person("12"), person("0639980001")]}, 117),
]


@pytest.mark.parametrize(("fields", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_repaired_is_refused(octopush: httpx.Client, fields: dict[str, Any], code: int) -> None:
    assert code_of(direct(octopush, **fields)) == (400, code)


ACCEPTED: list[dict[str, Any]] = [
    {"text": "x" * 1210 + " STOP at 30101"},
    {"text": "Vente. STOP au XXXXX"},
    {"text": "Rendez-vous demain", "purpose": "alert"},
    {"type": None},
    {"type": "sms_vocal"},
    {"type": "pigeon"},
    {"sender": "Empresa X"},
    {"sender": "B.o-u'tique"},
    {"with_replies": "true", "send_at": "soon", "no_such_field": 1},
]


@pytest.mark.parametrize("fields", ACCEPTED, ids=str)
def test_what_can_be_repaired_is_accepted(octopush: httpx.Client, fields: dict[str, Any]) -> None:
    assert direct(octopush, **fields).status_code == 201


def test_repairs_are_visible_in_what_is_sent(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    direct(octopush, sender="B.o-u'tique", type="pigeon", purpose="advert", with_replies="1")
    (entry,) = sandbox.log("octopush")
    shown = (entry["sender"], entry["type"], entry["purpose"], entry["with_replies"])
    assert shown == ("Boutique", "sms_premium", "wholesale", True)


def test_strict_stop_takes_only_the_mention_that_is_set(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, stop_strict=True, stop_mention="STOP au 36111")
    assert code_of(direct(octopush)) == (400, 121)
    assert direct(octopush, text="Vente. STOP au 36111").status_code == 201


def test_impossible_numbers_are_dropped_without_a_word(octopush: httpx.Client) -> None:
    answer = direct(octopush, person(), person("bad"))
    assert (answer.status_code, answer.json()["number_of_contacts"]) == (201, 1)


def test_a_request_id_is_remembered_for_a_day(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    direct(octopush, request_id="c1-b1")
    assert code_of(direct(octopush, request_id="c1-b1")) == (400, 120)
    sandbox.advance(24 * 3600 + 1)
    assert direct(octopush, request_id="c1-b1").status_code == 201


def test_a_request_that_was_refused_is_not_remembered(octopush: httpx.Client) -> None:
    assert code_of(direct(octopush, request_id="c1-b1", text="")) == (400, 107)
    assert direct(octopush, request_id="c1-b1").status_code == 201


def test_the_numbers_of_codes_can_be_changed(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, codes={"request_id_used": 133})
    direct(octopush, request_id="c1-b1")
    assert code_of(direct(octopush, request_id="c1-b1")) == (400, 133)


def test_every_sms_is_paid_from_the_balance(octopush: httpx.Client) -> None:
    before = balance(octopush)
    answer = direct(octopush, person(), person("+34600000001"), text="x" * 200 + " STOP au 30101").json()
    assert (answer["number_of_sms_needed"], answer["total_cost"]) == (2, round(2 * 0.055 + 2 * 0.06, 6))
    assert balance(octopush) == pytest.approx(before - answer["total_cost"])


def test_too_little_money_sends_nothing(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, accounts={"campaigns@shop.example": {"balance": 0.1}})
    assert code_of(direct(octopush, person(), person("+33639980003"))) == (400, 104)
    assert direct(octopush).status_code == 201
    assert len(sandbox.log()) == 1


def test_a_simulation_costs_and_sends_nothing(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    before = balance(octopush)
    assert direct(octopush, simulation_mode=True).json()["number_of_contacts"] == 1
    assert code_of(direct(octopush, simulation_mode=True, text="Sans mention")) == (400, 121)
    assert (balance(octopush), sandbox.log()) == (before, [])


def test_the_balance_buys_so_many_of_a_product(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    configure(sandbox, accounts={"campaigns@shop.example": {"balance": 55.0}})
    query = {"country_code": "FR", "product_name": "sms_premium"}
    assert octopush.get(f"{ROOT}/wallet/check-balance", params=query).json() == {"amount": 1000, "unit": "sms_premium"}
    credits = octopush.get(f"{ROOT}/wallet/check-credits?country_codes[]=FR&country_codes[]=ES").json()
    assert credits["FR"] == {"premium_sms": 1000, "vocal_sms": 687, "low_cost_sms": 1100, "hlr": 5500}
    assert credits["ES"]["low_cost_sms"] == 0


def test_the_draft_is_the_campaign_that_came_last(octopush: httpx.Client) -> None:
    assert code_of(octopush.get(f"{ROOT}/sms-campaign/draft")) == (400, 131)
    ticket = ticket_of(direct(octopush))
    draft = octopush.get(f"{ROOT}/sms-campaign/draft").json()
    assert (draft["ticket_number"], draft["status"], draft["code"]) == (ticket, "validated", 0)


def test_a_small_campaign_that_is_well_ahead_can_be_cancelled(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    before = balance(octopush)
    ticket = ticket_of(direct(octopush, send_at="2999-01-01T10:00:00"))
    assert delete(octopush, "sms-campaign/cancel", ticket_number=ticket).status_code == 204
    assert balance(octopush) == before
    assert sandbox.log()[0]["cancelled"] is True


def test_other_direct_campaigns_cannot_be_cancelled(octopush: httpx.Client) -> None:
    tickets = [
        ticket_of(direct(octopush)),
        ticket_of(direct(octopush, *[person(f"+3363998000{n}") for n in range(3)], send_at="2999-01-01T10:00:00")),
    ]
    answers = [code_of(delete(octopush, "sms-campaign/cancel", ticket_number=ticket)) for ticket in tickets]
    assert answers == [(400, 306), (400, 306)]
    assert code_of(delete(octopush, "sms-campaign/cancel", ticket_number="sms_none")) == (400, 131)


def test_the_same_number_twice_in_a_campaign_is_noted(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    direct(octopush, person(), person())
    assert [v["rule"] for v in sandbox.violations()] == ["number_twice"]


def test_a_fault_after_acceptance_is_told_by_the_request_id(sandbox: SandboxProcess, octopush: httpx.Client) -> None:
    sandbox.arm(f"{ROOT}/sms-campaign/send", "http_500", accept=True)
    assert direct(octopush, request_id="c1-b1").status_code == 500
    assert code_of(direct(octopush, request_id="c1-b1")) == (400, 120)
    assert [entry["text"] for entry in sandbox.log()] == [TEXT]
