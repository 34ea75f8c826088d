"""A CSV file as rows of text: separator, heading, and everything that can be wrong with a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from console.errors import UserError
from console.formats import number
from contacts import emails
from contacts.services.importing import encoding as charset

SEPARATORS = ",;\t|"
MOST_LINES = 500  # of one row; more is a quotation mark that swallows the rows after it
MOST_COLUMNS = 400
_SAMPLE_ROWS = 50
_SPREADSHEET_HINT = "sep="  # a first line with which Excel is told the separator

_NUMBER = re.compile(r"[+(]?(?:[\s().\-]*\d){7,15}")

Row = tuple[int, list[str]]  # number as a spreadsheet shows it, cells


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read the file. `headings` are made up when `has_heading` is False. `skip`: lines before the table."""

    path: Path
    encoding: charset.Encoding
    separator: str
    headings: tuple[str, ...]
    has_heading: bool
    skip: int = 0


def layout(path: Path, *, thorough: bool, encoding: str = "", separator: str = "") -> Layout:
    """Find out how a file is written; `encoding` and `separator` overrule what is found.

    Raises UserError for a file that cannot be a table of contacts.
    """
    found = charset.detect(path, thorough=thorough)
    if encoding:
        found = charset.Encoding(encoding, damaged=True, nul=found.nul)
    with _open(path, found) as file:
        lines = list(io.StringIO(file.read(charset.SAMPLE), newline=""))
    skip = 0
    if lines[0].strip().lower().startswith(_SPREADSHEET_HINT):
        separator = separator or lines[0].strip()[len(_SPREADSHEET_HINT) :][:1]
        skip = 1
    separator = separator or _separator(lines[skip:])
    head = next((row for row in _parse(lines[skip:], separator) if any(cell.strip() for cell in row)), [])
    if not head:
        raise UserError(_("This file has no rows. Export the contacts again and upload the new file."), code="empty")
    if len(head) > MOST_COLUMNS:
        raise UserError(
            _("This file has %(n)s columns. At most %(most)s can be imported.")
            % {"n": number(len(head)), "most": number(MOST_COLUMNS)},
            code="columns",
        )
    has_heading = not any(_is_data(cell) for cell in head)
    headings = [" ".join(cell.split()) for cell in head] if has_heading else [""] * len(head)
    return Layout(path, found, separator, tuple(headings), has_heading, skip)


def rows(table: Layout) -> Iterator[Row]:
    """The data rows, without blank ones. Raises UserError where the file cannot be read on."""
    with _open(table.path, table.encoding) as file:
        for _line in range(table.skip):
            next(file, None)
        reader = csv.reader(file, delimiter=table.separator, skipinitialspace=True)
        heading_to_come = table.has_heading
        row_no, line_no = table.skip, 0
        while True:
            row_no += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UserError(_broken(row_no), code="broken") from error
            if reader.line_num - line_no > MOST_LINES:
                raise UserError(_broken(row_no), code="broken")
            line_no = reader.line_num
            if not cells or not any(cells):
                continue
            if heading_to_come:
                heading_to_come = False
                continue
            yield row_no, cells


def count(table: Layout) -> int:
    """How many data rows there are. Raises UserError as `rows` does, so that nothing is imported of a broken file."""
    return sum(1 for _row in rows(table))


def sample(table: Layout, n: int = 5) -> list[list[str]]:
    """The cells of the first rows."""
    return [cells for _row_no, cells in islice(rows(table), n)]


def _open(path: Path, encoding: charset.Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors="replace" if encoding.damaged else "strict", newline="")


def _broken(row_no: int) -> str:
    return _(
        "Row %(row)s cannot be read. Either a quotation mark is opened there and never closed, "
        "or a cell is too long. Correct it in the file and upload it again."
    ) % {"row": number(row_no)}


def _separator(lines: list[str]) -> str:
    """The separator under which the rows agree best about the number of columns; a comma for one column."""
    best, best_score = ",", (0.0, 0)
    for candidate in SEPARATORS:
        widths = [len(row) for row in islice(_parse(lines, candidate), _SAMPLE_ROWS) if any(row)]
        if not widths or widths[0] < 2:
            continue
        agreeing = sum(1 for width in widths if width == widths[0]) / len(widths)
        if (agreeing, widths[0]) > best_score:
            best, best_score = candidate, (agreeing, widths[0])
    return best


def _parse(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=separator, skipinitialspace=True)
    except csv.Error:
        return


def _is_data(cell: str) -> bool:
    """An email address or a phone number is no heading."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell)) or ("@" in cell and emails.is_address(cell))
