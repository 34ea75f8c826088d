"""Database and broker of the harness' own: they can be killed, stopped, emptied, starved of disk and started again."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import redis

from console.offspring import end_with_parent
from console.ports import first_free
from console.testing import servers

START_SECONDS = 60.0
FULL = 4096  # bytes that a process may have in a file while "the disk is full"


class Server:
    """One program that listens, as its own user where it must not be root."""

    def __init__(self, command: Sequence[str], log: Path, user: pwd.struct_passwd | None, ask: Callable[[], None]):
        self._command, self._log, self._user, self._ask = command, log, user, ask
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for its first answer."""
        as_user: dict[str, Any] = (
            {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        )
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGINT),
                **as_user,
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self._command[0]} did not start:\n{self._log.read_text()[-1500:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self._ask()
        except (psycopg.OperationalError, redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT drops connections and closes cleanly, SIGQUIT and SIGKILL leave the mess to recovery."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # Backends of a killed postmaster still hold its shared memory for a moment.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def restart(self, number: signal.Signals = signal.SIGINT, away: float = 0.0) -> None:
        """End it, refuse everybody for `away` seconds, start it again."""
        self.stop(number)
        time.sleep(away)
        self.start()

    def fill_disk(self) -> None:
        """From now on no file of it grows: a limit on file sizes is what PostgreSQL itself takes for a full disk."""
        assert self.process is not None
        for pid in [self.process.pid, *children_of(self.process.pid)]:
            limit_files(pid, FULL)


def limit_files(pid: int, size: int | None) -> None:
    """No file of the process may grow beyond `size` bytes; None = the disk has room again."""
    limit = "unlimited" if size is None else str(size)
    # As its owner: another user's limits are closed even to root, where a container says so.
    with contextlib.suppress(FileNotFoundError):
        owner = Path(f"/proc/{pid}").stat()
        command = ["prlimit", "--pid", str(pid), f"--fsize={limit}:"]
        subprocess.run(command, user=owner.st_uid, group=owner.st_gid, extra_groups=[], stderr=subprocess.DEVNULL)


def children_of(pid: int) -> list[int]:
    """All descendants of a process."""
    found, todo = [], [pid]
    while todo:
        for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = [int(child) for child in task.read_text().split()]
                found += children
                todo += children
    return found


@contextlib.contextmanager
def postgresql(binaries: Path, port: int) -> Iterator[Server]:
    """A server in a folder of its own. What is committed survives SIGKILL (not a power cut)."""
    user = _user()
    with _folder("despacho-faults-pg-", user) as folder:
        data = folder / "data"
        make = [str(binaries / "initdb"), "-D", str(data), "-U", "despacho", "-A", "trust", "--no-sync"]
        as_user: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        subprocess.run(
            [*make, "--locale=C.UTF-8", "--encoding=UTF8"], cwd="/", check=True, stdout=subprocess.DEVNULL, **as_user
        )
        values = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "max_connections": 200,
            "fsync": "off",
        }
        options = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
        url = database_url(port)
        command = [str(binaries / "postgres"), "-D", str(data), *options]
        server = Server(command, folder / "log", user, lambda: psycopg.connect(url, connect_timeout=5).close())
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def broker(program: str, port: int) -> Iterator[Server]:
    """A Redis that keeps nothing on disk."""
    with _folder("despacho-faults-redis-", None) as folder:
        url = broker_url(port)
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        server = Server(command, folder / "log", None, lambda: _ping(url))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def ports(number: int = 0) -> tuple[int, int]:
    """Where the `number`-th database and broker of this process may listen; another process looks elsewhere."""
    start = 20000 + (os.getpid() * 7 + number * 1009) % 9000
    return first_free("127.0.0.1", start), first_free("127.0.0.1", start + 10000)


def database_url(port: int) -> str:
    return f"postgres://despacho@127.0.0.1:{port}/postgres"


def broker_url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def empty(url: str) -> None:
    """Throw away everything that the broker holds."""
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.flushall()


def programs() -> tuple[Path, str] | None:
    """(PostgreSQL's folder, Redis' program) where both are installed."""
    binaries, program = servers.postgresql_folder(), servers.redis_program()
    return (binaries, program) if binaries and program else None


def _ping(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.ping()


def _user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


@contextlib.contextmanager
def _folder(prefix: str, user: pwd.struct_passwd | None) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        if user:
            os.chown(path, user.pw_uid, user.pw_gid)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
