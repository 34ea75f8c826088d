"""One row of a file, turned into a person or into the reason why it is none.

A row that names an address one can write to, or the external id of somebody known, is a person. Other values of it
that cannot be used are left out and said, not a reason to lose the person.
"""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from contacts import emails, phones, words
from contacts.countries import country_code, language_code
from contacts.models import FIXED_FIELDS
from contacts.services.importing.mapping import ATTRIBUTE, FULL_NAME, JSON_FIELDS, SKIP, Column


class Rejection(StrEnum):
    """Why a row was not imported, or (with the name of a column before it) why a value was left out."""

    NO_ADDRESS = "no_address"
    UNKNOWN_KEY = "unknown_key"
    EXTRA_CELLS = "extra_cells"
    ENCODING = "encoding"
    NUL = "nul"
    KEY_TOO_LONG = "key_too_long"
    EMAIL_TAKEN = "email_taken"
    KEY_DIFFERS = "key_differs"
    DUPLICATE = "duplicate"


TOO_LONG, UNKNOWN = "too_long", "unknown"
LONGEST_VALUE = 5_000
LONGEST_KEY, LONGEST_FIRST_NAME, LONGEST_LAST_NAME = 120, 120, 160
_NOTHING = frozenset({"-", "--", "n/a", "na", "null", "none", "nan", "#n/a", "\\n", "(null)", "undefined"})
_RISKY = ("'=", "'+", "'-", "'@")  # how a spreadsheet-safe export writes what a formula begins with


