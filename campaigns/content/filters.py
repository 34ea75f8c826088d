"""What `|upper`, `|default:"x"` and the other filters of a placeholder do, and how a JSON value becomes text.

Pure. A filter maps text to text; only `default` sees that a value is missing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from urllib.parse import quote

MAX_TRUNCATE = 1000

# An apostrophe starts a new word only before two letters or more: O'Neill, D'Artagnan, but Ana's.
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_](?![^\W\d_]))?")


class Argument(Enum):
    """What a filter takes after its colon."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Call:
    """One filter as used in a placeholder. Equal calls do the same, however they were spelled."""

    name: str
    argument: str | int | None = None


def as_text(value: object) -> str | None:
    """The text of a JSON value, or None when it is missing: null, blank, not a number, a list or an object.

    Whole numbers print without decimals (3.0 is "3"), others in full ("0.00001", never "1e-05")."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return None


def _title(text: str) -> str:
    # Composed first: a combining accent would end the word.
    return _WORD.sub(lambda m: m[0][0].upper() + m[0][1:].lower(), unicodedata.normalize("NFC", text))


def _first(text: str) -> str:
    return (text.split() or [""])[0]


def _urlencode(text: str) -> str:
    """For a value inside a link in plain text. In HTML links values are encoded anyway."""
    return quote(text, safe="", errors="replace")


def _truncate(text: str, length: int) -> str:
    """At most `length` characters. No dots are added: "…" would turn an SMS into Unicode."""
    return text if len(text) <= length else text[:length].rstrip()


_PLAIN: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": _title,
    "first": _first,
    "trim": str.strip,
    "urlencode": _urlencode,
}

FILTERS: dict[str, Argument] = {
    "default": Argument.TEXT,
    **dict.fromkeys(_PLAIN, Argument.NOTHING),
    "truncate": Argument.NUMBER,
}


def pipeline(calls: Sequence[Call]) -> Callable[[object], str | None]:
    """What puts a JSON value through `calls` from left to right; it gives None when the value is missing and no default
    fills the gap. `default:""` is a default: whoever writes it wants the gap."""
    steps = tuple(_step(call) for call in calls)
    if not steps:
        return as_text

    def convert(value: object) -> str | None:
        text = as_text(value)
        for step in steps:
            text = step(text)
        return text

    return convert


def _step(call: Call) -> Callable[[str | None], str | None]:
    if call.name == "default":
        instead = str(call.argument)
        return lambda text: instead if text is None or not text.strip() else text
    if call.name == "truncate":
        length = int(call.argument or 0)
        return lambda text: None if text is None else _truncate(text, length)
    change = _PLAIN[call.name]
    return lambda text: None if text is None else change(text)


def has_default(calls: Sequence[Call]) -> bool:
    return any(call.name == "default" for call in calls)
