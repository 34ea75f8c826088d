"""The whole product as processes on the harness' database: web, two workers, beat, and the sandbox as the oracle."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection

from console.offspring import end_with_parent
from console.ports import first_free
from tests.faults import servers
from tests.faults.injection import clock, points
from tests.faults.relay import Relay
from tests.faults.servers import Server
from tests.sandbox_process import SandboxProcess

# A lease is longer than an exchange may take (`injection.waits`); look-ups a second after a doubt.
ENVIRONMENT = {
    "LEASE_SECONDS": "4",
    "LOOK_UP_TIME_SCALE": "0.01",
    "LANE_SLICE_SECONDS": "3",
    "LOG_LEVEL": "ERROR",
    "ALLOW_PRIVATE_PROVIDER_URLS": "true",
    "DESPACHO_NO_VENV": "1",
    "DJANGO_SETTINGS_MODULE": "tests.faults.service_settings",
}
START_SECONDS = 120.0
WORKERS = ("worker 1", "worker 2")


@dataclass
class Stage:
    """What a case plays on. Without a broker (`broker` None) every worker has beat in it."""

    folder: Path
    sandbox: SandboxProcess
    relay: Relay
    database: Server | None
    broker: Server | None
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine(self) -> str:
        return "sqlite" if self.database is None else "postgresql"

    # -- processes --------------------------------------------------------------------------------

    def names(self) -> list[str]:
        return ["web", *WORKERS, *(["beat"] if self.broker else [])]

    def _command(self, name: str) -> list[str]:
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        if name == "web":
            return [
                *(sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{self.port}", "--no-control-socket"),
                *("--log-level=error", "--worker-class=gthread", "--workers=1", "--threads=4"),
                "console.wsgi:application",
            ]
        return [*manage, "beat"] if name.startswith("beat") else [*manage, "worker"]

    def start(self, *names: str) -> None:
        """Start what does not run of `names`. Does not wait: who needs it waits for it."""
        for name in names:
            process = self.processes.get(name)
            if process is not None and process.poll() is None:
                continue
            log = (self.folder / f"{name.replace(' ', '-')}.log").open("ab")
            with log:
                self.processes[name] = subprocess.Popen(
                    self._command(name),
                    env={**os.environ, **ENVIRONMENT, "PUBLIC_URL": self.url, "DESPACHO_FAULTS": str(self.folder)},
                    cwd=settings.BASE_DIR,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # SIGKILL then reaches its children as well, as when a machine dies
                    preexec_fn=end_with_parent(),
                )

    def start_all(self) -> None:
        """Everything that belongs to a stage and does not run."""
        self.start(*self.names())

    def supervise(self) -> None:
        """Start again what ended by itself, as `manage.py start` or systemd does; not what a case has killed."""
        self.start(*[name for name, process in self.processes.items() if process.poll() is not None])

    def kill(self, *names: str) -> None:
        """SIGKILL, without a word to anybody."""
        for name in names:
            process = self.processes.pop(name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def terminate(self, *names: str) -> None:
        """SIGTERM, as a deployment does, and wait for the end."""
        for name in names:
            self.processes[name].terminate()
        for name in names:
            self.processes[name].wait(60)
            self.processes.pop(name)

    def kill_whoever(self, pid: int) -> str:
        """Kill the worker that a process belongs to, with all of its processes; gives its name."""
        session = os.getsid(pid)
        name = next(name for name, process in self.processes.items() if process.pid == session)
        self.kill(name)
        return name

    def pids(self) -> list[int]:
        """All service processes, children included."""
        mains = [process.pid for process in self.processes.values() if process.poll() is None]
        return [*mains, *(child for pid in mains for child in servers.children_of(pid))]

    def last_words(self, lines: int = 4) -> list[str]:
        """The end of what each process has written, for a case that went wrong."""
        found = []
        for log in sorted(self.folder.glob("*.log")):
            found += [f"{log.stem}: {line[:300]}" for line in log.read_text(errors="replace").splitlines()[-lines:]]
        return found

    def end(self) -> None:
        """Nothing of ours is left behind."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    # -- faults of everybody -------------------------------------------------------------------------

    def stop_at(self, point: str) -> None:
        points.order(self.folder, point)

    def wait_for_stop(self, seconds: float = 60.0) -> int:
        """The process that has come to the point."""
        wait_until(lambda: points.reached_by(self.folder) is not None, seconds, "a process at the point")
        found = points.reached_by(self.folder)
        assert found is not None
        return found

    def step_clock(self, seconds: float) -> None:
        clock.step(self.folder, seconds)

    def fill_disk(self) -> None:
        """No file of the database grows any more."""
        if self.database is not None:
            self.database.fill_disk()
            return
        for pid in self.pids():
            servers.limit_files(pid, servers.FULL)

    def free_disk(self) -> None:
        """There is room again. PostgreSQL may have ended meanwhile, because it could not write its log."""
        if self.database is not None:
            self.database.restart(signal.SIGQUIT)
            connection.close()
            return
        for pid in self.pids():
            servers.limit_files(pid, None)

    def recover(self) -> None:
        """After a case: everything runs again, nothing is armed."""
        points.cancel(self.folder)
        self.step_clock(0)
        self.relay.open()
        self.sandbox.reset()
        for name in set(self.processes) - set(self.names()):
            self.kill(name)
        self.start_all()


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait by condition. A database that is away meanwhile is part of the play. AssertionError when it takes longer."""
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OperationalError:
            connection.close()
        assert time.monotonic() < end, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)


@contextlib.contextmanager
def playing(folder: Path, database: Server | None, broker: Server | None) -> Iterator[Stage]:
    """Everything running until the block ends."""
    with SandboxProcess(latency_ms=20) as sandbox, Relay(sandbox.port) as relay:
        port = first_free("127.0.0.1", 18000 + os.getpid() * 7 % 2000)
        stage = Stage(folder, sandbox, relay, database, broker, port)
        try:
            stage.start_all()
            wait_until(lambda: _web_answers(stage.url), START_SECONDS, "an answer of the web process")
            yield stage
        finally:
            stage.end()


def _web_answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code == 503  # up; other parts are not yet
    except OSError:
        return False
    return True
