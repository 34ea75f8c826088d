"""The files that a rehearsal imports."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from campaigns.demo.people import Person

HEADER = ("external_id", "first_name", "last_name", "email", "phone", "ciudad", "puntos")


def write_people(path: Path, people: Iterable[Person]) -> None:
    """A CSV as an operator would have it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for one in people:
            writer.writerow((one.key, one.first_name, one.last_name, one.email, one.phone, one.city, one.points))


def first_rows(source: Path, limit: int, target: Path) -> Path:
    """The header and the first `limit` lines of a file, byte for byte, whatever its encoding."""
    with source.open("rb") as lines, target.open("wb") as kept:
        for number, line in enumerate(lines):
            if number > limit:
                break
            kept.write(line)
    return target
