"""A file on the disk, and its import in the foreground."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from console.models import Workspace
from contacts.services import imports

Write = Callable[..., Path]
Run = Callable[..., imports.Outcome]


class Quiet:
    """`Steps` that nobody watches."""

    def begun(self) -> imports.Outcome:
        return imports.Outcome()

    def hold(self, done: int, total: int) -> bool:
        return True

    def keep(self, outcome: imports.Outcome) -> None:
        pass


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """write(text or bytes, encoding) is the path of a file that holds it."""

    def make(content: str | bytes, encoding: str = "utf-8", name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


@pytest.fixture
def run(write: Write, workspace: Workspace, now: datetime, tmp_path: Path) -> Run:
    """run(text, option=…) imports it into the workspace, with Spain as the country of numbers."""

    def carry_out(content: str | bytes | Path, **options: Any) -> imports.Outcome:
        path = content if isinstance(content, Path) else write(content)
        how = imports.Options(**{"country": "ES", **options})
        outcome = imports.carry_out(workspace, path, how, None, now, Quiet(), tmp_path / "leftovers.csv")
        assert outcome is not None
        assert outcome.rows == outcome.imported + outcome.duplicates + outcome.refused
        return outcome

    return carry_out


@pytest.fixture
def leftovers(tmp_path: Path) -> Callable[[], list[list[str]]]:
    """leftovers() are the rows of the file of rows to look at, after its heading."""

    def read() -> list[list[str]]:
        path = tmp_path / "leftovers.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))[1:]

    return read
