"""Reading the ledger of one dispatch so that ten million rows cost what ten thousand cost.

Everything here walks the index (dispatch, status, id) from a known place and stops after a page: a status list
is read as one short walk per status and merged, because `status IN (…) ORDER BY id` would sort them all. The status is
part of the order and bounded instead of equated: else PostgreSQL, where most rows have it, walks the primary key, past
everybody's rows until it meets those of the dispatch, of which there may be a hundred million before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.querysets import in_flight, sql
from campaigns.states import BatchStatus, RecipientStatus

FIRST, LAST = 0, 2**63 - 1  # before and after all row ids
_RETRYING = (
    "SELECT b.number FROM campaigns_batch b WHERE b.dispatch_id = %s "
    f"AND b.status = '{BatchStatus.READY}' AND b.tries > 0 AND b.not_before > %s"
)


@dataclass(frozen=True, slots=True)
class Walk:
    """Which rows: of `dispatch_id`, in one of `statuses`, with `reason`, without the reason `without` (None = any).
    `retrying`: of the queued rows only those that did (True) or did not (False) fail for the moment, as of `now`."""

    dispatch_id: int
    statuses: tuple[str, ...]
    reason: str | None = None
    without: str | None = None
    retrying: bool | None = None
    now: datetime | None = None


def ids(walk: Walk, *, beyond: int | None, limit: int, backwards: bool = False) -> list[int]:
    """At most `limit` row ids after `beyond` (before it, when `backwards`), ascending."""
    direction = "DESC" if backwards else "ASC"
    pieces: list[str] = []
    params: list[Any] = []
    for status, flying in _stored(walk.statuses):
        where, given, order = _piece(walk, status, flying, beyond, backwards)
        pieces.append(f"SELECT id FROM (SELECT r.id FROM campaigns_recipient r WHERE {where} "
                      f"ORDER BY {order} LIMIT %s) w{len(pieces)}")  # fmt: skip
        params += [*given, limit]
    if not pieces:
        return []
    found = sql.rows(f"{' UNION ALL '.join(pieces)} ORDER BY 1 {direction} LIMIT %s", [*params, limit])
    return sorted(int(pk) for (pk,) in found)


def _stored(statuses: Sequence[str]) -> list[tuple[str, bool]]:
    """Statuses as the rows have them, and whether of them those in a lane's hands are meant (`in_flight`)."""
    flying = [(RecipientStatus.QUEUED.value, True)] if RecipientStatus.CLAIMED in statuses else []
    return [*((status, False) for status in statuses), *flying]


def _piece(walk: Walk, status: str, flying: bool, beyond: int | None, backwards: bool) -> tuple[str, list[Any], str]:
    """(condition, its parameters, order) of the walk through one status."""
    text, params, order = _along(status, beyond, backwards)
    if walk.retrying or walk.reason or flying:
        # Few rows retry or fly among very many that wait, and few have some reason among very many of the same
        # status: the expression keeps the planner off the index by status, so that it starts from the batches (index
        # dispatch, batch_no) or from the reason (index dispatch, reason, id).
        comparison, direction = ("<", "DESC") if backwards else (">", "ASC")
        text, params = "(r.status || '') = %s", [status]
        if beyond is not None:
            text, params = f"{text} AND r.id {comparison} %s", [*params, beyond]
        order = f"{'r.id + 0' if walk.retrying or flying else 'r.id'} {direction}"
    if status == RecipientStatus.QUEUED:
        negation = "" if flying else "NOT "
        text, params = f"{text} AND r.batch_no {negation}IN ({in_flight.BATCHES})", [*params, walk.dispatch_id]
    if walk.reason:  # and the condition of its index, which SQLite wants to read
        text, params = f"{text} AND r.reason = %s AND NOT (r.reason = '')", [*params, walk.reason]
    if walk.without is not None:
        text, params = f"{text} AND r.reason <> %s", [*params, walk.without]
    if walk.retrying is not None and status == RecipientStatus.QUEUED and not flying:
        negation = "" if walk.retrying else "NOT "
        text = f"{text} AND r.batch_no {negation}IN ({_RETRYING})"
        params = [*params, walk.dispatch_id, sql.stamp(walk.now)]
    return f"r.dispatch_id = %s AND {text}", [walk.dispatch_id, *params], order


def _along(status: str, beyond: int | None, backwards: bool) -> tuple[str, list[Any], str]:
    """(condition, its parameters, order) of the rows of a status after `beyond`, or before it, in index order."""
    start = beyond if beyond is not None else LAST if backwards else FIRST
    if not sql.is_postgres():  # of a pair SQLite seeks by the first only, and would walk from there to `beyond`
        comparison, direction = ("<", "DESC") if backwards else (">", "ASC")
        return f"r.status = %s AND r.id {comparison} %s", [status, start], f"r.id {direction}"
    if backwards:
        return "(r.status, r.id) < (%s, %s) AND r.status >= %s", [status, start, status], "r.status DESC, r.id DESC"
    return "(r.status, r.id) > (%s, %s) AND r.status <= %s", [status, start, status], "r.status, r.id"


def bounds(dispatch_id: int) -> tuple[int, int] | None:
    """The smallest and the greatest row id of a dispatch; None when it has no rows."""
    ends = [end for status in RecipientStatus if (end := _ends(dispatch_id, status))]
    return (min(first for first, _ in ends), max(last for _, last in ends)) if ends else None


def spread(dispatch_id: int, status: str, points: int) -> list[int]:
    """Ids of about `points` rows in `status`, evenly spread over the row ids (all of them when there are fewer).

    A sample for curves and medians: its price depends on `points`, not on the size of the dispatch.
    """
    ends = _ends(dispatch_id, status)
    if ends is None:
        return []
    first, last = ends
    step = max(1, -(-(last - first + 1) // points))
    starts = range(first, last + 1, step)
    seek, statuses = "r.status = %s AND r.id >= p.start ORDER BY r.id", [status]
    if sql.is_postgres():  # as in `_along`
        seek, statuses = "(r.status, r.id) >= (%s, p.start) AND r.status <= %s ORDER BY r.status, r.id", [status] * 2
    found = sql.rows(
        f"WITH p(start) AS (VALUES {', '.join(['(%s)'] * len(starts))}) SELECT DISTINCT "
        f"(SELECT r.id FROM campaigns_recipient r WHERE r.dispatch_id = %s AND {seek} LIMIT 1) FROM p",
        [*starts, dispatch_id, *statuses],
    )
    return [int(pk) for (pk,) in found if pk is not None]


def _ends(dispatch_id: int, status: str) -> tuple[int, int] | None:
    """Both ends of the index walk of one status: two seeks."""
    seeks, params = [], []
    for backwards in (False, True):
        where, given, order = _along(status, None, backwards)
        seeks.append(f"(SELECT r.id FROM campaigns_recipient r WHERE r.dispatch_id = %s AND {where} "
                     f"ORDER BY {order} LIMIT 1)")  # fmt: skip
        params += [dispatch_id, *given]
    first, last = sql.rows(f"SELECT {', '.join(seeks)}", params)[0]
    return None if first is None else (int(first), int(last))
