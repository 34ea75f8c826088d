"""messaging-service: scheduled bulks, speed limits, delivery windows, validity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.messages import email, post_email, post_sms, recipient, sms, timestamp
from tests.sandbox_process import SandboxProcess

HOUR = 3600
CHANNELS = ["email", "sms"]


def schedule(sandbox: SandboxProcess, service: httpx.Client, channel: str, ahead: float = HOUR) -> None:
    """A bulk `b-1` with the message `m-1`, to be sent `ahead` seconds from now."""
    options = {"schedule": {"bulkId": "b-1", "sendAt": timestamp(sandbox.now() + ahead)}}
    if channel == "email":
        answer = post_email(service, email(recipient("ana@b.example", "m-1")), **options)
    else:
        answer = post_sms(service, sms(message_id="m-1"), **options)
    assert answer.status_code == 200, answer.text


def call(service: httpx.Client, channel: str, what: str = "", bulk_id: str = "b-1", **body: Any) -> httpx.Response:
    """GET, or PUT when there is a body, of /…/1/bulks or its /status."""
    path = f"/{channel}/1/bulks{what}"
    if body:
        return service.put(path, params={"bulkId": bulk_id}, json=body)
    return service.get(path, params={"bulkId": bulk_id})


def status(service: httpx.Client, channel: str) -> str:
    answer = call(service, channel, "/status").json()
    return str(answer["bulks"][0]["status"] if channel == "email" else answer["status"])


def is_delivered(service: httpx.Client, channel: str) -> bool:
    """Whether `m-1` went out, as the logs tell: they do not show what is only scheduled."""
    version = {"email": 4, "sms": 3}[channel]
    return bool(service.get(f"/{channel}/{version}/logs", params={"messageId": "m-1"}).json()["results"])


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_scheduled_bulk_waits_is_processed_and_finishes(
    sandbox: SandboxProcess, service: httpx.Client, channel: str
) -> None:
    schedule(sandbox, service, channel)
    seen = [(status(service, channel), is_delivered(service, channel))]
    for seconds in (HOUR - 1, 1, 2):
        sandbox.advance(seconds)
        seen.append((status(service, channel), is_delivered(service, channel)))
    assert seen == [("PENDING", False), ("PENDING", False), ("PROCESSING", True), ("FINISHED", True)]


def test_email_bulks_are_shown_as_an_array(sandbox: SandboxProcess, service: httpx.Client) -> None:
    at = sandbox.now() + HOUR
    schedule(sandbox, service, "email")
    times, statuses = call(service, "email").json(), call(service, "email", "/status").json()
    own_id = times["bulks"][0]["bulkId"]
    assert own_id != "b-1"
    assert times == {"externalBulkId": "b-1", "bulks": [{"bulkId": own_id, "sendAt": timestamp(at)}]}
    assert statuses == {"externalBulkId": "b-1", "bulks": [{"bulkId": own_id, "status": "PENDING"}]}


def test_sms_bulks_are_shown_flat(sandbox: SandboxProcess, service: httpx.Client) -> None:
    at = sandbox.now() + HOUR
    schedule(sandbox, service, "sms")
    assert call(service, "sms").json() == {"bulkId": "b-1", "sendAt": timestamp(at)}
    assert call(service, "sms", "/status").json() == {"bulkId": "b-1", "status": "PENDING"}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("what", ["", "/status"])
def test_an_unknown_or_immediate_bulk_is_404(service: httpx.Client, channel: str, what: str) -> None:
    post_email(service, email(), schedule={"bulkId": "b-1"})
    post_sms(service, sms(), schedule={"bulkId": "b-1"})
    answer = call(service, channel, what)
    assert answer.status_code == 404
    assert answer.json() == {"requestError": {"serviceException": {"messageId": "NOT_FOUND", "text": "Bulk not found"}}}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_cancelled_bulk_never_goes_out(sandbox: SandboxProcess, service: httpx.Client, channel: str) -> None:
    schedule(sandbox, service, channel)
    answer = call(service, channel, "/status", status="CANCELED")
    assert answer.json() == {"bulkId": "b-1", "status": "CANCELED"}
    sandbox.advance(2 * HOUR)
    assert (status(service, channel), is_delivered(service, channel)) == ("CANCELED", False)
    assert sandbox.log()[0]["cancelled"] is True


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_paused_bulk_goes_out_when_it_is_resumed(
    sandbox: SandboxProcess, service: httpx.Client, channel: str
) -> None:
    schedule(sandbox, service, channel)
    call(service, channel, "/status", status="PAUSED")
    sandbox.advance(2 * HOUR)
    assert (status(service, channel), is_delivered(service, channel)) == ("PAUSED", False)
    call(service, channel, "/status", status="PENDING")
    sandbox.advance(0)
    assert is_delivered(service, channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_bulk_that_is_resumed_early_still_waits(sandbox: SandboxProcess, service: httpx.Client, channel: str) -> None:
    schedule(sandbox, service, channel)
    call(service, channel, "/status", status="PAUSED")
    call(service, channel, "/status", status="PENDING")
    sandbox.advance(HOUR - 1)
    assert not is_delivered(service, channel)
    sandbox.advance(1)
    assert is_delivered(service, channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_bulk_is_moved(sandbox: SandboxProcess, service: httpx.Client, channel: str) -> None:
    schedule(sandbox, service, channel)
    later = timestamp(sandbox.now() + 3 * HOUR)
    assert call(service, channel, sendAt=later).json() == {"bulkId": "b-1", "sendAt": later}
    sandbox.advance(2 * HOUR)
    assert not is_delivered(service, channel)
    sandbox.advance(HOUR)
    assert is_delivered(service, channel)


@pytest.mark.parametrize(("channel", "code", "name"), [("email", 409, "CONFLICT"), ("sms", 400, "BAD_REQUEST")])
@pytest.mark.parametrize("state", ["PROCESSING", "FINISHED", "CANCELED"])
def test_it_is_too_late_to_change_a_bulk(
    sandbox: SandboxProcess, service: httpx.Client, channel: str, code: int, name: str, state: str
) -> None:
    schedule(sandbox, service, channel)
    if state == "CANCELED":
        call(service, channel, "/status", status="CANCELED")
    else:
        sandbox.advance(HOUR if state == "PROCESSING" else 2 * HOUR)
    assert status(service, channel) == state
    for answer in (
        call(service, channel, "/status", status="PAUSED"),
        call(service, channel, sendAt=timestamp(sandbox.now() + HOUR)),
    ):
        assert answer.status_code == code
        assert answer.json()["requestError"]["serviceException"]["messageId"] == name


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("what", "body"), [("/status", {"status": "FINISHED"}), ("/status", {"status": "x"}), ("", {"sendAt": "soon"})]
)
def test_a_malformed_change_is_refused(
    sandbox: SandboxProcess, service: httpx.Client, channel: str, what: str, body: dict[str, str]
) -> None:
    schedule(sandbox, service, channel)
    answer = call(service, channel, what, **body)
    assert answer.status_code == 400
    assert answer.json()["requestError"]["serviceException"]["messageId"] == "BAD_REQUEST"


def test_a_bulk_id_is_required(service: httpx.Client) -> None:
    assert service.get("/email/1/bulks").status_code == 400


def test_a_speed_limit_spreads_the_messages(sandbox: SandboxProcess, service: httpx.Client) -> None:
    message = sms()
    message["destinations"] = [{"to": f"5917123{i:04d}"} for i in range(5000, 5010)]
    post_sms(service, message, schedule={"bulkId": "b-1", "sendingSpeedLimit": {"amount": 60, "timeUnit": "MINUTE"}})
    sent = []
    for _ in range(3):
        sandbox.advance(3)
        sent.append(len(service.get("/sms/3/logs").json()["results"]))
    assert sent == [4, 7, 10]
    assert status(service, "sms") == "PROCESSING"
    sandbox.advance(2)
    assert status(service, "sms") == "FINISHED"


def next_monday(sandbox: SandboxProcess, hour: int) -> float:
    today = datetime.fromtimestamp(sandbox.now(), UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=7 - today.weekday())).timestamp()


WINDOW = {"days": ["TUESDAY"], "from": {"hour": 9, "minute": 30}, "to": {"hour": 17}}


def test_a_message_waits_for_its_delivery_window(sandbox: SandboxProcess, service: httpx.Client) -> None:
    sandbox.advance(next_monday(sandbox, 12) - sandbox.now())
    post_sms(service, sms(message_id="m-1", options={"deliveryTimeWindow": WINDOW}))
    opens_in = 21.5 * HOUR
    sandbox.advance(opens_in - 1)
    assert not is_delivered(service, "sms")
    sandbox.advance(1)
    assert is_delivered(service, "sms")


def test_a_message_whose_validity_ends_before_its_window_expires(
    sandbox: SandboxProcess, service: httpx.Client
) -> None:
    sandbox.advance(next_monday(sandbox, 12) - sandbox.now())
    options = {"deliveryTimeWindow": WINDOW, "validityPeriod": {"amount": 2, "timeUnit": "HOURS"}}
    post_sms(service, sms(message_id="m-1", options=options))
    sandbox.advance(3 * HOUR)
    (row,) = service.get("/sms/3/logs", params={"messageId": "m-1"}).json()["results"]
    assert (row["status"]["id"], row["error"]["id"]) == (15, 4101)


def test_validity_is_cut_to_48_hours(sandbox: SandboxProcess, service: httpx.Client) -> None:
    sandbox.advance(next_monday(sandbox, 12) - sandbox.now() + 2 * 86400)  # Wednesday, the window opens in six days
    options = {"deliveryTimeWindow": WINDOW, "validityPeriod": {"amount": 10000, "timeUnit": "HOURS"}}
    post_sms(service, sms(message_id="m-1", options=options))
    sandbox.advance(49 * HOUR)
    (row,) = service.get("/sms/3/logs", params={"messageId": "m-1"}).json()["results"]
    assert row["status"]["id"] == 15
