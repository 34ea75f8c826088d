"""Faults on demand: what the client sees, and what truly happened."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.messages import post_sms, sms
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess

PATH = "/v1/send-sms"
BULK = "/v1/send-bulk-sms"
MESSAGE = {"destination": "5521955501234", "messageText": "Hi", "correlationId": "r1"}
HEADERS = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}


@pytest.fixture
def impatient(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    """A client that waits a third of a second for an answer."""
    with httpx.Client(base_url=sandbox.url, headers=HEADERS, timeout=0.3, verify=False) as client:
        yield client


def last_request(sandbox: SandboxProcess) -> dict[str, Any]:
    return dict(sandbox.requests()["requests"][-1])


def wait_until(what: Any, seconds: float = 5.0) -> None:
    """Wait for something that the server notices on its own."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_http_error_accepts_nothing(sandbox: SandboxProcess, sinch: httpx.Client, status: int) -> None:
    sandbox.arm(PATH, f"http_{status}")
    answer = sinch.post(PATH, json=MESSAGE)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, status)
    assert sandbox.log() == []
    assert (last_request(sandbox)["processed"], last_request(sandbox)["fault"]) == (False, f"http_{status}")
    assert sinch.post(PATH, json=MESSAGE).status_code == 200


def test_an_http_error_may_lie_about_what_it_accepted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "http_500", accept=True)
    assert sinch.post(PATH, json=MESSAGE).status_code == 500
    assert len(sandbox.log()) == 1
    assert last_request(sandbox)["processed"] is True


def test_a_vendor_keeps_its_error_envelope(sandbox: SandboxProcess, service: httpx.Client) -> None:
    sandbox.arm("/email/4/messages", "http_503")
    sandbox.arm("/sms/1/bulks", "http_500")
    assert service.post("/email/4/messages").json()["errorCode"] == "E503"
    legacy = service.get("/sms/1/bulks").json()["requestError"]["serviceException"]
    assert legacy["messageId"] == "GENERAL_ERROR"


def test_429_has_a_retry_after_only_when_asked_for(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "http_429")
    sandbox.arm(PATH, "http_429", retry_after=7)
    assert "Retry-After" not in sinch.post(PATH, json=MESSAGE).headers
    assert sinch.post(PATH, json=MESSAGE).headers["Retry-After"] == "7"


def test_a_client_that_ignores_retry_after_is_noted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "http_429", retry_after=30)
    sinch.post(PATH, json=MESSAGE)

    def is_noted() -> bool:
        sinch.post(PATH, json={**MESSAGE, "correlationId": None})
        return [v["rule"] for v in sandbox.violations()] == ["retry_after_ignored"]

    assert not is_noted()  # it may have left before the answer was read
    wait_until(is_noted)


