"""What became of rows, written set-wise: one statement for a batch, however many people it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from campaigns.querysets import in_flight, sql
from campaigns.states import RecipientStatus

# A row `r` that left in a batch (its number is the parameter) and has no outcome. What was given back since, and waits
# again, is in another batch, or its batch was given back by the only one who would write an answer. As a CASE, which
# keeps both planners to the ids: in a dispatch that their statistics do not know PostgreSQL compared everybody of the
# answer with everybody of the batch, and SQLite went through the index of all batches.
_FLOWN = f"CASE WHEN r.status = '{RecipientStatus.QUEUED}' AND r.batch_no = %s THEN true ELSE false END"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """The new state of one ledger row. `batch_no` is set when the row goes to another batch, `attempt` when it is news
    of this attempt alone."""

    id: int
    status: str
    reason: str = ""
    detail: str = ""
    provider_message_id: str = ""
    parts: int = 0
    final: bool = False
    batch_no: int | None = None
    attempt: int | None = None


_TYPES = {
    "id": "bigint",
    "status": "text",
    "reason": "text",
    "detail": "text",
    "provider_message_id": "text",
    "parts": "int",
    "final": "bool",
    "batch_no": "int",
    "attempt": "int",
}


def _table(outcomes: Sequence[RowOutcome]) -> tuple[str, list[Any]]:
    """The outcomes as a table `j` in SQL. What is the same for all of them, as nearly everything is, stands in it once:
    SQLite would parse it anew for each row and column."""
    found = {name: [getattr(outcome, name) for outcome in outcomes] for name in _TYPES}
    differ = [name for name, values in found.items() if name == "id" or values.count(values[0]) < len(values)]
    same = {name: values[0] for name, values in found.items() if name not in differ}
    if sql.is_postgres():
        once = "".join(f", %s::{_TYPES[name]} AS {name}" for name in same)
        arrays = ", ".join(f"%s::{_TYPES[name]}[]" for name in differ)
        table = f"(SELECT v.*{once} FROM unnest({arrays}) AS v({', '.join(differ)})) AS j"
        return table, [*same.values(), *map(_array, differ, (found[name] for name in differ))]
    columns = [f"value ->> {place} AS {name}" for place, name in enumerate(differ)]
    table = f"(SELECT {', '.join([*columns, *(f'%s AS {name}' for name in same)])} FROM json_each(%s)) AS j"
    rows = list(zip(*(found[name] for name in differ), strict=True))
    return table, [*same.values(), orjson.dumps(rows).decode()]


def _array(name: str, values: list[Any]) -> str | list[Any]:
    return sql.array(values) if _TYPES[name] in ("bigint", "int") else values


@dataclass(frozen=True, slots=True)
class Accepted:
    """Rows that the provider took: (id, provider message id, parts), and the same as the statement wants it, so that
    it can be made before the transaction."""

    rows: Sequence[tuple[int, str, int]]
    packed: str

    @classmethod
    def of(cls, rows: Sequence[tuple[int, str, int]]) -> Accepted:
        # An object of texts, id -> parts in three digits and the provider's id: SQLite would parse an array for each
        # person anew for each of its columns, a fifth of the statement; PostgreSQL's driver quotes arrays value by
        # value.
        texts = {str(pk): f"{parts:03}{pid}" for pk, pid, parts in rows}
        return cls(rows, orjson.dumps(texts).decode())


def accept_flown(number: int, accepted: Accepted, now: datetime) -> int:
    """claimed → accepted for rows of the batch `number`; gives how many moved. What nearly every answer is, so without
    the columns that an acceptance leaves alone: half the time of `write_flown`. In one statement for all, in the order
    of their ids, as receipts lock them."""
    if not accepted.rows:
        return 0
    table, key = ("json_each_text(%s::json)", "j.id") if sql.is_postgres() else ("json_each(%s)", "+j.id")
    columns = "CAST(key AS bigint) AS id, substr(value, 4) AS pid, CAST(substr(value, 1, 3) AS integer) AS parts"
    return sql.run(
        "UPDATE campaigns_recipient AS r SET status = 'accepted', provider_message_id = j.pid, parts = j.parts, "
        f"handed_over_at = %s FROM (SELECT {columns} FROM {table}) AS j WHERE r.id = {key} AND {_FLOWN}",
        [sql.stamp(now), accepted.packed, number],
    )


def write_flown(number: int, outcomes: Sequence[RowOutcome], now: datetime) -> list[int]:
    """Move the rows that are still on their way in the batch `number`; gives their ids. The path of every answer, so
    one statement only.

    A row that a receipt has overtaken is not in the answer; `adopt` still gives it its ids.
    """
    if not outcomes:
        return []
    statement, params = _update(outcomes, now)
    mine = "r.id" if sql.is_postgres() else "id"  # SQLite's RETURNING knows the table without its alias
    return [int(pk) for (pk,) in sql.rows(f"{statement} AND {_FLOWN} RETURNING {mine}", [*params, number])]


def write(outcomes: Sequence[RowOutcome], sources: frozenset[str], now: datetime) -> dict[int, tuple[str, str]]:
    """Move the rows that are in one of `sources`, and of whose attempt it is; gives id -> (status, reason) from before,
    for the counters.

    The locking SELECT gives the old status: RETURNING can only tell the new one. Which of them are in flight is asked
    after it, when nobody else can land their batch any more.
    """
    attempts = {o.id: o.attempt for o in outcomes}
    found = _locked(list(attempts)).items()
    before = {pk: (status, why) for pk, (attempt, status, why) in found if attempts[pk] in (None, attempt)}
    waiting = (pk for pk, (status, _) in before.items() if status == RecipientStatus.QUEUED)
    before.update(dict.fromkeys(in_flight.held(waiting), (RecipientStatus.CLAIMED.value, "")))
    movable = {pk: state for pk, state in before.items() if state[0] in sources}
    if movable:
        sql.run(*_update([o for o in outcomes if o.id in movable], now))
    return movable


def _update(outcomes: Sequence[RowOutcome], now: datetime) -> tuple[str, list[Any]]:
    table, params = _table(outcomes)
    # "+j.id": without the plus SQLite's planner scans the ledger instead of looking each row up.
    key = "j.id" if sql.is_postgres() else "+j.id"
    stamp = sql.stamp(now)
    return (
        "UPDATE campaigns_recipient AS r SET status = j.status, reason = j.reason, detail = j.detail, "
        "provider_message_id = CASE WHEN j.provider_message_id = '' THEN r.provider_message_id "
        "ELSE j.provider_message_id END, parts = CASE WHEN j.parts = 0 THEN r.parts ELSE j.parts END, "
        "batch_no = COALESCE(j.batch_no, r.batch_no), "
        "handed_over_at = CASE WHEN j.status IN ('accepted', 'unknown', 'failed', 'sent', 'delivered', "
        "'undelivered') THEN COALESCE(r.handed_over_at, %s) ELSE r.handed_over_at END, "
        f"final_at = CASE WHEN j.final THEN COALESCE(r.final_at, %s) END FROM {table} WHERE r.id = {key}",
        [stamp, stamp, *params],
    )


def adopt(outcomes: Sequence[RowOutcome], now: datetime) -> None:
    """Give rows that a receipt moved first what only the answer knows: provider id, parts, time."""
    if not outcomes:
        return
    table, params = _table(outcomes)
    key = "j.id" if sql.is_postgres() else "+j.id"
    sql.run(
        "UPDATE campaigns_recipient AS r SET provider_message_id = j.provider_message_id, parts = j.parts, "
        f"handed_over_at = COALESCE(r.handed_over_at, %s) FROM {table} WHERE r.id = {key} "
        "AND r.attempt = COALESCE(j.attempt, r.attempt)",
        [sql.stamp(now), *params],
    )


def _locked(ids: Sequence[int]) -> dict[int, tuple[int, str, str]]:
    """id -> (attempt, status, reason). Locked until commit on PostgreSQL; SQLite's transaction already holds the one
    lock. In id order, so that two writers of the same rows never wait for each other in a circle."""
    if not ids:
        return {}
    locking = " ORDER BY id FOR UPDATE" if sql.is_postgres() else ""
    listed, param = sql.among(ids)
    found = sql.many("id, attempt, status, reason", f"FROM campaigns_recipient WHERE id {listed}{locking}", [param])
    return {pk: (attempt, status, why) for pk, attempt, status, why in found}
