"""The rows that were not imported, or not wholly, as a file that can be corrected and imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from contacts.services.importing.rows import Candidate, Rejected
from contacts.services.importing.sentences import problem_sentence
from contacts.spreadsheets import safe_cell

# The two columns added to the file's own. Their names are fixed, so that importing the file again skips them.
ADDED = ("import_row", "import_problem")
BOM = "\ufeff"  # without it Excel reads UTF-8 as the local character set


class Leftovers:
    """Writes the file row by row. `offset` continues one that was begun, throwing away what came after it."""

    def __init__(self, path: Path, headings: Sequence[str], offset: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._width = path, len(headings)
        self._file: TextIO = path.open("r+" if offset and path.exists() else "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        if offset:
            self._file.seek(offset)
            self._file.truncate()
        else:
            self._file.write(BOM)
            self._writer.writerow([*map(safe_cell, headings), *ADDED])

    def add(self, row: Rejected | Candidate) -> None:
        """A row that was rejected, or one of whose values was left out."""
        if isinstance(row, Rejected):
            problem = problem_sentence(row.reason, row.value)
        else:
            problem = " ".join(problem_sentence(f"{column}.{why}", value) for column, why, value in row.problems)
        cells = [*row.cells, *[""] * (self._width - len(row.cells))]
        self._writer.writerow([*map(safe_cell, cells), row.row_no, problem])

    def sync(self) -> int:
        """Put everything on the disk; the offset to continue from."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
