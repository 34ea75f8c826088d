"""CRM Messaging: what a call may be, what comes back, and what the outbox then holds (contract, sandbox section)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.sandbox_process import SandboxProcess

SEND = "/api/SendMessages"
ELENI = {
    "uniqueId": "cli-10021",
    "mobilePhone": "6941112233",
    "payload": {"Firstname": "Eleni", "voucherCode": "AUTUMN41"},
}
MARKOS = {"uniqueId": "cli-10022", "email": "markos@buzon.example", "payload": {"Firstname": "Markos"}}
SCHEDULED = "2026-10-05T10:00:00+03:00"


@pytest.fixture(scope="module")
def client(sandbox_process: SandboxProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox_process.url, auth=("sandbox", "sandbox"), timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def crm(sandbox: SandboxProcess, client: httpx.Client) -> httpx.Client:
    """A client with the credentials of the CRM sandbox."""
    return client


def send(crm: httpx.Client, *recipients: Any, template: Any = 101, **root: Any) -> httpx.Response:
    return crm.post(SEND, json={"templateId": template, "recipients": list(recipients or [ELENI]), **root})


def show(crm: httpx.Client, number: int = 418_000) -> dict[str, Any]:
    answer = crm.get(f"/api/Dispatches/{number}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def code(answer: httpx.Response) -> tuple[int, int]:
    assert set(answer.json()) == {"error", "errorCode"}
    return answer.status_code, answer.json()["errorCode"]


# -- who may call -------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", [("sandbox", "wrong"), ("nobody", "sandbox"), ("", "")])
def test_wrong_credentials_get_401_and_the_way_to_sign_in(crm: httpx.Client, auth: tuple[str, str]) -> None:
    answer = crm.post(SEND, json={}, auth=auth)
    assert code(answer) == (401, 90401)
    assert answer.headers["WWW-Authenticate"] == "Basic"


def test_missing_credentials_get_401(sandbox: SandboxProcess) -> None:
    assert code(httpx.get(f"{sandbox.url}/api/Dispatches/1", trust_env=False)) == (401, 90401)


def test_a_blocked_user_gets_403(crm: httpx.Client) -> None:
    assert crm.post(SEND, json={}, auth=("blocked", "sandbox")).status_code == 403


def test_another_letter_case_of_the_path_is_no_path_of_the_vendor(crm: httpx.Client) -> None:
    assert crm.post("/api/sendmessages", json={}).status_code == 404


# -- the checks, in their order -----------------------------------------------------------------------


def test_a_body_that_is_no_json_object_is_refused(crm: httpx.Client) -> None:
    as_json = {"Content-Type": "application/json"}
    assert {code(crm.post(SEND, content=body, headers=as_json)) for body in (b"", b"{", b"[]", b'"x"')} == {
        (400, 90400)
    }


def test_a_body_that_does_not_say_it_is_json_is_refused(crm: httpx.Client) -> None:
    answer = crm.post(SEND, content=b'{"templateId": 101}', headers={"Content-Type": "text/plain"})
    assert code(answer) == (400, 90400)


@pytest.mark.parametrize("template", [None, "101", 1.5, True])
def test_a_template_id_is_an_integer(crm: httpx.Client, template: Any) -> None:
    assert code(send(crm, template=template)) == (400, 90410)


def test_an_unknown_template_is_not_found(crm: httpx.Client) -> None:
    answer = send(crm, template=999)
    assert code(answer) == (404, 90404)
    assert answer.json()["error"] == "Template 999 was not found"


def test_an_inactive_template_is_refused(crm: httpx.Client) -> None:
    assert code(send(crm, template=103)) == (400, 90411)


@pytest.mark.parametrize("recipients", [None, {}, [], "all", [1]])
def test_recipients_are_a_list_with_somebody_in_it(crm: httpx.Client, recipients: Any) -> None:
    assert code(crm.post(SEND, json={"templateId": 101, "recipients": recipients})) == (400, 90412)


@pytest.mark.parametrize("unique_id", [None, "", "  ", 7])
def test_every_recipient_needs_a_unique_id(crm: httpx.Client, unique_id: Any) -> None:
    assert code(send(crm, ELENI, {**ELENI, "uniqueId": unique_id})) == (400, 90413)


def test_a_unique_id_may_not_be_repeated(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    assert code(send(crm, ELENI, ELENI)) == (400, 90414)
    assert sandbox.log() == []


@pytest.mark.parametrize("date", ["2026-10-05T10:00:00", "tomorrow", "2026-10-05", 1_790_000_000])
def test_a_schedule_needs_an_offset(crm: httpx.Client, date: Any) -> None:
    assert code(send(crm, scheduleDate=date)) == (400, 90415)


def test_the_template_is_checked_before_the_recipients_and_they_before_the_schedule(crm: httpx.Client) -> None:
    assert code(crm.post(SEND, json={"recipients": []})) == (400, 90410)
    assert code(crm.post(SEND, json={"templateId": 101, "recipients": [{}], "scheduleDate": "x"})) == (400, 90413)


def test_error_texts_are_greek_when_asked_for(crm: httpx.Client) -> None:
    answer = crm.post(SEND, content=b"{", headers={"Content-Type": "application/json", "Accept-Language": "el"})
    assert answer.json() == {"error": "Το σώμα του αιτήματος δεν είναι έγκυρο JSON", "errorCode": 90400}


# -- accepted -----------------------------------------------------------------------------------------


def test_an_answer_has_the_fields_of_the_contract(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    answer = send(crm).json()
    date = answer.pop("sendDate")
    assert answer == {
        "dispatch": 418_000,
        "totalRecipients": 1,
        "totalRecipientsSent": 1,
        "invalidRecipients": 0,
        "invalidEmails": [],
        "invalidMobiles": [],
    }
    assert datetime.fromisoformat(date).timestamp() == int(sandbox.now())


def test_ids_rise(crm: httpx.Client) -> None:
    assert [send(crm).json()["dispatch"] for _ in range(3)] == [418_000, 418_001, 418_002]


@pytest.mark.parametrize("mobile", ["6941112233", "306941112233", "+306941112233", "00306941112233"])
def test_a_greek_mobile_is_valid_with_and_without_its_country(
    crm: httpx.Client, sandbox: SandboxProcess, mobile: str
) -> None:
    send(crm, {**ELENI, "mobilePhone": mobile})
    assert [entry["destination"] for entry in sandbox.log()] == ["+306941112233"]


@pytest.mark.parametrize("mobile", ["2101234567", "694111223", "69411122334", "+34694111223", "", None, 6941112233])
def test_any_other_phone_is_invalid_and_the_others_are_sent(
    crm: httpx.Client, sandbox: SandboxProcess, mobile: Any
) -> None:
    answer = send(crm, {**ELENI, "uniqueId": "cli-10022", "mobilePhone": mobile}, ELENI).json()
    assert (answer["totalRecipients"], answer["totalRecipientsSent"], answer["invalidRecipients"]) == (2, 1, 1)
    assert answer["invalidMobiles"] == [{"uniqueId": "cli-10022", "mobile": str(mobile or "")}]
    assert [entry["unique_id"] for entry in sandbox.log()] == ["cli-10021"]


def test_an_invalid_email_is_listed_without_its_id(crm: httpx.Client) -> None:
    wrong = [{"uniqueId": "a", "email": "markos.buzon.example"}, {"uniqueId": "b"}]
    answer = send(crm, MARKOS, *wrong, template=102).json()
    assert (answer["invalidEmails"], answer["invalidMobiles"]) == (["markos.buzon.example", ""], [])


def test_extra_fields_are_ignored_and_noted(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    assert send(crm, {**ELENI, "password": "x"}, note="y").status_code == 200
    assert [(v["rule"], v["detail"]) for v in sandbox.violations()] == [("undocumented_field", "note, password")]


def test_an_address_that_the_channel_does_not_need_is_noted(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, {**ELENI, "email": "eleni@buzon.example"})
    assert [v["rule"] for v in sandbox.violations()] == ["both_addresses"]


def test_the_outbox_holds_the_finished_text(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, {**ELENI, "cardNumber": "LC-550012"})
    (entry,) = sandbox.log("crm")
    assert entry["text"] == "Eleni, your voucher is AUTUMN41. Tienda Norte"
    assert (entry["channel"], entry["unique_id"], entry["provider_id"]) == ("sms", "cli-10021", "418000")
    assert (entry["card_number"], entry["recorded_in_crm"]) == ("LC-550012", True)


def test_without_a_card_number_nothing_is_recorded_in_the_crm(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm)
    assert sandbox.log()[0]["recorded_in_crm"] is False


def test_a_tag_without_a_value_becomes_an_empty_text(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, {**ELENI, "payload": {"voucherCode": None}})
    assert sandbox.log()[0]["text"] == ", your voucher is . Tienda Norte"


def test_an_email_has_a_subject(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, MARKOS, template=102)
    (entry,) = sandbox.log()
    assert (entry["channel"], entry["destination"]) == ("email", "markos@buzon.example")
    assert entry["subject"] == "Markos, we have news"


def test_the_same_body_twice_makes_two_dispatches(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    assert send(crm).json()["dispatch"] != send(crm).json()["dispatch"]
    assert [entry["provider_id"] for entry in sandbox.log()] == ["418000", "418001"]


def test_too_many_recipients_are_noted_though_taken(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    everybody = [{**ELENI, "uniqueId": f"c{n}"} for n in range(501)]
    assert send(crm, *everybody).json()["totalRecipientsSent"] == 501
    assert [v["rule"] for v in sandbox.violations()] == ["too_many_recipients"]


def test_more_than_two_calls_a_second_are_noted(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    for _ in range(3):
        send(crm)
    assert [v["rule"] for v in sandbox.violations()] == ["too_many_sends"]
