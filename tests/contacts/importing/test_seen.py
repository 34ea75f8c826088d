"""Which people of a file were there already."""

from __future__ import annotations

import random

import pytest

from contacts.services.importing.rows import Candidate
from contacts.services.importing.seen import HashTable, Seen


def person(text: str) -> Candidate:
    key, email, phone = text.split(";")
    return Candidate(2, [], key=key, email=email, phone=phone)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("K1;a@x.es;600112233", "K1;b@x.es;600112244", True),
        ("K1;a@x.es;600112233", "K2;a@x.es;600112244", True),
        ("K1;a@x.es;600112233", ";a@x.es;", True),
        (";;600112233", ";;600112233", True),
        ("K1;a@x.es;600112233", ";;600112233", True),
        (";;600112233", "K1;a@x.es;600112233", True),
        ("K1;a@x.es;600112233", "K2;b@x.es;600112233", False),  # a family shares a phone
        (";a@x.es;600112233", ";b@x.es;600112233", False),
    ],
)
def test_a_person_who_comes_again_is_recognised(first: str, second: str, same: bool) -> None:
    seen = Seen()
    assert not seen.repeats(person(first))
    assert seen.repeats(person(second)) is same


@pytest.mark.parametrize("expected", [0, 3_000])
def test_the_table_answers_like_a_set_however_it_grows(expected: int) -> None:
    chance, table, reference = random.Random(5), HashTable(expected), set()
    for _ in range(3_000):
        # Few low bits, so that many belong to the same place.
        number = chance.randrange(1, 1_500) << chance.choice([0, 1, 40])
        assert (number in table) == (number in reference)
        assert table.add(number) == (number in reference)
        reference.add(number)
