"""Throw-away PostgreSQL and Redis for a test run: made in a temporary folder, gone afterwards.

Nothing is kept safe (no fsync) and only this machine can connect. An installed server that runs is left alone.
"""

from __future__ import annotations

import contextlib
import glob
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

PATIENCE_SECONDS = 30.0


class ServerFailed(Exception):
    """A server is installed but did not come up; the text holds what it said."""


def postgresql_folder() -> Path | None:
    """Where `initdb` and `postgres` are: the newest of Debian's, else what PATH finds; None when not installed."""
    versions = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: float(Path(path).parts[-3]))
    found = versions[-1] if versions else shutil.which("initdb")
    return Path(found).parent if found else None


def redis_program() -> str | None:
    """A server that speaks Redis' protocol; None when none is installed."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


@contextlib.contextmanager
def postgresql(binaries: Path) -> Iterator[str]:
    """A running server; yields its DATABASE_URL. Raises ServerFailed."""
    with _folder() as folder:
        data, port = folder / "data", _free_port()
        locale = ["--locale=C.UTF-8", "--encoding=UTF8"]
        _finish([str(binaries / "initdb"), "-D", str(data), "-U", "despacho", "-A", "trust", "--no-sync", *locale])
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "max_connections": 200,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        url = f"postgres://despacho@127.0.0.1:{port}/postgres"
        with _running([str(binaries / "postgres"), "-D", str(data), *options], folder, lambda: _ask_postgresql(url)):
            yield url


@contextlib.contextmanager
def redis_server(program: str) -> Iterator[str]:
    """A running server; yields its BROKER_URL. Raises ServerFailed."""
    with _folder() as folder:
        port = _free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        url = f"redis://127.0.0.1:{port}/0"
        with _running(command, folder, lambda: _ask_redis(url)):
            yield url


def _ask_postgresql(url: str) -> None:
    psycopg.connect(url, connect_timeout=5).close()


def _ask_redis(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.ping()


def _free_port() -> int:
    """Somewhere above the ports that people use, a different start for each process."""
    return first_free("127.0.0.1", 20000 + os.getpid() * 7 % 10000)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder that the servers' user owns."""
    path = Path(tempfile.mkdtemp(prefix="despacho-servers-"))
    try:
        if user := _servers_user():
            os.chown(path, user.pw_uid, user.pw_gid)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _servers_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: its own user does it, or nobody. None when we are not root."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _as_servers_user() -> dict[str, Any]:
    """Keyword arguments of subprocess."""
    user = _servers_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _finish(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **_as_servers_user())
    if done.returncode:
        raise ServerFailed(f"{command[0]}: {_end(done.stdout)}")


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, ask: Callable[[], None]) -> Iterator[None]:
    """The server from its first answer to the end of the block; SIGINT is a quick and clean end for both."""
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for pytest; the server goes after it
            preexec_fn=end_with_parent(signal.SIGINT),
            **_as_servers_user(),
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(ask):
            if server.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"{command[0]}: {_end(log.read_bytes())}")
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (psycopg.OperationalError, redis.ConnectionError):
        return False
    return True


def _end(output: bytes) -> str:
    return "\n".join(output.decode(errors="replace").strip().splitlines()[-10:])
