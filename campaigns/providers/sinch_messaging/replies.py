"""Which replies of a search are new: windows overlap, as `receive/list` would lose what we do not commit (§9.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campaigns.providers.base import Event

OVERLAP = timedelta(hours=1)
# Ids that a cursor remembers; beyond that a reply comes twice, and the inbox knows it by its id.
MOST_SEEN = 2_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to when replies were asked for, and the ids of those that the next window shows again."""

    until: datetime | None = None
    seen: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """The cursor that `text` wrote; a fresh one, which asks for all that Sinch still has, when it is none."""
        at, _, seen = text.partition(" ")
        try:
            return cls(datetime.fromisoformat(at), tuple(seen.split()))
        except ValueError:
            return cls()

    def text(self) -> str:
        return " ".join([self.until.isoformat() if self.until else "", *self.seen[-MOST_SEEN:]])

    def query(self) -> list[tuple[str, str]]:
        """The window to search: without a start Sinch gives five days."""
        if self.until is None:
            return []
        return [("start", (self.until - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))]

    def fresh(self, found: Sequence[Event]) -> tuple[list[Event], tuple[str, ...]]:
        """The replies that were not there before, and the ids of all that are there now."""
        known = set(self.seen)
        return [event for event in found if event.event_id not in known], tuple(event.event_id for event in found)
