"""Timestamps on the wire: `2026-03-02T09:15:00.000+0000`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_timestamp = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)").fullmatch


def parse_time(text: object) -> float | None:
    """Seconds since 1970, or None for anything that is no timestamp with an offset."""
    match = _timestamp(text) if isinstance(text, str) else None
    if match is None:
        return None
    date, fraction, offset = match.groups()
    try:
        return datetime.fromisoformat(date + offset).timestamp() + float(f"0.{fraction or 0}")
    except ValueError:
        return None


def format_time(moment: float) -> str:
    """The wire format, in UTC with milliseconds."""
    date = datetime.fromtimestamp(moment, UTC)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03d}+0000"
