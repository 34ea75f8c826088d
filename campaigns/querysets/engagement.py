"""Opens and clicks: each person once, counted by the statement that inserts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.querysets import sql

CHUNK = 150  # rows of one INSERT: five values each, and SQLite takes 999 in old builds


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A person did it for the first time at `at`, as far as we know. `url` "" = at all."""

    dispatch_id: int
    recipient_id: int
    kind: str
    url: str
    at: datetime


def insert(rows: Sequence[Row]) -> int:
    """Keep what is new and count it; gives how many rows were. Sorted, so that two transactions never wait for each
    other in a circle."""
    new: Counter[tuple[int, str, str]] = Counter()
    ordered = sorted(rows)
    for at in range(0, len(ordered), CHUNK):
        new.update(_insert(ordered[at : at + CHUNK]))
    _count(new)
    return new.total()


def people(dispatch_id: int, kind: str, *, beyond: int | None, limit: int, backwards: bool = False) -> list[int]:
    """At most `limit` ledger ids of those who did it after `beyond` (before it, when `backwards`), ascending."""
    comparison, direction = ("<", "DESC") if backwards else (">", "ASC")
    where, params = "dispatch_id = %s AND kind = %s AND url = ''", [dispatch_id, kind]
    if beyond is not None:
        where, params = f"{where} AND recipient_id {comparison} %s", [*params, beyond]
    found = sql.rows(
        f"SELECT recipient_id FROM campaigns_engagement WHERE {where} ORDER BY recipient_id {direction} LIMIT %s",
        [*params, limit],
    )
    return sorted(int(pk) for (pk,) in found)


def _insert(rows: Sequence[Row]) -> list[tuple[int, str, str]]:
    params: list[Any] = []
    for row in rows:
        params += [row.dispatch_id, row.recipient_id, row.kind, row.url, sql.stamp(row.at)]
    found = sql.rows(
        "INSERT INTO campaigns_engagement (dispatch_id, recipient_id, kind, url, at) VALUES "
        + ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
        + " ON CONFLICT (recipient_id, kind, url) DO NOTHING RETURNING dispatch_id, kind, url",
        params,
    )
    return [(int(dispatch_id), kind, url) for dispatch_id, kind, url in found]


def _count(new: Counter[tuple[int, str, str]]) -> None:
    changed = sorted(new.items())
    for at in range(0, len(changed), CHUNK):
        piece = changed[at : at + CHUNK]
        params = [value for (dispatch_id, kind, url), n in piece for value in (dispatch_id, kind, url, n)]
        sql.run(
            "INSERT INTO campaigns_engagementtally (dispatch_id, kind, url, people) VALUES "
            + ", ".join(["(%s, %s, %s, %s)"] * len(piece))
            + " ON CONFLICT (dispatch_id, kind, url) DO UPDATE "
            "SET people = campaigns_engagementtally.people + excluded.people",
            params,
        )
