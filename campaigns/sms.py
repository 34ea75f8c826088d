"""How long an SMS is: its alphabet, its parts, and which characters make it expensive.

Pure. Rules of 3GPP TS 23.038 (GSM 03.38) and TS 23.040: a text made only of the basic table and its extension goes
as 7-bit septets, 160 alone or 153 in each part of several; an extension character costs two septets that never
part company. Any other text goes as UCS-2: 70 units of UTF-16 alone, 67 in each part, surrogate pairs together.
Vendors that count otherwise say so in their own modules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from campaigns.providers.base import Count

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67

_ALPHABET = frozenset(BASIC + EXTENSION)
_ONLY_BASIC = re.compile(f"[{re.escape(BASIC)}]*+")
_EXTENDED = re.compile(f"[{re.escape(EXTENSION)}]")
_FORCING = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]")


def count(text: str) -> Count:
    """Parts of a finished text. `characters` and `left` are septets or UTF-16 units, so that they add up. An empty
    text is one empty part. A bare escape character is no GSM letter."""
    if _ONLY_BASIC.fullmatch(text):
        parts, left = _pack(len(text), GSM_SINGLE, GSM_PART)
        return Count(parts, len(text), "gsm7", left)
    if forcing := tuple(dict.fromkeys(_FORCING.findall(text))):
        encoded = text.encode("utf-16-be", "surrogatepass")
        units = len(encoded) // 2
        parts, left = _pack(units, UCS_SINGLE, UCS_PART, lambda at: 0xDC <= encoded[2 * at] <= 0xDF)
        return Count(parts, units, "ucs2", left, forcing)
    septets = _EXTENDED.sub("\x1b\x00", text)
    parts, left = _pack(len(septets), GSM_SINGLE, GSM_PART, lambda at: septets[at] == "\x00")
    return Count(parts, len(septets), "gsm7", left)


def _pack(units: int, single: int, part: int, inside_pair: Callable[[int], bool] | None = None) -> tuple[int, int]:
    """(parts, units left in the last one), each part filled as far as it goes. `inside_pair(at)` is True when a cut
    before unit `at` would tear a pair; without it there are no pairs."""
    if units <= single:
        return 1, single - units
    if inside_pair is None:
        parts = -(-units // part)
        return parts, parts * part - units
    parts, start = 1, 0
    while units - start > part:
        start += part
        start -= inside_pair(start)
        parts += 1
    return parts, part - (units - start)


# What has no decomposition that would lead to its neighbour.
_NEIGHBOURS = {
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‘’‚‛′´`‹›", "'"),
    **dict.fromkeys("–—―−‐‑‒", "-"),
    **dict.fromkeys("•●▪◦‣", "*"),
    **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
    **dict.fromkeys("\u2028\u2029\u0085", "\n"),
    **dict(zip("·÷×¢°\tłŁđĐðÐıħĦŋẞə", "./xco lLdDdDihHnße", strict=True)),
    # Greek capitals that look like Latin ones: how Greek is written in 7 bits everywhere.
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
    "œ": "oe",
    "Œ": "OE",
    "þ": "th",
    "Þ": "Th",
    "±": "+/-",
    "→": "->",
    "←": "<-",
    "©": "(c)",
    "®": "(r)",
}


def to_gsm(text: str) -> str:
    """The text with each character that forces Unicode replaced by its nearest GSM neighbour: á by a, “ by ",
    Greek by Greek capitals. What has none (emoji, Cyrillic, Chinese) stays."""
    return _FORCING.sub(lambda found: _neighbour(found[0]), unicodedata.normalize("NFC", text))


def _neighbour(character: str) -> str:
    if character in _NEIGHBOURS:
        return _NEIGHBOURS[character]
    category = unicodedata.category(character)
    if "\u0300" <= character <= "\u036f" or category == "Cc":
        return ""
    if category == "No":  # 2½ is not 21/2, and 10² is not 102
        return character
    letters = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    replaced = "".join(_plain(c) for c in letters)
    return replaced if replaced and _ALPHABET.issuperset(replaced) else character


def _plain(letter: str) -> str:
    if letter in _ALPHABET:
        return letter
    if "Ͱ" <= letter <= "Ͽ":
        letter = letter.upper()
    return _NEIGHBOURS.get(letter, letter)