def test_a_proxys_error_page_is_html(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "html_502")
    answer = sinch.post(PATH, json=MESSAGE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert sandbox.log() == []


@pytest.mark.parametrize(("kind", "accepted"), [("timeout_before_accept", 0), ("timeout_after_accept", 1)])
def test_a_hanging_request_times_out(
    sandbox: SandboxProcess, impatient: httpx.Client, kind: str, accepted: int
) -> None:
    sandbox.arm(PATH, kind)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post(PATH, json=MESSAGE)
    assert len(sandbox.log()) == accepted
    wait_until(lambda: last_request(sandbox)["client_gone"])
    assert last_request(sandbox)["processed"] is bool(accepted)
    assert last_request(sandbox)["status"] is None


def test_what_was_accepted_before_the_hang_still_gets_its_status(
    sandbox: SandboxProcess, impatient: httpx.Client, receiver: Receiver
) -> None:
    sandbox.configure(sinch={"callback_url": receiver.url("callback")})
    sandbox.arm(PATH, "process_then_hang")
    with pytest.raises(httpx.ReadTimeout):
        impatient.post(PATH, json=MESSAGE)
    sandbox.advance(2)
    assert [body["correlationId"] for body in receiver.at("callback")] == ["r1"]


def test_a_hang_does_not_hang_the_server(sandbox: SandboxProcess, impatient: httpx.Client, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "timeout_before_accept", times=1)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post(PATH, json=MESSAGE)
    assert sinch.post(PATH, json=MESSAGE).status_code == 200


def test_a_hang_ends_with_a_broken_connection(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "timeout_before_accept", seconds=0.05)
    with pytest.raises(httpx.TransportError):
        sinch.post(PATH, json=MESSAGE)
    assert last_request(sandbox)["client_gone"] is False


@pytest.mark.parametrize(("kind", "accepted"), [("reset_before_accept", 0), ("reset_after_accept", 1)])
def test_a_reset_breaks_the_connection(sandbox: SandboxProcess, sinch: httpx.Client, kind: str, accepted: int) -> None:
    sandbox.arm(PATH, kind)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        sinch.post(PATH, json=MESSAGE)
    assert len(sandbox.log()) == accepted
    assert last_request(sandbox)["processed"] is bool(accepted)


@pytest.mark.parametrize("kind", ["garbled_json", "truncated_json"])
def test_a_spoiled_body_is_no_json_although_the_messages_went_out(
    sandbox: SandboxProcess, sinch: httpx.Client, kind: str
) -> None:
    sandbox.arm(PATH, kind)
    answer = sinch.post(PATH, json=MESSAGE)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert len(sandbox.log()) == 1


def test_every_text_of_an_answer_ends_with_a_zero_byte(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "zero_bytes")
    assert sinch.post(PATH, json=MESSAGE).json()[0]["correlationId"] == "r1\0"
    assert len(sandbox.log()) == 1


def test_every_number_of_an_answer_is_beyond_reason(sandbox: SandboxProcess, service: httpx.Client) -> None:
    sandbox.arm("/sms/3/messages", "wild_numbers")
    status = post_sms(service, sms()).json()["messages"][0]["status"]
    assert status["id"] < -(10**11) and status["groupId"] < -(10**11)


def test_a_cut_body_is_shorter_than_announced(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "cut_body")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        sinch.post(PATH, json=MESSAGE)
    assert len(sandbox.log()) == 1


@pytest.mark.parametrize("accept", [False, True])
def test_a_proxys_page_breaks_off(sandbox: SandboxProcess, sinch: httpx.Client, accept: bool) -> None:
    sandbox.arm(PATH, "cut_502", accept=accept)
    with sinch.stream("POST", PATH, json=MESSAGE) as answer:
        assert answer.status_code == 502
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            answer.read()
    assert len(sandbox.log()) == (1 if accept else 0)


def test_a_slow_body_arrives_whole(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "slow_drip", seconds=0.1)
    started = time.monotonic()
    assert sinch.post(PATH, json=MESSAGE).json()[0]["correlationId"] == "r1"
    assert time.monotonic() - started > 0.09


def test_a_slow_body_can_outlast_the_client(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "slow_drip", seconds=2)
    with sinch.stream("POST", PATH, json=MESSAGE) as answer:
        assert answer.status_code == 200
    assert len(sandbox.log()) == 1
    wait_until(lambda: last_request(sandbox)["client_gone"])


def test_a_wrong_count_leaves_out_the_last_message(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(BULK, "wrong_count")
    answer = sinch.post(BULK, json={"messages": [{**MESSAGE, "correlationId": f"r{i}"} for i in range(3)]}).json()
    assert [message["correlationId"] for message in answer["messages"]] == ["r0", "r1"]
    assert len(sandbox.log()) == 3


def test_a_late_answer_comes(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "latency", seconds=0.1)
    started = time.monotonic()
    assert sinch.post(PATH, json=MESSAGE).status_code == 200
    assert time.monotonic() - started > 0.09


@pytest.mark.parametrize("drop", [False, True])
def test_a_request_whose_client_left_meanwhile_is_processed_unless_configured(
    sandbox: SandboxProcess, impatient: httpx.Client, drop: bool
) -> None:
    sandbox.configure(drop_on_disconnect=drop)
    sandbox.arm(PATH, "latency", seconds=0.5)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post(PATH, json=MESSAGE)
    wait_until(lambda: last_request(sandbox)["client_gone"])
    assert last_request(sandbox)["processed"] is not drop
    assert len(sandbox.log()) == (0 if drop else 1)


def test_a_client_that_leaves_in_the_middle_of_its_request_is_not_processed(sandbox: SandboxProcess) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port)) as connection:
        lines = ["POST /v1/send-sms HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in HEADERS.items())]
        head = "\r\n".join([*lines, "Content-Length: 1000", "", '{"destination":'])
        connection.sendall(head.encode())
        wait_until(lambda: sandbox.requests()["total"])
    wait_until(lambda: last_request(sandbox)["client_gone"])
    assert (last_request(sandbox)["processed"], last_request(sandbox)["status"]) == (False, None)
    assert sandbox.log() == []


def test_the_general_latency_is_half_before_and_half_after(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(latency_ms=100)
    started = time.monotonic()
    assert sinch.post(PATH, json=MESSAGE).status_code == 200
    assert time.monotonic() - started > 0.09


def test_faults_are_used_in_order_and_only_on_their_path(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "http_500", times=2)
    sandbox.arm(PATH, "503")
    assert sinch.post(BULK, json={"messages": [MESSAGE]}).status_code == 200
    assert [sinch.post(PATH, json=MESSAGE).status_code for _ in range(4)] == [500, 500, 503, 200]


def test_a_star_arms_all_paths_with_that_beginning(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm("/v1/*", "http_500", times=2)
    assert sinch.post(PATH, json=MESSAGE).status_code == 500
    assert sinch.post(BULK, json={}).status_code == 500


def test_armed_faults_are_listed_and_cleared(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.arm(PATH, "hang_before", times=3)
    (fault,) = sinch.get("/__sandbox__/faults").json()["faults"]
    assert (fault["path"], fault["kind"], fault["times"]) == (PATH, "timeout_before_accept", 3)
    sinch.delete("/__sandbox__/faults")
    assert sinch.post(PATH, json=MESSAGE).status_code == 200


@pytest.mark.parametrize(
    "fault", [{"kind": "meteor"}, {"kind": "http_500", "tmes": 1}, {"kind": "http_500", "times": "x"}]
)
def test_a_mistyped_fault_is_refused(sinch: httpx.Client, fault: dict[str, Any]) -> None:
    answer = sinch.post("/__sandbox__/faults", json={"path": PATH, **fault})
    assert answer.status_code == 400
    assert answer.json()["error"]


# -- faults of one vendor ---------------------------------------------------------------------------
ROUTES = {
    "sinch-messaging": ("POST", "/v1/send-sms"),
    "messaging-service": ("POST", "/sms/3/messages"),
    "crm-messaging": ("POST", "/api/SendMessages"),
    "octopush": ("GET", "/v1/public/wallet/check-balance"),
    "salesforce-marketing-cloud": ("POST", "/messaging/v1/sms/messages/"),
}


def armed(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return list(httpx.get(f"{sandbox.url}/__sandbox__/faults").json()["faults"])


@pytest.mark.parametrize("vendor", ROUTES)
def test_a_refused_key_is_said_in_the_vendors_own_format(sandbox: SandboxProcess, vendor: str) -> None:
    method, path = ROUTES[vendor]
    sandbox.arm("*", "http_401", vendor=vendor)
    answer = httpx.request(method, sandbox.url + path, json={})
    assert (answer.status_code, bool(answer.json())) == (401, True)
    assert armed(sandbox) == []


def test_a_fault_of_one_vendor_hits_no_other(sandbox: SandboxProcess) -> None:
    sandbox.arm("*", "http_500", vendor="octopush")
    sandbox.arm("*", "http_503", vendor="sinch")
    answer = httpx.post(sandbox.url + PATH, json=MESSAGE, headers=HEADERS)
    assert answer.status_code == 503
    assert [fault["vendor"] for fault in armed(sandbox)] == ["octopush"]


def test_the_faults_of_one_vendor_are_cleared_alone(sandbox: SandboxProcess) -> None:
    sandbox.arm("*", "http_500", vendor="octopush")
    sandbox.arm("*", "http_503")
    httpx.delete(f"{sandbox.url}/__sandbox__/faults", params={"vendor": "octopush"})
    assert [fault["kind"] for fault in armed(sandbox)] == ["http_503"]
