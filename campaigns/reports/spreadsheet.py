"""Writing tables that people open in a spreadsheet: CSV that cannot run as a formula, and JSON lines for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TextIO

from contacts.spreadsheets import safe_cell

BOM = "\ufeff"  # without it Excel reads UTF-8 as the local 8-bit character set


class Table(Protocol):
    def head(self, columns: Sequence[str]) -> None: ...
    def rows(self, rows: Iterable[Sequence[Any]]) -> None: ...


class CsvTable:
    """RFC 4180. `bom`: begin with a byte order mark, for Excel."""

    def __init__(self, file: TextIO, *, bom: bool = False) -> None:
        self._file, self._bom = file, bom
        self._writer = csv.writer(file)

    def head(self, columns: Sequence[str]) -> None:
        if self._bom:
            self._file.write(BOM)
        self._writer.writerow(columns)

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        self._writer.writerows([safe_cell(value) if isinstance(value, str) else value for value in row] for row in rows)


class JsonLines:
    """One JSON object a line, values as they are."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._columns: tuple[str, ...] = ()

    def head(self, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        encode = json.JSONEncoder(ensure_ascii=False).encode
        self._file.writelines(encode(dict(zip(self._columns, row, strict=True))) + "\n" for row in rows)


def open_table(file: TextIO, kind: str, *, bom: bool = False) -> Table:
    """The writer for "csv" or "jsonl" on an open text file (opened with newline="")."""
    return JsonLines(file) if kind == "jsonl" else CsvTable(file, bom=bom)