@dataclass(slots=True)
class Candidate:
    """A person as a row describes them; "" is what the row does not say. `problems`: (column, reason, value) of
    values that were left out."""

    row_no: int
    cells: Sequence[str]
    key: str = ""
    email: str = ""
    phone: str = ""
    phone_type: str = ""
    national: str = ""
    first_name: str = ""
    last_name: str = ""
    country: str = ""
    language: str = ""
    time_zone: str = ""
    search: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    problems: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not imported. `value` is what was wrong with it."""

    row_no: int
    cells: Sequence[str]
    reason: str
    value: str = ""


def without_address(person: Candidate) -> Rejected:
    """Why somebody whom no address of the row reaches is not imported: the address that is wrong, if there is one."""
    for column, why, value in person.problems:
        if column in ("phone", "email"):
            return Rejected(person.row_no, person.cells, f"{column}.{why}", value)
    reason = Rejection.UNKNOWN_KEY if person.key else Rejection.NO_ADDRESS
    return Rejected(person.row_no, person.cells, reason, person.key)


class RowReader:
    """Reads rows of one file: `columns` as mapped, `country` for numbers without a country code."""

    def __init__(self, columns: Sequence[Column], country: str, *, damaged: bool = False, nul: bool = False) -> None:
        self._width = len(columns)
        self._country = country
        self._damaged, self._nul = damaged, nul
        at = list(enumerate(columns))
        self._single = {c.target: i for i, c in at if c.target not in (ATTRIBUTE, SKIP, JSON_FIELDS, "phone", "email")}
        self._phones = [i for i, c in sorted(at, key=lambda item: item[1].rank) if c.target == "phone"]
        self._emails = [i for i, c in sorted(at, key=lambda item: item[1].rank) if c.target == "email"]
        self._kept = [(i, c.name) for i, c in at if c.name]
        self._json = [i for i, c in at if c.target == JSON_FIELDS]
        self._key, self._full_name = self._single.get("key"), self._single.get(FULL_NAME)
        self._first_name, self._last_name = self._single.get("first_name"), self._single.get("last_name")

    def read(self, row_no: int, cells: list[str]) -> Candidate | Rejected:
        """The person in the row."""
        if len(cells) != self._width:
            if len(cells) > self._width and any(cells[self._width :]):
                return Rejected(row_no, cells, Rejection.EXTRA_CELLS, cells[self._width])
            cells = (cells + [""] * self._width)[: self._width]
        if self._damaged and any("\ufffd" in cell for cell in cells):
            return Rejected(row_no, cells, Rejection.ENCODING)
        if self._nul and any("\0" in cell for cell in cells):
            return Rejected(row_no, cells, Rejection.NUL)
        person = Candidate(row_no, cells)
        if self._key is not None:
            person.key = _clean(cells[self._key])
            if len(person.key) > LONGEST_KEY:
                return Rejected(row_no, cells, Rejection.KEY_TOO_LONG, person.key[:60])
        self._read_facts(person, cells)
        self._read_email(person, cells)
        self._read_phone(person, cells)
        if not person.email and not person.phone and not person.key:
            return without_address(person)
        person.search = words.search_text(
            person.key, person.email, person.first_name, person.last_name, person.phone, person.national
        )
        return person

    def _read_facts(self, person: Candidate, cells: list[str]) -> None:
        if self._full_name is not None:
            person.first_name, _space, person.last_name = _clean(cells[self._full_name]).partition(" ")
        if self._first_name is not None:
            person.first_name = _clean(cells[self._first_name])
        if self._last_name is not None:
            person.last_name = _clean(cells[self._last_name])
        if len(person.first_name) > LONGEST_FIRST_NAME:
            person.problems += (("first_name", TOO_LONG, person.first_name[:60]),)
            person.first_name = ""
        if len(person.last_name) > LONGEST_LAST_NAME:
            person.problems += (("last_name", TOO_LONG, person.last_name[:60]),)
            person.last_name = ""
        for name, known in (("country", country_code), ("language", language_code), ("time_zone", _zone)):
            at = self._single.get(name)
            if at is not None and (text := _clean(cells[at])):
                setattr(person, name, known(text))
                if not getattr(person, name):
                    person.problems += ((name, UNKNOWN, text[:60]),)
        for index, name in self._kept:
            self._keep(person, name, _clean(cells[index]))
        for index in self._json:
            self._unfold(person, cells[index])

    def _read_email(self, person: Candidate, cells: list[str]) -> None:
        problem: tuple[str, str, str] | None = None
        for index in self._emails:
            found = emails.parse(cells[index])
            if not isinstance(found, emails.EmailProblem):
                person.email = found
                return
            if found != emails.EmailProblem.EMPTY and not problem and (text := _clean(cells[index])):
                problem = ("email", found, text[:60])
        if problem:
            person.problems += (problem,)

    def _read_phone(self, person: Candidate, cells: list[str]) -> None:
        """The first mobile of the phone columns, else the first number at all."""
        best: phones.Phone | None = None
        problem: tuple[str, str, str] | None = None
        for index in self._phones:
            if not cells[index]:
                continue
            found = phones.parse(cells[index], person.country or self._country)
            if isinstance(found, phones.Phone):
                best = best if best and found.type != phones.PhoneType.MOBILE else found
                if best.type == phones.PhoneType.MOBILE:
                    break
            elif found != phones.PhoneProblem.EMPTY and not problem and (text := _clean(cells[index])):
                problem = ("phone", found, text[:60])
        if best:
            person.phone, person.phone_type, person.national = best.e164, best.type, best.national
            person.country = person.country or best.country
        elif problem:
            person.problems += (problem,)

    def _keep(self, person: Candidate, name: str, text: str) -> None:
        if len(text) > LONGEST_VALUE:
            person.problems += ((name, TOO_LONG, text[:60]),)
        elif text:
            person.attributes[name] = text

    def _unfold(self, person: Candidate, text: str) -> None:
        """A column of JSON objects: each entry becomes a field."""
        try:
            found = json.loads(text) if text.strip() else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            person.problems += (("json", UNKNOWN, text[:60]),)
            return
        for label, value in found.items():
            if value is None or not (name := words.field_name(str(label))):
                continue
            name = f"field_{name}" if name in FIXED_FIELDS else name
            plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self._keep(person, name, plain.replace("\0", "").strip())


def _clean(text: str) -> str:
    text = text.strip()
    if not text or text.lower() in _NOTHING:
        return ""
    if text.startswith(_RISKY):
        text = text[1:]
    return " ".join(text.split()) if "  " in text or not text.isprintable() else text


def _zone(text: str) -> str:
    return text if text in _zones() else ""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
