"""Sinch: what becomes of a message after it was accepted, as callbacks, DLRs and replies tell it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess

NAMES = {
    101: "EXPIRED",
    102: "CARRIER_COMMUNICATION_ERROR",
    103: "REJECTED_BY_CARRIER",
    201: "NO_CREDIT",
    202: "INVALID_DESTINATION_NUMBER",
    203: "BLACKLISTED",
    204: "DESTINATION_BLOCKED_BY_OPTOUT",
    205: "DESTINATION_MESSAGE_LIMIT_REACHED",
    207: "INVALID_MESSAGE_TEXT",
    301: "INTERNAL_ERROR",
}


@pytest.fixture(autouse=True)
def webhooks(sandbox: SandboxProcess, receiver: Receiver) -> None:
    urls = {name: receiver.url(name) for name in ("callback_url", "dlr_url", "mo_url")}
    sandbox.configure(sinch=urls)


def send(sinch: httpx.Client, destination: str = "5521955501234", **fields: Any) -> str:
    """Send one message; its id."""
    body = {"destination": destination, "messageText": "Hi", **fields}
    answer = sinch.post("/v1/send-sms", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0]["id"])


def callbacks(receiver: Receiver) -> list[Any]:
    return receiver.at("callback_url")


def dlrs(receiver: Receiver) -> list[Any]:
    return receiver.at("dlr_url")


def outcome(receiver: Receiver) -> tuple[list[int], list[int]]:
    """(sent codes, delivered codes) that were pushed."""
    sent = [body["sentStatusCode"] for body in callbacks(receiver)]
    return sent, [body["deliveredStatusCode"] for body in dlrs(receiver)]


def iso(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_message_is_sent_after_one_second_and_delivered_after_two(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    send(sinch)
    assert outcome(receiver) == ([], [])
    sandbox.advance(1)
    assert outcome(receiver) == ([2], [])
    sandbox.advance(1)
    assert outcome(receiver) == ([2], [4])


def test_the_callback_has_the_vendors_shape(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    sinch.post("/api/v1/campaigns", json={"campaign": {"name": "Spring 2026", "alias": "spring26"}})
    accepted_at = sandbox.now()
    message_id = send(sinch, correlationId="c42-r1-a1", extraInfo="x=1", campaignAlias="spring26")
    sandbox.advance(1)
    assert callbacks(receiver) == [
        {
            "id": message_id,
            "correlationId": "c42-r1-a1",
            "carrierId": 1,
            "carrierName": "VIVO",
            "destination": "5521955501234",
            "sentStatusCode": 2,
            "sentStatus": "SENT_SUCCESS",
            "sentAt": int((accepted_at + 1) * 1000),
            "sentDate": iso(accepted_at + 1),
            "campaignId": "1",
            "extraInfo": "x=1",
        }
    ]
    assert receiver.content_types == {"application/json"}


def test_the_dlr_names_its_times_differently(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    sinch.post("/api/v1/campaigns", json={"campaign": {"name": "Spring 2026", "alias": "spring26"}})
    accepted_at = sandbox.now()
    message_id = send(sinch, correlationId="c42-r1-a1", campaignAlias="spring26")
    sandbox.advance(2)
    assert dlrs(receiver) == [
        {
            "id": message_id,
            "correlationId": "c42-r1-a1",
            "carrierId": 1,
            "carrierName": "VIVO",
            "destination": "5521955501234",
            "sentStatusCode": 2,
            "sentStatus": "SENT_SUCCESS",
            "sentStatusAt": int((accepted_at + 1) * 1000),
            "sentStatusDate": iso(accepted_at + 1),
            "deliveredStatusCode": 4,
            "deliveredStatus": "DELIVERED_SUCCESS",
            "deliveredAt": int((accepted_at + 2) * 1000),
            "deliveredDate": iso(accepted_at + 2),
            "campaignId": 1,
            "extraInfo": "",
        }
    ]


@pytest.mark.parametrize("code", NAMES)
def test_a_number_that_ends_in_a_code_fails_with_it(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver, code: int
) -> None:
    send(sinch, f"5521955501{code}")
    sandbox.advance(60)
    assert outcome(receiver) == ([code], [])
    assert callbacks(receiver)[0]["sentStatus"] == NAMES[code]


@pytest.mark.parametrize("destination", ["552195550", "55219555O1234", "hello", "+5521955501234"])
def test_a_malformed_number_fails_with_202(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver, destination: str
) -> None:
    send(sinch, destination)
    sandbox.advance(60)
    assert outcome(receiver) == ([202], [])


@pytest.mark.parametrize(
    ("ending", "sent", "delivered"),
    [("104", [2], [104]), ("300", [2], []), ("299", [], []), ("298", [2, 2], [4, 4]), ("296", [2], [4])],
)
def test_special_endings(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver, ending: str, sent: list[int], delivered: list[int]
) -> None:
    send(sinch, f"5521955501{ending}")
    sandbox.advance(60)
    assert outcome(receiver) == (sent, delivered)


def test_the_carrier_that_never_reports_is_oi(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    send(sinch, "5521955501300")
    sandbox.advance(60)
    assert callbacks(receiver)[0]["carrierName"] == "OI"


def test_297_gets_its_callback_after_the_dlr(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    send(sinch, "5521955501297")
    sandbox.advance(60)
    assert [path for path, _ in receiver.received] == ["dlr_url", "callback_url"]


def test_296_answers_sair(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    accepted_at = sandbox.now()
    message_id = send(sinch, "5521955501296", correlationId="c1-r1-a1")
    sandbox.advance(60)
    (reply,) = receiver.at("mo_url")
    assert UUID(reply.pop("id"))
    assert reply == {
        "subAccount": "Sandbox",
        "carrierId": 1,
        "carrierName": "VIVO",
        "source": "5521955501296",
        "shortCode": "27182",
        "messageText": "SAIR",
        "receivedAt": int((accepted_at + 3) * 1000),
        "receivedDate": iso(accepted_at + 3),
        "mt": {
            "id": message_id,
            "correlationId": "c1-r1-a1",
            "username": "sandbox",
            "email": "sandbox@vendor.example",
        },
    }


def test_messages_beyond_the_credit_end_in_201(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    sandbox.configure(sinch={"credit": 2})
    items = [{"destination": number, "messageText": "Hi"} for number in ("55219555010", "55219555101", "55219555011")]
    sinch.post("/v1/send-bulk-sms", json={"messages": items})
    send(sinch)
    sandbox.advance(1)
    codes = {body["destination"]: body["sentStatusCode"] for body in callbacks(receiver)}
    assert codes == {"55219555010": 2, "55219555101": 101, "55219555011": 2, "5521955501234": 201}


def test_a_failed_push_is_repeated_after_5_30_and_120_seconds_and_then_given_up(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    sandbox.configure(sinch={"dlr_url": ""})
    receiver.statuses.extend([500, 404, 201, 302])
    message_id = send(sinch)
    pushes = []
    for seconds in (1, 4.5, 1, 29, 2, 118, 3, 3600):
        sandbox.advance(seconds)
        pushes.append(len(callbacks(receiver)))
    assert pushes == [1, 1, 2, 2, 3, 3, 4, 4]
    (given_up,) = sandbox.undelivered()
    assert given_up["error"] == "HTTP 302"
    assert (given_up["kind"], given_up["attempts"]) == ("callback", 4)
    assert message_id in given_up["body"]


def test_a_push_that_succeeds_later_is_not_listed(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    sandbox.configure(sinch={"dlr_url": ""})
    receiver.statuses.append(503)
    send(sinch)
    sandbox.advance(3600)
    assert len(callbacks(receiver)) == 2
    assert sandbox.undelivered() == []


def test_an_unreachable_webhook_is_given_up(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"callback_url": "http://127.0.0.1:1/nobody", "dlr_url": ""})
    send(sinch)
    sandbox.advance(3600)
    assert sandbox.undelivered()[0]["attempts"] == 4


# Schedule, expiry, hours


def at_zone(sandbox: SandboxProcess, zone: str, hour: int) -> datetime:
    """That hour of the sandbox's tomorrow in `zone`."""
    tomorrow = datetime.fromtimestamp(sandbox.now(), ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(hour), ZoneInfo(zone))


