"""Moments and windows in this API's notation (contract §1, §3.7, §3.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.providers.base import Channel

# How far ahead the vendor keeps a request, and how near is too near to be kept at all (rule 13).
FURTHEST = {Channel.EMAIL: timedelta(days=5), Channel.SMS: timedelta(days=180)}
NEAREST = timedelta(minutes=1)
MAX_VALIDITY_MINUTES = 48 * 60
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
# The choices of a campaign: key -> days of the week.
WEEKS = {"all": DAYS, "mon-fri": DAYS[:5], "mon-sat": DAYS[:6]}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")
_SHORTEST_WINDOW = 60  # minutes


@dataclass(frozen=True, slots=True)
class Window:
    """Days, and minutes of the day in UTC from and until which messages may leave; None = all day."""

    days: tuple[str, ...]
    hours: tuple[int, int] | None = None

    def on_the_wire(self) -> dict[str, Any]:
        window: dict[str, Any] = {"days": list(self.days)}
        if self.hours:
            for name, minute in zip(("from", "to"), self.hours, strict=True):
                window[name] = {"hour": minute // 60, "minute": minute % 60}
        return window


def window_of(days: str, start: str, end: str) -> Window | None:
    """The window of a campaign's answers; None when it asks for none. ValueError for half of one, for hours that
    are none, and for less than an hour."""
    if not (days or start or end):
        return None
    chosen = WEEKS.get(days or "all")
    if chosen is None or bool(start) != bool(end):
        raise ValueError("half a window")
    if not start:
        return Window(chosen) if days and days != "all" else None
    first, last = _minute(start), _minute(end)
    # One that ends before it starts goes overnight.
    if (last - first) % (24 * 60) < _SHORTEST_WINDOW:
        raise ValueError("less than an hour")
    return Window(chosen, (first, last))


def moment(text: str) -> datetime | None:
    """ "2026-10-05 14:30", in UTC unless it names an offset; None for anything else."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def wire_time(when: datetime) -> str:
    """`2026-03-02T09:15:00.000+0000`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def send_at(text: str, now: datetime) -> str:
    """The wire time until which the vendor keeps a request; "" when there is none or it is too near."""
    when = moment(text) if text else None
    return wire_time(when) if when and when - now >= NEAREST else ""


def _minute(clock: str) -> int:
    found = _CLOCK.fullmatch(clock.strip())
    if not found:
        raise ValueError("no time of day")
    return int(found[1]) * 60 + int(found[2])
