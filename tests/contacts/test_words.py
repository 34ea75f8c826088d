"""What people type to find somebody."""

from __future__ import annotations

import re

import pytest

from contacts import words


@pytest.mark.parametrize(
    ("text", "folded"),
    [("GARCÍA", "garcia"), ("Muñoz", "munoz"), ("Straße", "strasse"), ("Łukasz Øre", "lukasz ore"), ("Ç", "c")],
)
def test_capitals_and_accents_do_not_matter(text: str, folded: str) -> None:
    assert words.fold(text) == folded


def test_a_contact_is_found_by_every_word_and_both_forms_of_the_phone() -> None:
    text = words.search_text("C-20418", "aitor.m@euskalnet.eus", "María José", "Ruiz", "+34600112233", "600112233")
    assert text == "maria jose ruiz c 20418 aitor m euskalnet eus 34600112233 600112233"


def test_a_key_of_digits_in_groups_is_found_in_one_piece_too() -> None:
    assert "202400123" in words.search_text("2024-00123", "", "", "", "", "").split()


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("600 11 22 33", (("600112233",),)),
        ("+34 600 11", (("3460011",),)),
        ("0034 600", (("0034600", "34600"),)),
        ("06 00 11", (("060011", "60011"),)),
        ("garcia mar", (("garcia",), ("mar",))),
        ("ana@", (("ana",),)),
        ("C-20418", (("c",), ("20418",))),
        ("12", (("12",),)),
        ('"; DROP * OR (', (("drop",), ("or",))),
        ("  %_ ", ()),
    ],
)
def test_a_query_becomes_beginnings_of_words(typed: str, terms: tuple[tuple[str, ...], ...]) -> None:
    assert words.query(typed).terms == terms


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Código postal", "codigo_postal"),
        ("Subscription Date (Substack)", "subscription_date_substack"),
        ("2ª compra", "field_2a_compra"),
        ("¿?", ""),
        ("x" * 80, "x" * 60),
    ],
)
def test_a_heading_becomes_the_name_of_a_placeholder(label: str, name: str) -> None:
    assert words.field_name(label) == name


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("área", "GRAN ÁREA", True),
        ("AREA", "gran área", True),
        ("strasse", "Hauptstraße 3", True),
        ("Straße", "HAUPTSTRASSE", True),
        ("œuvre", "Œuvre", True),
        ("oeuvre", "Œuvre", True),
        ("50%", "50% de todo", True),
        ("a.c", "abc", False),
        ("[x]", "[X] y", True),
        ("привет", "ПРИВЕТ", True),
        ("año", "ano", True),
        ("", "x", True),
    ],
)
def test_a_part_of_a_name_is_found_whatever_the_case_and_the_accents(query: str, text: str, found: bool) -> None:
    assert bool(re.search(words.pattern(query), text, re.IGNORECASE)) is found
