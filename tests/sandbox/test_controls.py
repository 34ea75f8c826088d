"""The sandbox's own controls, its log file and its process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.receiver import Receiver
from tests.sandbox_process import ROOT, SandboxProcess

MESSAGE = {"destination": "5521955501234", "messageText": "Hi"}
HEADERS = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}


def send(client: httpx.Client, count: int = 1) -> None:
    answer = client.post("/v1/send-bulk-sms", json={"messages": [MESSAGE] * count})
    assert answer.status_code == 200


def test_settings_are_shown_and_changed_by_name(sandbox: SandboxProcess) -> None:
    shown = sandbox.configure(latency_ms=0, sinch={"callback_delay_s": 9})
    assert shown["sinch-messaging"]["callback_delay_s"] == 9
    assert shown["messaging-service"]["report_delay_s"] == 2


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"sped": 1}, "unknown setting 'sped'"),
        ({"speed": "fast"}, "setting 'speed' must be float"),
        ({"drop_on_disconnect": 1}, "must be bool"),
        ({"sinch": {"callbackurl": "x"}}, "unknown setting 'callbackurl'"),
        ({"sinch": {"users": {"x": {"tokn": "y"}}}}, "user 'x' must be an object with"),
        ({"sinch": 5}, "must be an object"),
        ({"messaging-service": {"rate_limits": {"/x": 5}}}, "rate_limits"),
    ],
)
def test_a_mistyped_setting_is_refused(sandbox: SandboxProcess, settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sandbox.configure(**settings)


def test_reset_forgets_everything(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    sandbox.configure(latency_ms=1, sinch={"callback_url": receiver.url("callback")})
    sandbox.arm("/v1/send-sms", "http_500")
    send(sinch)
    sandbox.reply("sinch", "5521955501234", "SAIR")
    sandbox.reset()
    assert (sandbox.log(), sandbox.requests()["total"], sandbox.violations()) == ([], 0, [])
    assert sinch.get("/v1/sms/receive/search").json()["total"] == 0
    assert sinch.post("/v1/send-sms", json=MESSAGE).status_code == 200
    shown = sandbox.configure()
    assert (shown["latency_ms"], shown["sinch-messaging"]["callback_url"]) == (0, "")
    sandbox.advance(10)
    assert receiver.received == []


def test_the_log_is_read_from_where_one_left_off(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch, 5)
    assert [entry["n"] for entry in sandbox.log(after=3)] == [4, 5]
    answer = sinch.get("/__sandbox__/log", params={"after": 1, "limit": 2}).json()
    assert (answer["total"], [entry["n"] for entry in answer["entries"]]) == (5, [2, 3])


def test_the_log_is_read_by_vendor(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch)
    assert len(sandbox.log("sinch")) == len(sandbox.log("sinch-messaging")) == 1
    assert sandbox.log("messaging-service") == []


@pytest.mark.parametrize("query", [{"vendor": "nobody"}, {"after": "x"}, {"limit": "-1"}])
def test_a_malformed_query_of_the_log_is_refused(sinch: httpx.Client, query: dict[str, str]) -> None:
    assert sinch.get("/__sandbox__/log", params=query).status_code == 400


def test_requests_are_counted_by_path_with_their_arrival(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch, 2)
    sinch.post("/v1/send-sms", json={})
    shown = sandbox.requests()
    assert shown["by_path"] == {"POST /v1/send-bulk-sms": 1, "POST /v1/send-sms": 1}
    assert shown["peak_per_second"] in (1, 2)
    first, second = shown["requests"]
    assert (first["status"], first["accepted"], second["status"], second["accepted"]) == (200, 2, 400, 0)
    assert first["real_at"] <= second["real_at"]
    assert sandbox.requests(path="/v1/send-sms")["total"] == 1
    assert sandbox.requests(after=1)["total"] == 1


def test_what_no_vendor_has_is_404(sinch: httpx.Client) -> None:
    assert sinch.get("/nowhere").status_code == 404


@pytest.mark.parametrize("seconds", [-1, "x", True])
def test_time_only_moves_forward(sinch: httpx.Client, seconds: Any) -> None:
    assert sinch.post("/__sandbox__/clock", json={"advance_s": seconds}).status_code == 400


def test_a_standing_clock_moves_by_what_it_is_advanced(sandbox: SandboxProcess) -> None:
    before = sandbox.now()
    assert sandbox.advance(90)["settled"] is True
    assert sandbox.now() == pytest.approx(before + 90, abs=1e-3)


def test_a_running_clock_delivers_by_itself(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    sandbox.configure(speed=1000, sinch={"callback_url": receiver.url("callback"), "dlr_url": receiver.url("dlr")})
    send(sinch)
    for _ in range(500):
        if len(receiver.received) == 2:
            break
        sandbox.health()
    assert [path for path, _ in receiver.received] == ["callback", "dlr"]


def test_callbacks_of_a_large_bulk_all_arrive(sandbox: SandboxProcess, sinch: httpx.Client, receiver: Receiver) -> None:
    sandbox.configure(sinch={"callback_url": receiver.url("callback"), "dlr_url": receiver.url("dlr")})
    send(sinch, 500)
    assert sandbox.advance(2)["settled"] is True
    for path in ("callback", "dlr"):
        assert len({body["id"] for body in receiver.at(path)}) == len(receiver.at(path)) == 500
    assert sandbox.health()["callbacks"] == {"waiting": 0, "delivered": 1000, "failed_attempts": 0, "undelivered": 0}


def test_every_accepted_message_is_in_the_file_before_it_is_answered(tmp_path: Path) -> None:
    log_path = tmp_path / "log.jsonl"
    process = SandboxProcess(log_path=log_path)
    with httpx.Client(base_url=process.url, headers=HEADERS, verify=False) as client:
        for expected in (3, 6):
            send(client, 3)
            assert len(log_path.read_text().splitlines()) == expected
    logged = process.log()
    process.kill()
    assert [json.loads(line) for line in log_path.read_text().splitlines()] == logged


def test_a_reset_empties_the_file_too(tmp_path: Path) -> None:
    log_path = tmp_path / "log.jsonl"
    with (
        SandboxProcess(log_path=log_path) as process,
        httpx.Client(base_url=process.url, headers=HEADERS, verify=False) as client,
    ):
        send(client)
        process.reset()
        assert log_path.read_text() == ""
        send(client)
        assert len(log_path.read_text().splitlines()) == 1


def test_stopping_lets_hanging_requests_go_and_frees_the_port() -> None:
    process = SandboxProcess()
    process.arm("/v1/send-sms", "timeout_before_accept")
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{process.url}/v1/send-sms", json=MESSAGE, headers=HEADERS, verify=False, timeout=0.1)
    process.stop()
    assert process.process.returncode == 0
    with SandboxProcess(port=process.port) as again:
        assert again.port == process.port


def test_a_taken_port_is_told(sandbox: SandboxProcess) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        SandboxProcess(port=sandbox.port)


def test_the_sandbox_imports_nothing_of_the_console() -> None:
    code = (
        "import sys, campaigns.sandbox.server; "
        "print(*[m for m in sys.modules if m.split('.')[0] in ('django', 'console', 'contacts', 'campaigns') "
        "and not (m + '.').startswith('campaigns.sandbox.')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["campaigns"]


def test_the_django_command_becomes_the_sandbox() -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "sandbox", "--help"]
    shown = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=True)
    assert "Plays the messaging providers" in shown.stdout
    assert "--latency-ms" in shown.stdout
