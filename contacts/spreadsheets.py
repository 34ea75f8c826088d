"""Cells that a spreadsheet cannot take for a formula. Pure: no Django."""

from __future__ import annotations

import re

# What a formula begins with, full-width forms included (OWASP, "CSV injection").
_RISKY = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")  # +34600112233 and -5 are what they say


def safe_cell(value: str) -> str:
    """The text as a cell: what would run as a formula gets an apostrophe in front; numbers and phones do not."""
    return f"'{value}" if value[:1] in _RISKY and not _NUMBER.fullmatch(value) else value
