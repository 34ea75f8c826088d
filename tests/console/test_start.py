"""`manage.py start` as people run it: a real run in a folder of its own, with kills, signals and restarts."""

from __future__ import annotations

import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib import request
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from console.ports import first_free

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 90.0
OURS = ("DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE", "DESPACHO_DATA", "SECRET_KEY", "FIELD_KEYS")

pytestmark = pytest.mark.faults


class Run:
    """One `manage.py start`, and what it printed so far."""

    def __init__(self, data: Path, port: int, *options: str, **variables: str):
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        command = [sys.executable, "manage.py", "start", "--data", str(data), "--port", str(port), *options]
        self.url = f"http://127.0.0.1:{port}"
        self.printed = ""
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, **variables, "DESPACHO_NO_VENV": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed += line

    def until(self, pattern: str) -> re.Match[str]:
        """Wait for a line; fails with all that was printed."""
        wait_for(lambda: re.search(pattern, self.printed) or self.process.poll() is not None, lambda: self.printed)
        found = re.search(pattern, self.printed)
        assert found, self.printed
        return found

    def ready(self) -> Run:
        self.until(r"Despacho is ready: \S+")
        return self

    def programs(self) -> dict[str, int]:
        """Name -> process id of the main processes, as the system knows them."""
        listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], stdout=subprocess.PIPE, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
        mine = [(int(pid), command) for pid, parent, command in rows if int(parent) == self.process.pid]
        words = {
            "web": "gunicorn",
            "worker": "manage.py worker",
            "beat": "manage.py beat",
            "sandbox": "campaigns.sandbox",
        }
        return {name: pid for name, word in words.items() for pid, command in mine if word in command}

    def answers(self, path: str = "/healthz") -> bool:
        try:
            return bool(request.urlopen(self.url + path, timeout=10).status < 500)
        except urllib.error.HTTPError as error:
            return error.code == 503  # it is there, and says that another part is not
        except OSError:
            return False

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(10)
        return code


def wait_for(condition: Callable[[], object], told: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """start(*options, **variables) begins a run; each on the folder and the port of the first."""
    runs: list[Run] = []
    port = first_free("127.0.0.1", 30000 + os.getpid() % 20000)

    def begin(*options: str, **variables: str) -> Run:
        runs.append(Run(tmp_path / "data", port, *options, **variables))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.end()


@pytest.mark.sqlite
def test_a_fresh_folder_becomes_a_console_with_a_demo(start: Callable[..., Run], tmp_path: Path) -> None:
    run = start().ready()
    run.until(r"Password: \S{12,}")
    assert run.answers("/login/")
    assert set(run.programs()) == {"web", "worker", "sandbox"}
    assert (tmp_path / "data" / "demo-login.txt").stat().st_mode & 0o777 == 0o600
    assert run.end() == 0


@pytest.mark.sqlite
def test_what_is_killed_comes_back(start: Callable[..., Run]) -> None:
    run = start("--no-demo").ready()
    before = run.programs()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: set(run.programs()) == set(before) and not set(run.programs().values()) & set(before.values()))
    wait_for(run.answers)
    assert run.end() == 0


@pytest.mark.sqlite
def test_pages_answer_while_several_callbacks_wait_for_the_database(start: Callable[..., Run], tmp_path: Path) -> None:
    run = start().ready()
    database = sqlite3.connect(tmp_path / "data" / "despacho.sqlite3", isolation_level=None)
    asked = "SELECT callback_token FROM campaigns_provideraccount WHERE provider = 'sinch-messaging'"
    (token,) = database.execute(asked).fetchone()
    calls = [request.Request(f"{run.url}/hooks/{token}/delivery/", b"[%d]" % n, method="POST") for n in range(6)]
    database.execute("BEGIN IMMEDIATE")  # what an audience does for a moment when it is written
    with ThreadPoolExecutor(len(calls)) as vendor:
        waiting = [vendor.submit(request.urlopen, call) for call in calls]
        time.sleep(1)
        assert all(run.answers("/login/") for _ in range(8))
        assert not any(call.done() for call in waiting)
        database.execute("ROLLBACK")
        assert [call.result().status for call in waiting] == [200] * len(calls)
    database.close()


@pytest.mark.sqlite
def test_a_second_start_on_the_folder_refuses_and_leaves_the_first_alone(start: Callable[..., Run]) -> None:
    run = start("--no-demo").ready()
    second = start("--no-demo")
    assert second.process.wait(PATIENCE_SECONDS) == 2
    second.until(rf"already runs on .*process {run.process.pid}")
    assert run.answers()


@pytest.mark.sqlite
def test_a_restart_keeps_the_data_and_the_login(start: Callable[..., Run], tmp_path: Path) -> None:
    first = start().ready()
    login = first.until(r"Password: (\S+)")[1]
    key = (tmp_path / "data" / "secret-key").read_bytes()
    assert first.end(signal.SIGINT) == 0
    second = start().ready()
    assert second.until(r"Password: (\S+)")[1] == login
    assert (tmp_path / "data" / "secret-key").read_bytes() == key


@pytest.mark.sqlite
def test_after_the_supervisor_was_killed_everything_ends_and_the_next_start_works(start: Callable[..., Run]) -> None:
    killed = start("--no-demo").ready()
    pids = killed.programs().values()
    killed.process.kill()
    assert start("--no-demo").ready().answers()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


@pytest.mark.sqlite
def test_stopping_while_it_prepares_is_clean(start: Callable[..., Run], tmp_path: Path) -> None:
    run = start()
    wait_for((tmp_path / "data" / "despacho.sqlite3").exists, lambda: run.printed)
    assert run.end() == 0
    assert start("--no-demo").ready().answers()


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty database on the server of this test run."""
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"despacho_start_{secrets.token_hex(4)}"
    with psycopg.connect(urlunsplit(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(server._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.services
def test_with_postgresql_and_a_broker_beat_and_worker_run_apart(start: Callable[..., Run], database: str) -> None:
    run = start(
        "--no-demo", DATABASE_URL=database, BROKER_URL=os.environ["BROKER_URL"], SECRET_KEY="k" * 50, FIELD_KEYS="f"
    ).ready()
    assert set(run.programs()) == {"web", "worker", "beat"}
    assert run.answers("/login/")
    assert run.end() == 0
