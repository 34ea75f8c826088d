"""Email addresses as people write them, trimmed and in small letters. Pure: no Django."""

from __future__ import annotations

import re
from enum import StrEnum


class EmailProblem(StrEnum):
    """Why a text is no email address one can write to."""

    EMPTY = "empty"
    NO_AT = "no_at"
    BAD_NAME = "bad_name"  # the part before the @
    BAD_DOMAIN = "bad_domain"  # the part after it: no dot, spaces, wrong letters
    TOO_LONG = "too_long"


LONGEST = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TOP = r"(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})"
# RFC 5321 without quoted local parts, which no mail service hands out; the domain may be international.
_NAME = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_TOP}")
_PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_SEVERAL = re.compile(r"[;,|\s]+|:::")
_JUNK = " \t\r\n\u00a0\u200b\u200e\u200f\ufeff'\"<>.,;:"


def parse(raw: str) -> str | EmailProblem:
    """The address in `raw`, or what is wrong with it. Understands `Ana <ana@x.es>`, `mailto:` and several
    addresses in one cell, of which the first counts."""
    text = raw.strip().lower()
    if len(text) <= 128 and _PLAIN.fullmatch(text) and text.index("@") <= 64:
        return text
    text = _first(text)
    if not text:
        return EmailProblem.EMPTY
    name, at, domain = text.rpartition("@")
    if not at:
        return EmailProblem.NO_AT
    if len(text) > LONGEST or len(name) > 64:
        return EmailProblem.TOO_LONG
    if not _NAME.fullmatch(name):
        return EmailProblem.BAD_NAME
    return text if _DOMAIN.fullmatch(domain) else EmailProblem.BAD_DOMAIN


def is_address(raw: str) -> bool:
    """True when one can write to it."""
    return not isinstance(parse(raw), EmailProblem)


def _first(text: str) -> str:
    if wrapped := _IN_BRACKETS.search(text):
        text = wrapped.group(1)
    text = text.strip(_JUNK).removeprefix("mailto:")
    if "@" in text:
        parts = [part for part in _SEVERAL.split(text) if part]
        if len(parts) > 1 and all("@" in part for part in parts):
            text = parts[0]
    return text.strip(_JUNK)
