"""In which character set a file is written, and whether it is text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from console.errors import UserError
from contacts.services.importing import encoding

Write = Callable[..., Path]

SPANISH = "nombre;email\nBegoña Peña;b@x.es\nÍñigo Núñez;i@x.es\nJosé Ávila;j@x.es\n"
PORTUGUESE = "nome;email\nJoão Conceição;a@b.es\nAção São;i@b.es\nLúcia Guimarães;j@b.es\n"
FRENCH = "nom;email\nFrançois Lefèvre;a@b.fr\nAndré Hélène;i@b.es\nLœtitia Noël;j@b.es\n"
GREEK = "όνομα;email\nΓιώργος Παπαδόπουλος;a@b.gr\nΕλένη Κώστα;e@b.gr\n"


@pytest.mark.parametrize("thorough", [True, False])
@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        (SPANISH, "utf-8", "utf-8"),
        (SPANISH, "utf-8-sig", "utf-8-sig"),
        (SPANISH, "cp1252", "cp1252"),
        (PORTUGUESE, "cp1252", "cp1252"),
        (FRENCH, "cp1252", "cp1252"),
        (GREEK, "cp1253", "cp1253"),
        (SPANISH, "utf-16", "utf-16"),
        (SPANISH, "utf-16-le", "utf-16-le"),
        (SPANISH, "utf-16-be", "utf-16-be"),
        ("email\na@x.es\n", "ascii", "utf-8"),
    ],
)
def test_the_character_set_is_found(write: Write, text: str, written: str, found: str, thorough: bool) -> None:
    detected = encoding.detect(write(text, written), thorough=thorough)
    assert (detected.name, detected.damaged) == (found, False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04 something of a workbook", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook", "workbook"),
        (b"%PDF-1.7 a document", "binary"),
        (b"\x89PNG\r\n\x1a\n a picture", "binary"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x00\x01\x02\x03" * 1000, "binary"),
    ],
)
def test_what_is_no_text_is_refused(write: Write, content: bytes, code: str) -> None:
    with pytest.raises(UserError) as refused:
        encoding.detect(write(content), thorough=True)
    assert refused.value.code == code


def test_a_line_without_end_is_no_table(write: Write) -> None:
    with pytest.raises(UserError, match="not a text file"):
        encoding.detect(write(b"email\n" + b"x" * (3 * encoding.BLOCK)), thorough=True)


def test_one_broken_line_does_not_turn_the_others_into_another_language(write: Write) -> None:
    good = "Begoña;b@x.es\n".encode() * 200
    found = encoding.detect(write(b"nombre;email\n" + good + b"Pe\xf1a;p@x.es\n"), thorough=True)
    assert (found.name, found.damaged) == ("utf-8", True)


def test_a_letter_cut_at_the_end_of_the_sample_is_no_damage(write: Write) -> None:
    text = "nombre;email\n" + "ñ" * (encoding.SAMPLE // 2) + ";a@x.es\n"
    assert encoding.detect(write(text), thorough=False).name == "utf-8"


def test_a_nul_among_text_is_noticed(write: Write) -> None:
    assert encoding.detect(write("email\n" + "a@x.es\n" * 500 + "b\0@x.es\n"), thorough=True).nul
