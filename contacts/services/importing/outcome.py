"""What became of the rows of a file: the counts, and the place to go on from after a worker died."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from contacts.services.importing.merging import Merged
from contacts.services.importing.rows import Candidate, Rejected, Rejection


@dataclass(slots=True)
class Outcome:
    """`rows` is the sum of created, updated, unchanged, duplicates and rejected, at every moment.

    `suppressed`: imported people who will not be written to on a channel. `consents`: new consents per channel.
    `rejected`: rows by reason; `left_out`: values by "column.reason", their rows were imported without them.
    `examples`: a value for each of the reasons. `last_row` and `offset`: where a next worker goes on, in the file
    and in the file of leftovers. `seconds`: how long it took.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    suppressed: int = 0
    consents: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    last_row: int = 0
    offset: int = 0
    total: int = 0
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def imported(self) -> int:
        """People of the file who are contacts now."""
        return self.created + self.updated + self.unchanged

    @property
    def refused(self) -> int:
        return sum(self.rejected.values())

    @property
    def has_leftovers(self) -> bool:
        """True when there is something in the file of rows to look at."""
        return bool(self.refused or self.duplicates or self.left_out)

    def add(self, rows: int, merged: Merged, refused: Iterable[Rejected], people: Iterable[Candidate]) -> None:
        """Count a chunk: `merged` and everything that was sorted out before."""
        self.rows += rows
        self.created += merged.created
        self.updated += merged.updated
        self.unchanged += merged.unchanged
        self.suppressed += merged.suppressed
        self.consents.update(merged.consents)
        for row in refused:
            if row.reason == Rejection.DUPLICATE:
                self.duplicates += 1
            else:
                self.rejected[str(row.reason)] += 1
                self.examples.setdefault(str(row.reason), row.value)
        for person in people:
            for column, why, value in person.problems:
                self.left_out[f"{column}.{why}"] += 1
                self.examples.setdefault(f"{column}.{why}", value)

    def as_result(self) -> dict[str, Any]:
        """JSON for `Job.result`. Not `asdict`: it rebuilds a Counter from pairs, and so counts the pairs."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in plain.items()}

    @classmethod
    def from_result(cls, result: Mapping[str, Any]) -> Self:
        """From `as_result`; an empty mapping is an import that has not begun."""
        counters = {name: Counter(result.get(name, {})) for name in ("consents", "rejected", "left_out")}
        known = {name: value for name, value in result.items() if name in cls.__dataclass_fields__}
        return cls(**{**known, **counters})
