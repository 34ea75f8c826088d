"""Mobile numbers as the tenant allows them, and as they are written on the wire (contract, rule 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from campaigns.providers.adapter import digits
from campaigns.providers.base import Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.states import Reason

_LINE = re.compile(r"\+?([1-9][0-9]{0,2})[ -]+([0-9]*)([xX]+)")
_LONGEST = 15  # digits of an international number (E.164)


@dataclass(frozen=True, slots=True)
class Country:
    """`length`: digits of a national number; `prefix`: those that its mobile numbers begin with."""

    code: str
    length: int
    prefix: str

    def national(self, number: str) -> str:
        """The national part of an international number (digits only); "" for another country's or length."""
        rest = number.removeprefix(self.code)
        return rest if number.startswith(self.code) and len(rest) == self.length else ""


@lru_cache(maxsize=64)
def countries(lines: str) -> tuple[Country, ...]:
    """The allowed countries of the account, `+30 69xxxxxxxx` a line (or separated by commas). ValueError for a line
    that cannot be read; its text is the line."""
    found = []
    for line in re.split(r"[\n,;]+", lines):
        if not line.strip():
            continue
        match = _LINE.fullmatch(" ".join(line.split()))
        if match is None or len(match[1]) + len(match[2]) + len(match[3]) > _LONGEST:
            raise ValueError(line.strip())
        found.append(Country(match[1], len(match[2]) + len(match[3]), match[2]))
    return tuple(found)


def problems(lines: str) -> list[Problem]:
    """What is wrong with the lines, for the account form."""
    text = _("“%(line)s”: write the country code and a number with an x for each free digit: +30 69xxxxxxxx")
    try:
        if countries(lines):
            return []
        line = lines
    except ValueError as error:
        line = str(error)
    return [Problem(Reason.INVALID_CONTENT, text, "countries", {"line": line[:60]})]


def is_allowed(address: str, allowed: tuple[Country, ...]) -> bool:
    """Whether an E.164 address is a mobile number of one of the countries."""
    number = digits(address)
    return number.isascii() and number.isdigit() and any(
        (national := country.national(number)) and national.startswith(country.prefix) for country in allowed
    )  # fmt: skip


def on_the_wire(address: str, allowed: tuple[Country, ...], national: bool) -> str:
    """The number as the account sends it: without its country code, or with it and a plus."""
    number = digits(address)
    if national:
        for country in allowed:
            if short := country.national(number):
                return short
    return f"+{number}"