def test_a_scheduled_message_waits_for_its_time_in_its_zone(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    due = at_zone(sandbox, "America/Bogota", 9)
    send(sinch, scheduledDate=due.strftime("%Y-%m-%dT%H:%M:%S"), timeZone="America/Bogota")
    assert sandbox.log()[0]["send_at"] == due.timestamp()
    sandbox.advance(due.timestamp() - sandbox.now())
    assert outcome(receiver) == ([], [])
    sandbox.advance(1.01)
    assert outcome(receiver) == ([2], [])


@pytest.mark.parametrize(
    ("user", "zone"),
    [
        ({"time_zone": "America/Lima", "country": "BR"}, "America/Lima"),
        ({"country": "BR"}, "America/Sao_Paulo"),
        ({}, "UTC"),
    ],
)
def test_without_a_zone_the_users_then_its_countrys_then_utc_counts(
    sandbox: SandboxProcess, sinch: httpx.Client, user: dict[str, str], zone: str
) -> None:
    sandbox.configure(sinch={"users": {"sandbox": user}})
    due = at_zone(sandbox, zone, 9)
    send(sinch, scheduledDate=due.strftime("%Y-%m-%dT%H:%M:%S"))
    assert sandbox.log()[0]["send_at"] == due.timestamp()


@pytest.mark.parametrize("factor", [1, 1000])
def test_unix_times_are_seconds_or_milliseconds_by_their_size(
    sandbox: SandboxProcess, sinch: httpx.Client, factor: int
) -> None:
    due = int(sandbox.now()) + 7200
    send(sinch, scheduledAt=due * factor)
    assert sandbox.log()[0]["send_at"] == due


def test_a_short_schedule_may_be_switched_to_send_at_once(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"short_schedule_allowed": True})
    send(sinch, delayedInMinutes=10)
    entry = sandbox.log()[0]
    assert entry["send_at"] == entry["at"]


