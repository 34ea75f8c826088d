"""Sinch Messaging's own alphabet and its estimate of parts (contract §13).

Stricter than GSM-7: ñ, é, ¿ or € already halve the room of a text, and so do [, ] and |. The vendor's pages
contradict each other on long texts, so the most expensive reading is taken and the count is an estimate.
"""

from __future__ import annotations

import re

from campaigns.providers.base import Count

PLAIN = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ`abcdefghijklmnopqrstuvwxyz{}\\^_~"
    "\n"  # not in the vendor's table, but in its own sample text
)
_ONLY_PLAIN = re.compile(f"[{re.escape(PLAIN)}]*+")
_FORCING = re.compile(f"[^{re.escape(PLAIN)}]")
MAX_CHARACTERS = 1280
_PLAIN_SINGLE, _PLAIN_PART = 160, 153
_OTHER_SINGLE, _OTHER_PART = 70, 63


def characters(text: str) -> int:
    """Length in UTF-16 units, the stricter reading of "characters"."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def count(text: str) -> Count:
    """How the vendor would charge a finished text."""
    forcing = () if _ONLY_PLAIN.fullmatch(text) else tuple(dict.fromkeys(_FORCING.findall(text)))
    size = characters(text)
    single, part = (_OTHER_SINGLE, _OTHER_PART) if forcing else (_PLAIN_SINGLE, _PLAIN_PART)
    parts = 1 if size <= single else -(-size // part)
    room = single if parts == 1 else parts * part
    return Count(parts, size, "ucs2" if forcing else "plain", room - size, forcing, estimate=True)
