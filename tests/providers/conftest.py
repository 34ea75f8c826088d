"""The sandbox as a real server, and a place where its callbacks arrive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from campaigns.providers import http
from campaigns.providers.base import Hook
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def _sandbox_process() -> Iterator[SandboxProcess]:
    with SandboxProcess(speed=0) as process:
        yield process


@pytest.fixture
def sandbox(_sandbox_process: SandboxProcess) -> Iterator[SandboxProcess]:
    """The vendors, with a clock that stands still until a test moves it on."""
    _sandbox_process.reset()
    _sandbox_process.configure(speed=0)
    yield _sandbox_process
    assert _sandbox_process.health()["errors"] == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gives up on an answer after a fifth of a second."""
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)


class HookReceiver:
    """Our side of callbacks: keeps what arrived at `url`/<kind>."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                kind = parts.path.strip("/")
                receiver.hooks.append(Hook(kind, self.command, headers, dict(parse_qsl(parts.query)), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    hook_receiver = HookReceiver()
    yield hook_receiver
    hook_receiver.close()
