"""A CSV file as rows of text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from console.errors import UserError
from contacts.services.importing import reading

Write = Callable[..., Path]


def table(path: Path) -> tuple[reading.Layout, list[reading.Row]]:
    layout = reading.layout(path, thorough=True)
    return layout, list(reading.rows(layout))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(write: Write, separator: str) -> None:
    text = "nombre,email,ciudad\nAna,a@x.es,Bilbao\nLuis,l@x.es,Getxo\n".replace(",", separator)
    layout, rows = table(write(text))
    assert layout.separator == separator
    assert rows == [(2, ["Ana", "a@x.es", "Bilbao"]), (3, ["Luis", "l@x.es", "Getxo"])]


def test_a_separator_inside_quotes_or_values_does_not_mislead(write: Write) -> None:
    layout, rows = table(write('nombre;nota\nAna;"uno, dos; tres"\nLuis;cuatro, cinco\n'))
    assert layout.separator == ";"
    assert rows[0][1] == ["Ana", "uno, dos; tres"]


def test_one_column_needs_no_separator(write: Write) -> None:
    layout, rows = table(write("email\na@x.es\nb@x.es\n"))
    assert (layout.headings, len(rows)) == (("email",), 2)


def test_excel_may_name_the_separator_in_a_line_of_its_own(write: Write) -> None:
    layout, rows = table(write("sep=;\nnombre;email\nAna;a@x.es\n"))
    assert (layout.headings, rows) == (("nombre", "email"), [(3, ["Ana", "a@x.es"])])


def test_a_quote_after_a_space_is_a_quote(write: Write) -> None:
    _layout, rows = table(write('email, nombre\na@x.es, "Gil, Ana"\n'))
    assert rows == [(2, ["a@x.es", "Gil, Ana"])]


def test_blank_rows_are_no_rows_but_count_for_the_number(write: Write) -> None:
    _layout, rows = table(write("email;nombre\n\na@x.es;Ana\n;\nb@x.es;Luis\n"))
    assert [row_no for row_no, _cells in rows] == [3, 5]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(write: Write, end: str) -> None:
    _layout, rows = table(write(end.join(["email;nombre", "a@x.es;Ana", "b@x.es;Luis"])))
    assert [cells[1] for _row_no, cells in rows] == ["Ana", "Luis"]


@pytest.mark.parametrize("first", ["a@x.es;Ana", "+34 600 11 22 33;Ana", "Ana;600112233"])
def test_a_first_row_with_an_address_is_no_heading(write: Write, first: str) -> None:
    layout, rows = table(write(f"{first}\nb@x.es;Luis\n"))
    assert (layout.has_heading, layout.headings, len(rows)) == (False, ("", ""), 2)


@pytest.mark.parametrize("text", ["", "\n\n", " , ,\n"])
def test_a_file_without_rows_is_refused(write: Write, text: str) -> None:
    with pytest.raises(UserError) as refused:
        reading.layout(write(text), thorough=True)
    assert refused.value.code == "empty"


def test_a_heading_with_an_at_sign_is_a_heading(write: Write) -> None:
    assert reading.layout(write("nombre;correo@\nAna;a@x.es\n"), thorough=True).has_heading


def test_too_many_columns_are_refused(write: Write) -> None:
    with pytest.raises(UserError, match="401 columns"):
        reading.layout(write(";".join(f"c{n}" for n in range(401)) + "\n"), thorough=True)


def test_a_huge_cell_is_refused_with_its_row(write: Write) -> None:
    layout = reading.layout(write("email;nota\na@x.es;x\nb@x.es;" + "y" * 140_000 + "\n"), thorough=True)
    with pytest.raises(UserError, match="Row 3 cannot be read"):
        reading.count(layout)


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_row(write: Write) -> None:
    rest = "".join(f"p{n}@x.es;x\n" for n in range(600))
    layout = reading.layout(write('email;nota\na@x.es;x\nb@x.es;"nunca cerrado\n' + rest), thorough=True)
    with pytest.raises(UserError, match="Row 3 cannot be read"):
        reading.count(layout)


def test_what_is_found_can_be_overruled(write: Write) -> None:
    layout = reading.layout(write("nombre;email\nPe\u00f1a;a@x.es\n", "cp1252"), thorough=True, encoding="cp1250")
    assert [cells for _row_no, cells in reading.rows(layout)][0][0] == "Peńa"
