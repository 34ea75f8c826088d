"""Phone numbers as people write them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import phonenumbers
import pytest
import rphonenumbers

from contacts import phones
from contacts.phones import Phone, PhoneProblem, PhoneType, parse

COUNTRIES = ("ES", "PT", "BR", "MX", "FR", "GR", "DE", "IT", "GB", "US", "AR", "CL", "CO", "PE")


@pytest.mark.parametrize(
    "written",
    [
        "600 11 22 33",
        "600.11.22.33",
        "600-11-22-33",
        "+34 600 11 22 33",
        "0034 600112233",
        "34600112233",
        "(+34) 600 112 233",
        "+34 (0) 600 11 22 33",
        "600112233.0",
        "600112233,0",
        600112233.0,
        600112233,
        '="600112233"',
        "'600112233",
        "tel:+34600112233",
        "\u202a+34 600 11 22 33\u202c",
        "600\u00a011\u00a022\u00a033",
        "600112233 / 600445566",
        "600112233 ::: 944201180",
        "６００１１２２３３",
    ],
)
def test_spellings_of_a_mobile_are_one_number(written: object) -> None:
    assert parse(written, "ES") == Phone("+34600112233", PhoneType.MOBILE, "ES", "600112233")


@pytest.mark.parametrize(
    ("written", "country", "problem"),
    [
        ("", "ES", PhoneProblem.EMPTY),
        (" - ", "ES", PhoneProblem.EMPTY),
        ("6.00E+08", "ES", PhoneProblem.ROUNDED),
        ("2,50788E+11", "ES", PhoneProblem.ROUNDED),
        ("6123ABC78", "ES", PhoneProblem.LETTERS),
        ("no tiene", "ES", PhoneProblem.LETTERS),
        ("60011223", "ES", PhoneProblem.TOO_SHORT),
        ("12345", "ES", PhoneProblem.TOO_SHORT),
        ("6001122334455", "ES", PhoneProblem.TOO_LONG),
        ("5511987654321", "ES", PhoneProblem.TOO_LONG),
        ("+34 500 11 22 33", "ES", PhoneProblem.NOT_IN_PLAN),
        ("600112233", "", PhoneProblem.NO_COUNTRY),
    ],
)
def test_what_is_no_number_says_why(written: str, country: str, problem: PhoneProblem) -> None:
    assert parse(written, country) is problem


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("+34 944 20 11 80", PhoneType.FIXED),
        ("+34 600 11 22 33", PhoneType.MOBILE),
        ("+1 415 555 2671", PhoneType.MOBILE),  # fixed or mobile: an SMS may arrive
        ("+34 900 12 34 56", PhoneType.OTHER),
        ("+34 70 123 45 67", PhoneType.OTHER),
    ],
)
def test_the_type_says_whether_an_sms_can_arrive(written: str, kind: PhoneType) -> None:
    found = parse(written, "")
    assert isinstance(found, Phone) and found.type is kind


@pytest.mark.parametrize(
    ("written", "country", "e164"),
    [
        ("(33) 600112234", "ES", "+33600112234"),  # the code in brackets is somebody else's country
        ("06 00 11 22 34", "FR", "+33600112234"),
        ("0788383385", "RW", "+250788383385"),
        ("250(78) 8 383 383", "RW", "+250788383383"),
        ("+5215512345678", "ES", "+525512345678"),  # the 1 that Mexico gave up
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("+44 (0)20 7946 0958", "ES", "+442079460958"),
        ("+39 06 698 12345", "ES", "+390669812345"),
    ],
)
def test_national_habits_are_understood(written: str, country: str, e164: str) -> None:
    found = parse(written, country)
    assert isinstance(found, Phone) and found.e164 == e164


def test_a_number_of_no_country_has_none() -> None:
    found = parse("+8816 1234 5678", "ES")
    assert isinstance(found, Phone) and found.country == ""


def numbers(n: int) -> Iterator[tuple[str, str]]:
    """Plausible and implausible numbers of many countries, in every spelling; always the same ones."""
    chance = random.Random(34)
    for _ in range(n):
        country = chance.choice(COUNTRIES)
        example = phonenumbers.example_number_for_type(country, chance.choice([0, 1, 1, 1, 3, 4, 6]))
        start = str(example.national_number)[: chance.randint(1, 6)] if example else ""
        length = chance.choice([8, 9, 10, 11])
        national = start + "".join(chance.choice("0123456789") for _ in range(length - len(start)))
        code = phonenumbers.country_code_for_region(country)
        yield chance.choice([national, f"+{code}{national}", f"0{national}"]), country


def reference(text: str, country: str, library: Any) -> Phone | None:
    """What a library says in its own words."""
    try:
        number = library.parse(f"+{text[2:]}" if text.startswith("00") else text, country)
    except library.NumberParseException:
        return None
    if not library.is_valid_number(number):
        return None
    kinds = {0: PhoneType.FIXED, 1: PhoneType.MOBILE, 2: PhoneType.MOBILE}
    return Phone(
        library.format_number(number, 0),
        kinds.get(library.number_type(number), PhoneType.OTHER),
        library.region_code_for_number(number),
        library.national_significant_number(number),
    )


@pytest.mark.parametrize("library", [phonenumbers, rphonenumbers])
def test_all_ways_of_reading_agree_with_libphonenumber(monkeypatch: pytest.MonkeyPatch, library: Any) -> None:
    monkeypatch.setattr(phones, "library", library)
    for text, country in numbers(4_000):
        expected, found = reference(text, country, phonenumbers), parse(text, country)
        if isinstance(found, Phone) and expected is None:
            continue  # one of the readings that only we try
        assert (found if isinstance(found, Phone) else None) == expected, (text, country)
