"""Cells that a spreadsheet cannot take for a formula."""

from __future__ import annotations

import pytest

from contacts.spreadsheets import safe_cell


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "＝1"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+34600112233", "-5", "-5.25", "Ana", "", "600 11 22 33"])
def test_numbers_phones_and_names_stay(text: str) -> None:
    assert safe_cell(text) == text
