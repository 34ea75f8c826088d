"""What a file is, before anything of it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from console.errors import UserError
from console.formats import number
from contacts.services.importing import mapping, reading

SAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file before anything is saved. `rows` is None when only its beginning was read. `warnings` are sentences."""

    layout: reading.Layout
    columns: tuple[mapping.Column, ...]
    sample: tuple[list[str], ...]
    rows: int | None
    warnings: tuple[str, ...]

    @property
    def has_identity(self) -> bool:
        """False when no column can be a phone, an email or an external id."""
        return any(column.target in mapping.IDENTIFYING for column in self.columns)


def inspect(path: Path, *, thorough: bool = False, encoding: str = "", separator: str = "") -> Inspection:
    """Find out what a file is. `thorough` reads it wholly and counts its rows.

    Raises UserError for what is no table, is empty, or cannot be read to its end.
    """
    layout = reading.layout(path, thorough=thorough, encoding=encoding, separator=separator)
    sample = reading.sample(layout, SAMPLE_ROWS)
    rows = reading.count(layout) if thorough else None
    if not sample:
        raise UserError(
            _("This file has a heading and no rows. Export the contacts again and upload the new file."), code="no_rows"
        )
    columns = mapping.guess(layout.headings, sample)
    return Inspection(layout, columns, tuple(sample), rows, tuple(_warnings(layout)))


def _warnings(layout: reading.Layout) -> Iterator[str]:
    named = [heading for heading in layout.headings if heading]
    for heading in dict.fromkeys(named):
        if (times := named.count(heading)) > 1:
            yield _("%(n)s columns are called “%(name)s”. The others get a number at the end of their name.") % {
                "n": number(times),
                "name": heading,
            }
    if not layout.has_heading:
        yield _("The first row looks like a person, not like headings, so it is imported too.")
    if layout.encoding.damaged:
        yield _("Some letters are not in the character set of the file. Rows with such letters are not imported.")
