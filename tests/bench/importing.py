"""Import of a CSV with phones parsed, beside the same rows read and written without looking at them."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from django.db import connection
from django.utils import timezone

from campaigns.demo.people import people
from campaigns.demo.spreadsheet import HEADER, write_people
from console.models import Workspace
from contacts.services import imports
from contacts.services.imports import Options, Outcome
from tests.bench.measure import Figure, rate


class Unwatched:
    """Nobody waits for this import, and nobody else takes it over."""

    def begun(self) -> Outcome:
        return Outcome()

    def hold(self, done: int, total: int) -> bool:
        return True

    def keep(self, outcome: Outcome) -> None:
        return None


def figure(rows: int) -> Figure:
    workspace = Workspace.objects.create(name="Import", slug="import", default_country="ES")
    with tempfile.TemporaryDirectory() as folder:
        path, leftovers = Path(folder) / "people.csv", Path(folder) / "rejected.csv"
        write_people(path, people(rows))
        options = Options(country="ES", channels=("sms", "email"))
        now = timezone.now()
        ours = rate(rows, lambda: imports.carry_out(workspace, path, options, None, now, Unwatched(), leftovers))
        return Figure("import, rows", ours, rate(rows, lambda: _bare(path)), note=f"{rows:,} rows, phones parsed")


def _bare(path: Path) -> None:
    columns = ", ".join(f"{name} varchar(254)" for name in HEADER)
    with path.open(encoding="utf-8", newline="") as file, connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bare_import ({columns})")
        marks = ", ".join(["%s"] * len(HEADER))
        reader = csv.reader(file)
        next(reader)
        cursor.executemany(f"INSERT INTO bare_import VALUES ({marks})", list(reader))
        cursor.execute("DROP TABLE bare_import")
