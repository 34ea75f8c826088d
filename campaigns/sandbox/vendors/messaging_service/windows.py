"""Delivery time windows: week days and minutes of the day in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

Window = tuple[frozenset[int], int, int]
"""Week days (Monday = 0), first minute and last minute of the day; one that ends before it starts goes overnight."""


def next_opening(moment: float, window: Window) -> float:
    """The first moment from `moment` (seconds since 1970) on at which the window is open."""
    date = datetime.fromtimestamp(moment, UTC)
    midnight = date.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(-1, 8):  # yesterday's overnight window may still be open
        start, end = _opening(midnight + timedelta(days=day), window)
        if start is not None and date < end:
            return max(date, start).timestamp()
    raise ValueError("a window has at least one day of the week")


def _opening(midnight: datetime, window: Window) -> tuple[datetime | None, datetime]:
    """Start and end of the window that opens on the day of `midnight`; no start on a day without one."""
    days, first, last = window
    end = midnight + timedelta(minutes=last if last > first else last + 24 * 60)
    return (midnight + timedelta(minutes=first) if midnight.weekday() in days else None), end
