"""CRM Messaging: a dispatch on the virtual clock, its times in the tenant's zone, and the vendor's own faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.test_crm import ELENI, MARKOS, SEND, code, send, show
from tests.sandbox_process import SandboxProcess

ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture(scope="module")
def client(sandbox_process: SandboxProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox_process.url, auth=("sandbox", "sandbox"), timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def crm(sandbox: SandboxProcess, client: httpx.Client) -> httpx.Client:
    return client


def states(crm: httpx.Client, sandbox: SandboxProcess, *seconds: float) -> list[tuple[int, bool, bool]]:
    """Status, queuing begun, queuing ended after each of these steps of the clock."""
    found = []
    for step in seconds:
        sandbox.advance(step)
        shown = show(crm)
        found.append((shown["sendStatusId"], shown["hasStartedQueuing"], shown["hasFinishedQueuing"]))
    return found


def test_an_immediate_dispatch_goes_from_draft_to_handed_over(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm)
    assert states(crm, sandbox, 0, 1, 1) == [(1, False, False), (3, True, False), (3, True, True)]


def test_a_draft_is_not_initialised(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm)
    assert show(crm)["isInitialized"] is False
    sandbox.advance(1)
    assert show(crm)["isInitialized"] is True


def test_a_scheduled_dispatch_waits_until_its_time(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    date = datetime.fromtimestamp(int(sandbox.now()) + 600, ATHENS)
    answer = send(crm, scheduleDate=date.isoformat()).json()
    assert answer["sendDate"] == date.isoformat()
    assert states(crm, sandbox, 2, 580, 20) == [(2, False, False), (2, False, False), (3, True, True)]


def test_a_schedule_in_the_past_is_sent_at_once(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    answer = send(crm, scheduleDate="2020-01-01T10:00:00+02:00").json()
    assert datetime.fromisoformat(answer["sendDate"]).timestamp() == int(sandbox.now())


@pytest.mark.parametrize(("month", "offset"), [(1, 2), (7, 3)])
def test_send_dates_carry_the_offset_of_athens_also_in_summer(crm: httpx.Client, month: int, offset: int) -> None:
    answer = send(crm, scheduleDate=f"2031-{month:02d}-05T08:00:00Z").json()
    assert answer["sendDate"] == f"2031-{month:02d}-05T{8 + offset:02d}:00:00+{offset:02d}:00"


def test_the_times_of_a_dispatch_are_wall_clock_without_offset(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, scheduleDate="2031-07-05T08:00:00Z")
    shown = show(crm)
    assert (shown["queueAt"], shown["sendAt"]) == ("2031-07-05T11:00:00", "2031-07-05T11:00:00")
    created = datetime.fromisoformat(shown["createdAt"])
    assert created.tzinfo is None
    assert abs(created.replace(tzinfo=ATHENS).timestamp() - sandbox.now()) < 0.01
    assert not shown["createdAt"].endswith("0") or "." not in shown["createdAt"]


def test_a_dispatch_has_all_fields_of_the_contract_in_its_order(crm: httpx.Client) -> None:
    send(crm)
    assert list(show(crm)) == [
        "dispatchId", "campaignMessageId", "scheduleId", "createdAt", "startedQueuingAt", "finishedQueuingAt",
        "messageTypeId", "isTest", "isInitialized", "hasStartedQueuing", "hasFinishedQueuing", "totalRecipients",
        "sendStatusId", "errorMessage", "lastUpdate", "queueAt", "sendAt", "legacyCode1", "gatewayId", "gatewayId1",
        "creationDate", "modifiedDate",
    ]  # fmt: skip


def test_only_valid_recipients_are_counted(crm: httpx.Client) -> None:
    send(crm, ELENI, {"uniqueId": "x", "mobilePhone": "2101234567"})
    assert (show(crm)["totalRecipients"], show(crm)["messageTypeId"]) == (1, 1)


def test_a_dispatch_of_nobody_is_over_at_once(crm: httpx.Client) -> None:
    assert send(crm, {"uniqueId": "x"}).json()["totalRecipientsSent"] == 0
    shown = show(crm)
    assert (shown["sendStatusId"], shown["hasFinishedQueuing"], shown["totalRecipients"]) == (3, True, 0)


@pytest.mark.parametrize("number", ["418000", "x", "-1", "9" * 30])
def test_an_unknown_dispatch_is_not_found(crm: httpx.Client, number: str) -> None:
    assert code(crm.get(f"/api/Dispatches/{number}")) == (404, 90405)


def test_a_template_may_end_in_an_error_after_queuing_began(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, template=104)
    assert states(crm, sandbox, 1) == [(7, True, False)]
    assert show(crm)["errorMessage"] == "Gateway refused the batch"


def test_a_template_may_end_in_an_error_before_queuing(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    sandbox.configure(crm={"templates": {"108": {"channel": "sms", "text": "x", "behaviour": "fails_early"}}})
    send(crm, template=108)
    assert states(crm, sandbox, 1) == [(7, False, False)]


def test_a_slow_template_stays_pending_for_a_minute(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, MARKOS, template=105)
    assert [state[0] for state in states(crm, sandbox, 1, 59, 1, 1)] == [2, 2, 3, 3]


def test_a_stuck_template_never_leaves_pending(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, template=106)
    assert [state[0] for state in states(crm, sandbox, 2, 86_400)] == [2, 2]


def test_a_template_may_pass_through_an_undocumented_status(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm, template=107)
    assert [state[0] for state in states(crm, sandbox, 2, 5, 1)] == [4, 3, 3]


# -- faults -------------------------------------------------------------------------------------------


def test_an_answer_may_lack_its_dispatch(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    sandbox.arm(SEND, "missing_dispatch_field")
    assert "dispatch" not in send(crm).json()
    assert len(sandbox.log()) == 1


def test_counts_may_be_wrong(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    sandbox.arm(SEND, "wrong_counts")
    answer = send(crm).json()
    assert (answer["totalRecipients"], answer["totalRecipientsSent"], answer["invalidRecipients"]) == (1, 0, 1)
    assert answer["invalidMobiles"] == []


@pytest.mark.parametrize("armed", [SEND, "/api/Dispatches/*"])
def test_a_dispatch_may_be_visible_late(crm: httpx.Client, sandbox: SandboxProcess, armed: str) -> None:
    sandbox.arm(armed, "late_visibility")
    send(crm)
    assert code(crm.get("/api/Dispatches/418000")) == (404, 90405)
    sandbox.advance(19)
    assert crm.get("/api/Dispatches/418000").status_code == 404
    sandbox.advance(2)
    assert show(crm)["sendStatusId"] == 3


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_fault_speaks_in_the_vendors_envelope(crm: httpx.Client, sandbox: SandboxProcess, status: int) -> None:
    sandbox.arm(SEND, f"http_{status}")
    assert code(send(crm)) == (status, 90_000 + status)
    assert sandbox.log() == []


def test_a_proxy_error_is_a_page(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    sandbox.arm(SEND, "http_502_html")
    assert send(crm).headers["Content-Type"] == "text/html"


def test_questions_come_at_most_once_a_second(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm)
    show(crm)
    show(crm)
    assert [v["rule"] for v in sandbox.violations()] == ["too_many_questions"]


def test_a_reset_forgets_dispatches_and_settings(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    sandbox.configure(crm={"time_zone": "Europe/Madrid"})
    send(crm)
    sandbox.reset()
    assert send(crm).json()["dispatch"] == 418_000
    assert crm.get("/__sandbox__/config").json()["crm-messaging"]["time_zone"] == "Europe/Athens"


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Mars/Olympus"}, {"templates": {"x": {}}}, {"templates": {"9": {"channel": "fax"}}}]
)
def test_a_setting_that_makes_no_sense_is_refused(sandbox: SandboxProcess, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="config"):
        sandbox.configure(crm=wrong)


def test_queuing_takes_a_second(crm: httpx.Client, sandbox: SandboxProcess) -> None:
    send(crm)
    sandbox.advance(2)
    shown = show(crm)
    begun, ended = (datetime.fromisoformat(shown[name]) for name in ("startedQueuingAt", "finishedQueuingAt"))
    assert ended - begun == timedelta(seconds=1)
