"""Hosts on one machine: network namespaces with an address and a host name each, and the servers that they share.

Needs root and `ip`. Where those are missing the hosts are process groups of this one, on the loopback address.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis

from console.ports import first_free
from console.testing.servers import postgresql_folder, redis_program
from tests.faults.servers import Server

NAMES = ("host-1", "host-2")
_NETWORK, _LOOPBACK = "10.77.0", "127.0.0.1"
HOSTS, ADDRESS = "BENCH_HOSTS", "BENCH_ADDRESS"  # variables of who plays on them


@contextlib.contextmanager
def hosts() -> Iterator[dict[str, str]]:
    """PostgreSQL (durable, as a production server is) and Redis that all hosts reach; yields the variables that lead
    to them, `ADDRESS` where another server has to listen, and in `HOSTS` what goes before a command to run it on a
    host (JSON, by name). RuntimeError when a server is not installed."""
    binaries, program = postgresql_folder(), redis_program()
    if binaries is None or program is None:
        raise RuntimeError("This needs PostgreSQL and Redis: apt-get install postgresql redis-server")
    with _network() as (address, prefixes), _folder() as folder:
        ports = first_free(address, 21000 + os.getpid() % 5000), first_free(address, 27000 + os.getpid() % 5000)
        database = f"postgres://despacho@{address}:{ports[0]}/postgres"
        broker = f"redis://{address}:{ports[1]}/0"
        servers = [
            _postgresql(binaries, folder, address, ports[0], database),
            _redis(program, folder, address, ports[1], broker),
        ]
        try:
            for server in servers:
                server.start()
            yield {"DATABASE_URL": database, "BROKER_URL": broker, ADDRESS: address, HOSTS: json.dumps(prefixes)}
        finally:
            for server in servers:
                server.stop()


@contextlib.contextmanager
def _network() -> Iterator[tuple[str, dict[str, list[str]]]]:
    """A bridge with a namespace for each host; (our address on it, prefixes of commands)."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        yield _LOOPBACK, {name: [] for name in NAMES}
        return
    bridge, us = f"despacho{os.getpid() % 100000}", f"{_NETWORK}.1"
    with contextlib.ExitStack() as made:
        made.callback(_ip, "link", "delete", bridge)
        _ip("link", "add", bridge, "type", "bridge")
        _ip("address", "add", f"{us}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        prefixes = {}
        for n, name in enumerate(NAMES, start=2):
            space, ours = f"{bridge}-{n}", f"dsp{os.getpid() % 100000}-{n}"
            made.callback(_ip, "netns", "delete", space)
            _ip("netns", "add", space)
            _ip("link", "add", ours, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", ours, "master", bridge, "up")
            for words in (f"address add {_NETWORK}.{n}/24 dev eth0", "link set eth0 up", "link set lo up"):
                _ip("-n", space, *words.split())
            named = ["unshare", "--uts", "sh", "-c", f'hostname {name} && exec "$@"', "sh"]
            prefixes[name] = ["ip", "netns", "exec", space, *named]
        yield us, prefixes


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="despacho-hosts-"))
    path.chmod(0o777)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _postgresql(binaries: Path, folder: Path, address: str, port: int, url: str) -> Server:
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None  # it refuses to run as root
    data = folder / "postgresql"
    as_user: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    make = [str(binaries / "initdb"), "-D", str(data), "-U", "despacho", "-A", "trust", "--no-sync"]
    subprocess.run([*make, "--locale=C.UTF-8", "--encoding=UTF8"], check=True, stdout=subprocess.DEVNULL, **as_user)
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {_NETWORK}.0/24 trust\n")
    values = {"listen_addresses": address, "port": port, "unix_socket_directories": folder, "max_connections": 200}
    options = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), *options]
    return Server(command, folder / "log", user, lambda: psycopg.connect(url, connect_timeout=5).close())


def _redis(program: str, folder: Path, address: str, port: int, url: str) -> Server:
    options = ["--bind", address, "--port", str(port), "--protected-mode", "no", "--save", "", "--dir", str(folder)]
    return Server([program, *options], folder / "redis-log", None, lambda: _ping(url))


def _ping(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.ping()