def test_outside_its_hours_a_message_waits_for_the_next(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    noon = at_zone(sandbox, "America/Bogota", 12)
    sandbox.advance(noon.timestamp() - sandbox.now())
    send(sinch, timeWindow=[9, 10, 15], timeZone="America/Bogota")
    assert sandbox.log()[0]["send_at"] == pytest.approx(noon.timestamp() + 3 * 3600, abs=1)
    sandbox.advance(3 * 3600 - 60)
    assert outcome(receiver) == ([], [])
    sandbox.advance(120)
    assert outcome(receiver) == ([2], [4])


def test_within_its_hours_a_message_goes_at_once(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    half_past = at_zone(sandbox, "America/Bogota", 12).timestamp() + 1800
    sandbox.advance(half_past - sandbox.now())
    send(sinch, timeWindow=[12], timeZone="America/Bogota")
    entry = sandbox.log()[0]
    assert entry["send_at"] == entry["at"]


def test_a_message_that_expires_before_its_hour_ends_in_101(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    noon = at_zone(sandbox, "America/Bogota", 12)
    sandbox.advance(noon.timestamp() - sandbox.now())
    send(sinch, timeWindow=[15], timeZone="America/Bogota", expiresInMinutes=60)
    sandbox.advance(3600)
    assert outcome(receiver) == ([], [])
    sandbox.advance(4 * 3600)
    assert outcome(receiver) == ([101], [])


@pytest.mark.parametrize("fields", [{"expiresAt": 1}, {"expiresDate": "2001-01-01T00:00:00"}, {"expiresInMinutes": 0}])
def test_a_message_that_is_expired_on_arrival_ends_in_101(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver, fields: dict[str, Any]
) -> None:
    send(sinch, **fields)
    sandbox.advance(1)
    assert outcome(receiver) == ([101], [])


def test_an_expiry_in_the_future_changes_nothing(
    sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver
) -> None:
    send(sinch, expiresInMinutes=720)
    sandbox.advance(2)
    assert outcome(receiver) == ([2], [4])
