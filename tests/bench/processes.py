"""The product's own processes as `start` runs them, and what they use. Linux: read from /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

READY = "Despacho is ready: "
END_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Product:
    """`pid`: the supervisor's, which has started all the others."""

    pid: int
    url: str


@contextmanager
def product() -> Iterator[Product]:
    """`manage.py start` on the database of this run, once everything answers."""
    arguments = ["start", "--no-demo", "--no-sandbox", "--port", "0"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "console.settings", "LOG_LEVEL": "WARNING"}
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if READY in line:
                break
        else:
            raise RuntimeError("the product did not start:\n" + "".join(said[-20:]))
        yield Product(process.pid, line.removeprefix(READY).strip())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=END_SECONDS)


def family(pid: int) -> list[int]:
    """The process and everything that it and its children have started."""
    children: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        children += map(int, thread.read_text().split())
    return [pid, *(found for child in children for found in family(child))]


def worker_of(pid: int) -> int:
    """The worker of the product that was started as `pid`."""
    return next(p for p in family(pid) if Path(f"/proc/{p}/cmdline").read_bytes().split(b"\0")[2:3] == [b"worker"])


def cpu_seconds(pid: int) -> float:
    """Processor time that the family has used, dead children included."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """What the process has in memory now (resident)."""
    return _status(pid, "VmRSS")


def peak_mib(pid: int) -> float:
    """The most that the process has had in memory."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
