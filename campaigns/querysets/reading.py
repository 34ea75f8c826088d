"""Reading the ledger of one dispatch so that ten million rows cost what ten thousand cost.

Everything here walks the index (dispatch, status, id) from a known place and stops after a page: a status list
is read as one short walk per status and merged, because `status IN (…) ORDER BY id` would sort them all. The status is
part of the order and bounded instead of equated: else PostgreSQL, where most rows have it, walks the primary key, past
everybody's rows until it meets those of the dispatch, of which there may be a hundred million before them. And there
who waits and who was accepted stand on one shelf (`shelves`): each is walked on its own side of the frontier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaigns.querysets import in_flight, shelves, sql
from campaigns.querysets.shelves import FIRST, LAST
from campaigns.states import BatchStatus, RecipientStatus

# Batches that wait before the frontier: they went back, or were cut again, or no lane takes them any more because the
# dispatch was stopped.
_BEHIND = (
    "SELECT b.number FROM campaigns_batch b WHERE b.dispatch_id = %s "
    f"AND b.status = '{BatchStatus.READY}' AND b.number < %s "
    "UNION SELECT b.number FROM campaigns_batch b WHERE b.dispatch_id = %s "
    f"AND (b.regrouped OR (b.started_at IS NULL AND b.status = '{BatchStatus.DONE}')) "
    "AND EXISTS (SELECT 1 FROM campaigns_tally t WHERE t.dispatch_id = %s "
    f"AND t.status = '{RecipientStatus.QUEUED}' AND t.n > 0)"
)
# The rows of some batches, in PostgreSQL's words. Joined so that it goes from each batch to its rows, whatever it
# believes to know: of a dispatch that is being written it has seen nothing, and when it last looked all batches waited.
_ROWS_OF = (
    "({}) b CROSS JOIN LATERAL "
    f"(SELECT * FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no = b.number OFFSET 0) r"
)
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """The rows of a walk that are in `status`, with ids above `after` and below `before`. `flying`: those in a lane's
    hands (`in_flight`). `behind`: those whose batch waits before this one, the first behind the frontier."""

    status: str
    flying: bool = False
    after: int = FIRST
    before: int = LAST
    behind: int | None = None


def ids(walk: Walk, *, beyond: int | None, limit: int, backwards: bool = False) -> list[int]:
    """At most `limit` row ids after `beyond` (before it, when `backwards`), ascending."""
    direction = "DESC" if backwards else "ASC"
    walks: list[str] = []
    params: list[Any] = []
    for piece in _pieces(walk):
        table, of_table = _table(walk, piece)
        where, given, order = _one(walk, _from(piece, beyond, backwards), backwards)
        walks.append(f"SELECT id FROM (SELECT r.id FROM {table} WHERE {where} ORDER BY {order} LIMIT %s) w{len(walks)}")
        params += [*of_table, *given, limit]
    if not walks:
        return []
    found = sql.rows(f"{' UNION ALL '.join(walks)} ORDER BY 1 {direction} LIMIT %s", [*params, limit])
    return sorted(int(pk) for (pk,) in found)


def _pieces(walk: Walk) -> list[_Piece]:
    """Statuses as the rows have them."""
    shared = sql.is_postgres() and not shelves.ON_IT.isdisjoint(walk.statuses)
    frontier = shelves.frontier(walk.dispatch_id) if shared else None
    pieces = []
    for status in walk.statuses:
        if frontier is None or status not in shelves.ON_IT or _has_other_index(walk):
            pieces.append(_Piece(status))
        elif status == RecipientStatus.ACCEPTED:
            pieces.append(_Piece(status, before=frontier.row))
        else:
            pieces += [_Piece(status, before=frontier.row, behind=frontier.batch),
                       _Piece(status, after=frontier.row - 1)]  # fmt: skip
    if RecipientStatus.CLAIMED in walk.statuses:
        pieces.append(_Piece(RecipientStatus.QUEUED, flying=True))
    return pieces


def _has_other_index(walk: Walk) -> bool:
    """Few rows retry among very many that wait, and few have some reason among very many of the same status: they are
    found from the batches (index dispatch, batch_no) and from the reason (index dispatch, reason, id)."""
    return bool(walk.retrying or walk.reason)


def _from(piece: _Piece, beyond: int | None, backwards: bool) -> _Piece:
    """The part of a piece that lies beyond a row."""
    if beyond is None:
        return piece
    if backwards:
        return replace(piece, before=min(piece.before, beyond))
    return replace(piece, after=max(piece.after, beyond))


def _table(walk: Walk, piece: _Piece) -> tuple[str, list[Any]]:
    """What a piece is read from, as `r`, with its parameters."""
    if piece.behind is not None:
        return _ROWS_OF.format(_BEHIND), [walk.dispatch_id, piece.behind, *[walk.dispatch_id] * 3]
    if piece.flying and sql.is_postgres():
        return _ROWS_OF.format(in_flight.BATCHES), [walk.dispatch_id] * 2
    return "campaigns_recipient r", []


def _one(walk: Walk, piece: _Piece, backwards: bool) -> tuple[str, list[Any], str]:
    """(condition, its parameters, order) of the walk through one piece."""
    text, params, order = _along(piece, backwards)
    if _has_other_index(walk) or piece.flying or piece.behind is not None:
        # The expression keeps the planner off the index by status.
        text, params = f"(r.status || '') = %s{_within(piece)}", [piece.status]
        sorted_anew = walk.retrying or piece.flying or piece.behind is not None
        order = f"{'r.id + 0' if sorted_anew else 'r.id'} {'DESC' if backwards else 'ASC'}"
    if piece.status == RecipientStatus.QUEUED:
        negation = "" if piece.flying else "NOT "
        text, params = f"{text} AND r.batch_no {negation}IN ({in_flight.BATCHES})", [*params, walk.dispatch_id]
    if walk.reason:  # and the condition of its index, which SQLite wants to read
        text, params = f"{text} AND r.reason = %s AND NOT (r.reason = '')", [*params, walk.reason]
    if walk.without is not None:
        text, params = f"{text} AND r.reason <> %s", [*params, walk.without]
    if walk.retrying is not None and piece.status == RecipientStatus.QUEUED and not piece.flying:
        negation = "" if walk.retrying else "NOT "
        text = f"{text} AND r.batch_no {negation}IN ({_RETRYING})"
        params = [*params, walk.dispatch_id, sql.stamp(walk.now)]
    return f"r.dispatch_id = %s AND {text}", [walk.dispatch_id, *params], order


def _within(piece: _Piece) -> str:
    """A condition on the ids of a piece."""
    above = f" AND r.id > {piece.after}" if piece.after > FIRST else ""
    return above + (f" AND r.id < {piece.before}" if piece.before < LAST else "")


def _along(piece: _Piece, backwards: bool) -> tuple[str, list[Any], str]:
    """(condition, its parameters, order) of the rows of a piece in index order."""
    if not sql.is_postgres():  # of a pair SQLite seeks by the first only, and would walk from there to the row
        return f"r.status = %s{_within(piece)}", [piece.status], f"r.id {'DESC' if backwards else 'ASC'}"
    shelf, text = shelves.of(piece.status), "(r.shelf, r.id) > (%s, %s) AND (r.shelf, r.id) < (%s, %s)"
    params: list[Any] = [shelf, piece.after, shelf, piece.before]
    if piece.status in shelves.ON_IT:
        text, params = f"{text} AND r.status = %s", [*params, piece.status]
    return text, params, "r.shelf DESC, r.id DESC" if backwards else "r.shelf, r.id"


def bounds(dispatch_id: int) -> tuple[int, int] | None:
    """The smallest and the greatest row id of a dispatch; None when it has no rows."""
    ends = [end for shelf in {shelves.of(status) for status in RecipientStatus} if (end := _ends(dispatch_id, shelf))]
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
        seek = "(r.shelf, r.id) >= (%s, p.start) AND r.shelf <= %s AND r.status = %s ORDER BY r.shelf, r.id"
        statuses = [shelves.of(status), shelves.of(status), status]
    found = sql.rows(
        f"WITH p(start) AS (VALUES {', '.join(['(%s)'] * len(starts))}) SELECT DISTINCT "
        f"(SELECT r.id FROM campaigns_recipient r WHERE r.dispatch_id = %s AND {seek} LIMIT 1) FROM p",
        [*starts, dispatch_id, *statuses],
    )
    return [int(pk) for (pk,) in found if pk is not None]


def _ends(dispatch_id: int, status: str) -> tuple[int, int] | None:
    """Both ends of the index walk of one status, or of a whole shelf: two seeks."""
    seeks, params = [], []
    for backwards in (False, True):
        where, given, order = _along(_Piece(status), backwards)
        seeks.append(f"(SELECT r.id FROM campaigns_recipient r WHERE r.dispatch_id = %s AND {where} "
                     f"ORDER BY {order} LIMIT 1)")  # fmt: skip
        params += [dispatch_id, *given]
    first, last = sql.rows(f"SELECT {', '.join(seeks)}", params)[0]
    return None if first is None else (int(first), int(last))
