"""A wall clock that can be stepped, as when somebody sets the machine's time or NTP mends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

FILE = "clock"  # holds the seconds by which the clock is wrong; absent = right


def step(folder: Path, seconds: float) -> None:
    """Set the clock of every service process `seconds` off (0 = right again)."""
    new = folder / f"{FILE}.new"
    new.write_text(str(seconds))
    new.rename(folder / FILE)


def install(folder: Path) -> None:
    file, real = folder / FILE, timezone.now
    timezone.now = _stepped(file, real)


def _stepped(file: Path, real: Callable[[], datetime]) -> Callable[[], datetime]:
    def now() -> datetime:
        try:
            return real() + timedelta(seconds=float(file.read_text()))
        except FileNotFoundError:
            return real()

    return now
