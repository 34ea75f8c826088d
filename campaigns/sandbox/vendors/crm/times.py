"""Times on the wire: with an offset in requests and `sendDate`, without one and with trimmed decimals elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def parse_moment(text: object) -> float | None:
    """Seconds since 1970 of an ISO 8601 text with an offset, or None."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()


def with_offset(moment: float, zone: ZoneInfo) -> str:
    """`2026-10-05T10:00:00+03:00`"""
    return datetime.fromtimestamp(int(moment), UTC).astimezone(zone).isoformat()


def wall_clock(moment: float | None, zone: ZoneInfo) -> str | None:
    """`2026-10-05T10:00:01.037`, with as many decimals as say something."""
    if moment is None:
        return None
    local = datetime.fromtimestamp(round(moment, 3), UTC).astimezone(zone).replace(tzinfo=None)
    whole, _, decimals = local.isoformat(timespec="milliseconds").partition(".")
    return f"{whole}.{decimals.rstrip('0')}".rstrip(".")


def whole_seconds(moment: float | None, zone: ZoneInfo) -> str | None:
    """`2026-10-05T10:00:01`"""
    return None if moment is None else wall_clock(int(moment), zone)
