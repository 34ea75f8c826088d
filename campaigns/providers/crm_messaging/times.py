"""The vendor's times: with an offset in a request, on the tenant's wall clock in a dispatch (contract §1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

# Rule 11: nearer and farther moments stay with our own scheduler.
NEAREST, FARTHEST = timedelta(minutes=2), timedelta(days=30)


def now() -> datetime:
    return datetime.now(UTC)


def is_zone(name: str) -> bool:
    return name in available_timezones()


def moment(text: object, zone: ZoneInfo) -> datetime | None:
    """The moment that an ISO 8601 text names, on the clocks of `zone` when it has no offset; None for anything else."""
    if not isinstance(text, str) or len(text.strip()) <= len("2026-10-05"):
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def may_schedule(due: datetime, now: datetime) -> bool:
    return NEAREST <= due - now <= FARTHEST


def on_the_wire(due: datetime, zone: ZoneInfo) -> str:
    """`2026-10-05T10:00:00+03:00`"""
    return due.astimezone(zone).isoformat(timespec="seconds")
