"""Streams a file into the database, chunk by chunk.

Each chunk is one transaction with its counts and the place where it ended, so a worker that dies loses nothing and
the next one goes on exactly there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, Self

from django.db import transaction
from django.utils.translation import gettext as _

from console.errors import UserError
from console.models import User, Workspace
from console.services import audit
from contacts.services import fields, groups
from contacts.services.importing import mapping, reading, writing
from contacts.services.importing.ahead import ahead
from contacts.services.importing.inspection import Inspection, inspect
from contacts.services.importing.leftovers import Leftovers
from contacts.services.importing.merging import Target, merge
from contacts.services.importing.outcome import Outcome
from contacts.services.importing.rows import Candidate, Rejected, Rejection, RowReader
from contacts.services.importing.seen import Seen
from contacts.states import GroupKind

CHUNK = 5_000  # rows of one transaction
_STATISTICS_AFTER = (1, 10, 100)  # chunks


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be imported. `country`: of numbers without a country code. `list_name`, `tags`: made when
    they are missing. `channels`: people have said yes to these, with `basis`, `wording` and `evidence`.
    `columns`, `encoding`, `separator`: instead of what is guessed."""

    country: str
    list_name: str = ""
    tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    basis: str = ""
    wording: str = ""
    evidence: str = ""
    dry_run: bool = False
    columns: tuple[mapping.Column, ...] = ()
    encoding: str = ""
    separator: str = ""

    def as_params(self) -> dict[str, Any]:
        """JSON for `Job.params`."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"columns": [column.as_params() for column in self.columns]}

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        lists = {name: tuple(params[name]) for name in ("tags", "channels")}
        columns = tuple(mapping.Column.from_params(column) for column in params["columns"])
        return cls(**{**params, **lists, "columns": columns})


class Steps(Protocol):
    """Who is told about progress, and remembers it."""

    def begun(self) -> Outcome:
        """What an earlier worker did already."""

    def hold(self, done: int, total: int) -> bool:
        """Called inside the transaction of a chunk, before it is written down. False: somebody took over, stop."""

    def keep(self, outcome: Outcome) -> None:
        """Called inside the same transaction: remember the place."""


class TakenOver(Exception):
    """Another worker has the job; what this one did in its last chunk is rolled back."""


def carry_out(
    workspace: Workspace,
    path: Path,
    options: Options,
    actor: User | None,
    now: datetime,
    steps: Steps,
    leftovers: Path,
) -> Outcome | None:
    """Import a file and say what became of it; None when another worker took over.

    Raises UserError, before anything is saved, for a file that cannot be imported.
    """
    begun = time.monotonic()
    inspection = inspect(path, thorough=True, encoding=options.encoding, separator=options.separator)
    columns = _columns(inspection, options)
    outcome = steps.begun()
    outcome.total, outcome.dry_run = inspection.rows or 0, options.dry_run
    encoding = inspection.layout.encoding
    reader = RowReader(columns, options.country, damaged=encoding.damaged, nul=encoding.nul)
    file = Leftovers(leftovers, [column.heading for column in columns], outcome.offset)
    importing = _Import(_target(workspace, options, actor, now), options, outcome, steps, file, now)
    try:
        importing.register(mapping.labels(columns))
        with ahead(_chunks(reader, reading.rows(inspection.layout), outcome.total, outcome.last_row)) as chunks:
            for n, chunk in enumerate(chunks, 1):
                importing.take(chunk)
                if n in _STATISTICS_AFTER and not options.dry_run:
                    writing.refresh_statistics()
    except TakenOver:
        return None
    finally:
        file.close()
    if not outcome.has_leftovers:
        leftovers.unlink(missing_ok=True)
    outcome.seconds += time.monotonic() - begun
    if not options.dry_run:
        counts: dict[str, Any] = {"created": outcome.created, "updated": outcome.updated, "rejected": outcome.refused}
        audit.record("contacts.imported", workspace=workspace, actor=actor, now=now, rows=outcome.rows, **counts)
    return outcome


def _columns(inspection: Inspection, options: Options) -> tuple[mapping.Column, ...]:
    """As somebody chose them, else as they are guessed."""
    columns = options.columns or inspection.columns
    if any(column.target in mapping.IDENTIFYING for column in columns):
        return columns
    names = ", ".join(column.heading for column in columns if column.heading)[:300] or "–"
    raise UserError(
        _("No column of this file is a phone, an email or an external id. Its columns are: %(names)s.")
        % {"names": names},
        code="no_identity",
    )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows that were read together: the people among them, the rows sorted out already, and how many in all."""

    people: list[Candidate]
    refused: list[Rejected]
    rows: int
    last_row: int


def _chunks(reader: RowReader, rows: Iterator[reading.Row], total: int, done: int) -> Iterator[_Chunk]:
    """The rows after row `done`. Those before it are read for one thing: who repeats them."""
    seen = Seen(total)
    while batch := list(islice(rows, CHUNK)):
        people: list[Candidate] = []
        refused: list[Rejected] = []
        for row_no, cells in batch:
            found = reader.read(row_no, cells)
            if isinstance(found, Rejected):
                refused.append(found)
            elif seen.repeats(found):
                refused.append(Rejected(row_no, found.cells, Rejection.DUPLICATE))
            else:
                people.append(found)
        last_row = batch[-1][0]
        if last_row > done:
            yield _Chunk(people, refused, len(batch), last_row)


class _Import:
    """The state of a running import between its chunks."""

    def __init__(
        self, target: Target, options: Options, outcome: Outcome, steps: Steps, file: Leftovers, now: datetime
    ) -> None:
        self._target, self._options, self._outcome = target, options, outcome
        self._steps, self._file, self._now = steps, file, now
        self._registered: set[str] = set()

    def register(self, labels: Mapping[str, str]) -> None:
        """Make fields known to the workspace before their first value is written."""
        fresh = {name: label for name, label in labels.items() if name not in self._registered}
        if fresh and not self._options.dry_run:
            fields.register(self._target.workspace, fresh)
        self._registered.update(fresh)

    def take(self, chunk: _Chunk) -> None:
        """One transaction: people, counts, and the place to go on from."""
        with transaction.atomic():
            self.register({name: name for person in chunk.people for name in person.attributes})
            merged = merge(self._target, chunk.people, self._now, dry_run=self._options.dry_run)
            if not self._steps.hold(self._outcome.rows + chunk.rows, self._outcome.total):
                raise TakenOver
            refused = [*chunk.refused, *merged.rejected]
            gone = {row.row_no for row in merged.rejected}
            incomplete = [person for person in chunk.people if person.problems and person.row_no not in gone]
            self._outcome.add(chunk.rows, merged, refused, incomplete)
            leftovers: list[Rejected | Candidate] = [*refused, *incomplete]
            for row in sorted(leftovers, key=lambda one: one.row_no):
                self._file.add(row)
            self._outcome.last_row, self._outcome.offset = chunk.last_row, self._file.sync()
            self._steps.keep(self._outcome)


def _target(workspace: Workspace, options: Options, actor: User | None, now: datetime) -> Target:
    wanted = [(GroupKind.LIST, options.list_name), *((GroupKind.TAG, tag) for tag in options.tags)]
    made = (
        ()
        if options.dry_run
        else tuple(groups.find_or_create(workspace, kind, name, actor, now) for kind, name in wanted if name.strip())
    )
    return Target(workspace, made, options.channels, options.basis, options.wording, options.evidence, actor)
