"""Real processes against the test database: workers that can be killed, and the sandbox as the oracle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.sandbox_process import SandboxProcess

# A lease and look-ups that a test can wait for; longer than the sandbox ever works on a request.
FAST = {"LEASE_SECONDS": "2", "LOOK_UP_TIME_SCALE": "0.03", "LANE_SLICE_SECONDS": "5", "LOG_LEVEL": "ERROR"}


class Worker:
    """`manage.py worker` on the test's database, with these settings."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        environment = {
            **os.environ,
            **FAST,
            **variables,
            "DATABASE_URL": _database_url(),
            "DESPACHO_DATA": str(settings.DATA_DIR),
            "DESPACHO_NO_VENV": "1",
            "DJANGO_SETTINGS_MODULE": "console.settings",
            "ALLOW_PRIVATE_PROVIDER_URLS": "true",
        }
        self.output = (folder / "worker.log").open("ab")
        command = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        self.processes = [self._start([*command, "worker"], environment)]
        if not settings.EMBEDDED:
            self.processes.append(self._start([*command, "beat"], environment))

    def _start(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        # A session of its own: SIGKILL then reaches the pool's children as well, as when a machine dies.
        return subprocess.Popen(
            command,
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=self.output,
            stderr=self.output,
            start_new_session=True,
        )

    def kill(self) -> None:
        """SIGKILL, without a word to anybody."""
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.output.close()

    def stop(self) -> None:
        """SIGTERM, as a deployment does, and wait for the end."""
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(60)
        self.output.close()


def _database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@pytest.fixture
def start_worker(tmp_path: Path, transactional_db: Any) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(**variables: str) -> Worker:
        worker = Worker(tmp_path, variables)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        for process in worker.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def provider() -> Iterator[SandboxProcess]:
    with SandboxProcess(latency_ms=30) as sandbox:
        yield sandbox


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.05)
