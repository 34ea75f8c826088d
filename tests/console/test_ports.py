"""What `start` says before it starts: a taken port, a folder in use, and the first answer of the web server."""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.ports import Listener, Taken, first_free, is_free, port_number
from console.readiness import Probe
from console.runlock import AlreadyRuns, RunLock

HERE = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server((HERE, 0)) as other:
        yield other.getsockname()[1]


def test_a_taken_port_is_refused_with_the_next_free_one(taken: int) -> None:
    with pytest.raises(Taken, match=rf"Port {taken} is taken .* --port {first_free(HERE, taken + 1)}"):
        Listener(HERE, taken)


def test_a_port_that_gets_free_in_time_is_waited_for(taken: int) -> None:
    """As after a run that was killed, while its web server lets go."""
    other = socket.create_server((HERE, 0))
    threading.Timer(0.1, other.close).start()
    Listener(HERE, other.getsockname()[1], patience=5).close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Taken, match=r"cannot listen on 192\.0\.2\.1"):
        Listener("192.0.2.1", 8000)


def test_port_0_finds_a_port_and_tells_it() -> None:
    listener = Listener(HERE, 0)
    assert listener.url == f"http://127.0.0.1:{listener.port}"
    listener.close()


def test_every_address_is_reached_through_this_machines_own() -> None:
    listener = Listener("0.0.0.0", 0)
    assert listener.local_address == (HERE, listener.port)
    listener.close()


def test_callers_wait_while_nobody_accepts(taken: int) -> None:
    listener = Listener(HERE, 0)
    socket.create_connection(listener.local_address, timeout=1).close()
    listener.close()


def test_a_taken_port_is_not_free(taken: int) -> None:
    assert not is_free(HERE, taken)


def test_a_folder_in_use_names_its_user(tmp_path: Path) -> None:
    first = RunLock(tmp_path / "lock")
    first.describe("process 7, http://127.0.0.1:8000")
    with pytest.raises(AlreadyRuns, match=r"already runs on .* \(process 7, http://127\.0\.0\.1:8000\)"):
        RunLock(tmp_path / "lock")


def test_a_clean_end_leaves_nothing_behind(tmp_path: Path) -> None:
    first = RunLock(tmp_path / "lock")
    first.describe("process 7")
    first.release()
    assert not RunLock(tmp_path / "lock").was_left_behind


def test_a_killed_run_gives_the_folder_back_and_is_noticed(tmp_path: Path) -> None:
    source = (
        "import os, signal, pathlib; from console.runlock import RunLock\n"
        f"RunLock(pathlib.Path({str(tmp_path / 'lock')!r})).describe('it'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", source], check=False)
    assert RunLock(tmp_path / "lock").was_left_behind


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((HERE, 0)) as listener:
        yield listener


def answer(listener: socket.socket, data: bytes) -> None:
    connection, _ = listener.accept()
    connection.recv(4096)
    connection.sendall(data)
    connection.close()


def test_the_probe_does_not_wait_for_an_answer(server: socket.socket) -> None:
    assert not Probe(server.getsockname(), "/healthz")()


@pytest.mark.parametrize("status", [b"200 OK", b"503 Service Unavailable", b"404 Not Found"])
def test_any_word_of_the_console_is_an_answer(server: socket.socket, status: bytes) -> None:
    probe = Probe(server.getsockname(), "/healthz")
    probe()
    answer(server, b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert probe()


@pytest.mark.parametrize("data", [b"HTTP/1.1 500 Internal Server Error\r\n\r\n", b""])
def test_after_a_crash_the_probe_asks_again(server: socket.socket, data: bytes) -> None:
    probe = Probe(server.getsockname(), "/healthz")
    probe()
    answer(server, data)
    assert not probe()
    assert not probe()
    answer(server, b"HTTP/1.1 200 OK\r\n\r\n")
    assert probe()


@pytest.mark.parametrize("text", ["-1", "65536", "http", ""])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 65535"):
        port_number(text)
