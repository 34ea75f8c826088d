"""Alphabet, units and parts of an SMS, against what six published libraries count and against smsutil."""

from __future__ import annotations

import json
from typing import Any

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sms import BASIC, EXTENSION, count, to_gsm
from tests.paths import SHARED

VECTORS: list[dict[str, Any]] = json.loads((SHARED / "data" / "sms_segments.json").read_text("utf-8"))["vectors"]
ENCODINGS = {"GSM-7": "gsm7", "UCS-2": "ucs2"}

mixed = st.text(alphabet=st.sampled_from(BASIC + EXTENSION + "áíçó“…Ωя您🐳🇮"), max_size=500)
gsm = st.text(alphabet=st.sampled_from(BASIC + EXTENSION * 12), max_size=700)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_a_text_counts_as_the_published_libraries_count_it(vector: dict[str, Any]) -> None:
    counted = count(vector["text"])
    ours = {"encoding": counted.encoding, "units": counted.characters, "segments": counted.parts}
    theirs = {"encoding": ENCODINGS.get(vector["encoding"]), "units": vector["units"], "segments": vector["segments"]}
    agreed = {key for key, value in theirs.items() if value is not None}  # null: the libraries differ
    assert {k: ours[k] for k in agreed} == {k: theirs[k] for k in agreed}


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.get("units_per_segment")], ids=lambda v: v["id"])
def test_what_is_left_in_the_last_part_is_its_size_less_what_the_libraries_put_there(vector: dict[str, Any]) -> None:
    counted, sizes = count(vector["text"]), vector["units_per_segment"]
    single, several = (160, 153) if counted.encoding == "gsm7" else (70, 67)
    assert counted.left == (several if len(sizes) > 1 else single) - sizes[-1]


@given(st.one_of(mixed, gsm).filter(bool))
def test_any_text_counts_as_smsutil_counts_it(text: str) -> None:
    counted, oracle = count(text), smsutil.split(text)
    width = 1 if oracle.encoding == "gsm0338" else 2
    assert (counted.encoding, counted.parts, counted.characters) == (
        "gsm7" if width == 1 else "ucs2",
        len(oracle.parts),
        oracle.total_bytes // width,
    )


@given(st.one_of(mixed, gsm))
def test_characters_and_left_never_exceed_the_room_of_the_parts(text: str) -> None:
    counted = count(text)
    single, several = (160, 153) if counted.encoding == "gsm7" else (70, 67)
    room = single if counted.parts == 1 else several * counted.parts
    torn = room - counted.characters - counted.left  # one unit for each pair that moved to the next part
    assert 0 <= torn < counted.parts


def test_an_empty_text_is_one_empty_part() -> None:
    counted = count("")
    assert (counted.parts, counted.characters, counted.left, counted.encoding) == (1, 0, 160, "gsm7")


def test_a_bare_escape_character_is_no_gsm_letter() -> None:
    assert count("\x1b").encoding == "ucs2"


def test_a_lone_surrogate_counts_as_one_unit_and_does_not_fail() -> None:
    assert count("\ud83d").characters == 1


def test_forcing_characters_come_once_and_in_order_of_appearance() -> None:
    assert count("Código, adelántate, sólo ñ é 🐳").forcing == ("ó", "á", "🐳")


def test_spanish_letters_of_the_basic_table_force_nothing() -> None:
    assert count("¿Mañana? ¡É, ü, à, Ç y €!").forcing == ()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("adelántate, Código", "adelantate, Codigo"),
        ("“día” – sí… ‘ya’ «hoy»", '"dia" - si... \'ya\' "hoy"'),
        ("Promoção: não perca", "Promocao: nao perca"),
        ("1\u00a0000\tpuntos\u200b", "1 000 puntos"),
        ("Καλημέρα", "KAΛHMEPA"),
        ("cafe\u0301", "café"),
        ("Łódź, œuvre, ĳs, 2.º, ™", "Lodz, oeuvre, ijs, 2.o, TM"),
    ],
)
def test_a_letter_that_forces_unicode_becomes_its_nearest_gsm_neighbour(text: str, plain: str) -> None:
    assert to_gsm(text) == plain
    assert count(plain).encoding == "gsm7"


@pytest.mark.parametrize("text", ["Привет", "您好", "नमस्ते", "🐳 ❤️", "2½", "10²"])
def test_what_has_no_neighbour_stays(text: str) -> None:
    assert to_gsm(text) == text


@given(gsm)
def test_a_gsm_text_has_nothing_to_replace(text: str) -> None:
    assert to_gsm(text) == text


@given(st.text(max_size=80))
def test_replacing_twice_replaces_nothing_more(text: str) -> None:
    assert to_gsm(to_gsm(text)) == to_gsm(text)
