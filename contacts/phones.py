"""Phone numbers as people write them, turned into E.164. Pure: no Django.

The truth is libphonenumber's numbering plan: its port in Rust (`rphonenumbers`) where it is installed, else
the one in Python. Numbers that are plainly mobiles of a country with one plan are recognised by the plan's own
patterns before the library is asked, ten times as fast; a test compares the answers of all three ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata

try:
    import rphonenumbers as library
except ImportError:  # the optional extra "fast"
    library = phonenumbers


class PhoneType(StrEnum):
    """Decides whether an SMS can arrive. A number that may be fixed or mobile (USA, Brazil) counts as mobile."""

    MOBILE = "mobile"
    FIXED = "fixed"
    OTHER = "other"


class PhoneProblem(StrEnum):
    """Why a text is no phone number one can write to."""

    EMPTY = "empty"
    LETTERS = "letters"
    ROUNDED = "rounded"  # 6.00E+08: a spreadsheet has thrown digits away
    NO_COUNTRY = "no_country"  # national, and no country to read it in
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_IN_PLAN = "not_in_plan"  # the length is right, but no such number exists


@dataclass(frozen=True, slots=True)
class Phone:
    """`e164` with "+", `country` as ISO 3166 code ("" for satellite and other global numbers), `national` are the
    digits after the country's calling code."""

    e164: str
    type: PhoneType
    country: str
    national: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbering plan of a calling code that belongs to one country only."""

    country: str
    calling_code: str
    mobile: re.Pattern[str]
    special: re.Pattern[str] | None  # kinds that win over "mobile" where patterns overlap
    trunk_prefix: re.Pattern[str] | None


_PAD = " \t\r\n\u00a0\u2007\u202f"
# Direction marks and zero-width characters, which copied contacts and messengers leave around numbers.
_INVISIBLE = {ord(c): None for c in "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"}
_EXCEL_TEXT = re.compile(r'^="?(.*?)"?$')
_URI = re.compile(r"^(?:urn:)?tel:", re.IGNORECASE)
_FLOAT = re.compile(r"^(\+?\d{5,})[.,]0+$")
_ROUNDED = re.compile(r"^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+$")
_SEVERAL = re.compile(r"\s*(?::::|[;,/|\n])\s*")
_NO_DIGIT = re.compile(r"\D+")
_PLAIN = re.compile(r"\+?[\d\t \-]{5,}", re.ASCII)
_BRACKETED_CODE = re.compile(r"^\((\d{1,3})\)\s*\d")
# Mexico gave up the 1 after +52 and the trunk prefixes 044 and 045 of mobiles in 2019 and 2020.
_OLD_MEXICAN = re.compile(r"^521(\d{10})$")
_OLD_MEXICAN_TRUNK = re.compile(r"^04[45](\d{10})$")
_SPECIAL_KINDS = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")
FEWEST_DIGITS = 7  # of a number that somebody may have written without its country
_MOBILE_TYPES = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})


def is_country(code: str) -> bool:
    """True for an ISO 3166 code that has a numbering plan."""
    return code in phonenumbers.SUPPORTED_REGIONS


def parse(raw: object, country: str) -> Phone | PhoneProblem:
    """The number in `raw`, read in `country` (ISO code, "" for none) when it has no "+" or "00".

    Takes what spreadsheets and people make of numbers: `600000000.0`, dots, spaces, `(0)`, `tel:`, several
    numbers in one cell (the first counts). Never guesses lost digits.
    """
    text = str(raw).strip(_PAD)
    if not _PLAIN.fullmatch(text):
        text = _tidy(text)
        if _ROUNDED.match(text):
            return PhoneProblem.ROUNDED
        if any(c.isalpha() for c in text):
            return PhoneProblem.LETTERS
    international, digits = _digits(text)
    if not digits:
        return PhoneProblem.EMPTY
    found = _read(digits, international, country)
    if isinstance(found, Phone):
        return found
    return next((better for better in _otherwise(text, country) if isinstance(better, Phone)), found)


def _otherwise(text: str, country: str) -> Iterator[Phone | PhoneProblem]:
    """Other readings of a number that is none as it stands. Each is something people mean when they write it."""
    international, digits = _digits(text)
    if "(0)" in text:
        yield _read(_digits(text.replace("(0)", ""))[1], international, country)
    if not international and _BRACKETED_CODE.match(text):
        yield _read(digits, True, country)
    if international and (old := _OLD_MEXICAN.match(digits)):
        yield _read(f"52{old.group(1)}", True, country)
    if country == "MX" and (old := _OLD_MEXICAN_TRUNK.match(digits)):
        yield _read(old.group(1), False, country)


def _tidy(text: str) -> str:
    """Only the first number of a cell, without the wrapping of spreadsheets, links and messengers."""
    text = text.translate(_INVISIBLE).strip(_PAD)
    if text.startswith("="):
        text = _EXCEL_TEXT.sub(r"\1", text)
    text = _URI.sub("", text.lstrip("'")).strip(_PAD)
    if whole := _FLOAT.match(text):
        return whole.group(1)
    if _ROUNDED.match(text):
        return text
    return next((part for part in _SEVERAL.split(text) if part), "")


def _digits(text: str) -> tuple[bool, str]:
    """(written internationally, digits without "+" or "00"). Digits of other scripts become ASCII."""
    digits = _NO_DIGIT.sub("", text)
    if not digits.isascii():
        digits = "".join(str(int(c)) for c in digits)
    if text.lstrip("( ").startswith(("+", "\uff0b")):
        return True, digits
    if digits.startswith("00"):
        return True, digits[2:]
    return False, digits


def _read(digits: str, international: bool, country: str) -> Phone | PhoneProblem:
    quick = _plain_mobile(digits, international, country)
    if quick is not None:
        return quick
    if not international and not country:
        return PhoneProblem.NO_COUNTRY
    return _ask_library(f"+{digits}" if international else digits, country or None)


def _plain_mobile(digits: str, international: bool, country: str) -> Phone | None:
    """The quick way; None leaves the question to the library."""
    plan = _plan_of_number(digits) if international else _plan_of_country(country)
    if plan is None:
        return None
    national = digits[len(plan.calling_code) :] if international else digits
    if not plan.mobile.fullmatch(national) or (plan.trunk_prefix and plan.trunk_prefix.match(national)):
        return None
    if plan.special and plan.special.fullmatch(national):
        return None
    return Phone(f"+{plan.calling_code}{national}", PhoneType.MOBILE, plan.country, national)


def _plan_of_number(digits: str) -> _Plan | None:
    # Calling codes are prefix-free: at most one of the three is one.
    for length in (2, 3, 1):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0))
        if regions:
            return _plan_of_country(regions[0])
    return None


@lru_cache(maxsize=512)
def _plan_of_country(country: str) -> _Plan | None:
    metadata: Any = PhoneMetadata.metadata_for_region(country, None) if is_country(country) else None
    if metadata is None or len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[metadata.country_code]) > 1:
        return None
    mobile = metadata.mobile.national_number_pattern if metadata.mobile else None
    if not mobile:
        return None
    special = (getattr(metadata, kind) for kind in _SPECIAL_KINDS)
    patterns = [f"(?:{kind.national_number_pattern})" for kind in special if kind and kind.national_number_pattern]
    trunk = metadata.national_prefix_for_parsing
    return _Plan(
        country=country,
        calling_code=str(metadata.country_code),
        mobile=re.compile(mobile),
        special=re.compile("|".join(patterns)) if patterns else None,
        trunk_prefix=re.compile(trunk) if trunk else None,
    )


def _ask_library(text: str, country: str | None) -> Phone | PhoneProblem:
    try:
        number = library.parse(text, country)
    except library.NumberParseException as error:
        return _parse_problem(error)
    if not library.is_valid_number(number):
        return _length_problem(number)
    region = library.region_code_for_number(number) or ""
    return Phone(
        e164=library.format_number(number, library.PhoneNumberFormat.E164),
        type=_type(library.number_type(number)),
        country=region if region != "001" else "",
        national=str(library.national_significant_number(number)),
    )


def _type(kind: int) -> PhoneType:
    if kind in _MOBILE_TYPES:
        return PhoneType.MOBILE
    return PhoneType.FIXED if kind == phonenumbers.PhoneNumberType.FIXED_LINE else PhoneType.OTHER


def _parse_problem(error: Any) -> PhoneProblem:
    kinds = phonenumbers.NumberParseException
    if error.error_type == kinds.TOO_LONG:
        return PhoneProblem.TOO_LONG
    if error.error_type in (kinds.TOO_SHORT_NSN, kinds.TOO_SHORT_AFTER_IDD, kinds.NOT_A_NUMBER):
        return PhoneProblem.TOO_SHORT
    return PhoneProblem.NOT_IN_PLAN


def _length_problem(number: Any) -> PhoneProblem:
    possible = library.is_possible_number_with_reason(number)
    if possible in (phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return PhoneProblem.TOO_SHORT
    return PhoneProblem.TOO_LONG if possible == phonenumbers.ValidationResult.TOO_LONG else PhoneProblem.NOT_IN_PLAN
