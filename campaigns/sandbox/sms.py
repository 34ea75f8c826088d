"""How many parts an SMS has by GSM 03.38: 160 or 153 septets a part, else 70 or 67 UTF-16 units."""

from __future__ import annotations

import re
from typing import NamedTuple

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "^{}\\[~]|€\f"  # two septets each: escape and character

_only_basic = re.compile(f"[{re.escape(BASIC)}]*").fullmatch
_only_gsm = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*").fullmatch


class Length(NamedTuple):
    """`units` are septets for "GSM-7" and UTF-16 code units for "UCS-2"."""

    encoding: str
    units: int
    parts: int
    left: int


def measure(text: str) -> Length:
    """Length of a finished text."""
    if _only_basic(text):
        return _uniform("GSM-7", len(text), 160, 153)
    if _only_gsm(text):
        return _mixed("GSM-7", [2 if c in EXTENSION else 1 for c in text], 160, 153)
    if text.isascii() or max(text) <= "\uffff":
        return _uniform("UCS-2", len(text), 70, 67)
    return _mixed("UCS-2", [2 if c > "\uffff" else 1 for c in text], 70, 67)


def _uniform(encoding: str, units: int, single: int, several: int) -> Length:
    if units <= single:
        return Length(encoding, units, 1, single - units)
    parts = -(-units // several)
    return Length(encoding, units, parts, parts * several - units)


def _mixed(encoding: str, widths: list[int], single: int, several: int) -> Length:
    """A part never ends inside an escape pair or a surrogate pair."""
    units = sum(widths)
    if units <= single:
        return Length(encoding, units, 1, single - units)
    parts, used = 1, 0
    for width in widths:
        if used + width > several:
            parts, used = parts + 1, 0
        used += width
    return Length(encoding, units, parts, several - used)
