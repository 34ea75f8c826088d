"""Do the counters say what the rows say? One statement each, because on PostgreSQL every statement sees one instant
and two statements see two: rows that move in between would look like a fault."""

from __future__ import annotations

from campaigns.querysets import in_flight, sql

_ROWS = (
    f"SELECT 'rows', now.status, COUNT(*) FROM (SELECT {in_flight.STATUS} AS status FROM campaigns_recipient r "
    "WHERE r.dispatch_id = %s) now GROUP BY now.status"
)
_COUNTERS = "SELECT 'tally', status, SUM(n) FROM campaigns_tally WHERE dispatch_id = %s GROUP BY status"
_PEOPLE = "SELECT 'people', '', people FROM campaigns_dispatch WHERE id = %s"


def of_dispatch(dispatch_id: int, *, count_rows: bool) -> tuple[int, dict[str, int], dict[str, int] | None]:
    """(people, people by status from the counters, the same from the rows or None when those were not counted)."""
    parts = [_PEOPLE, _COUNTERS, *([_ROWS] if count_rows else [])]
    found = sql.rows(" UNION ALL ".join(parts), [dispatch_id] * len(parts))
    by_kind: dict[str, dict[str, int]] = {"people": {}, "tally": {}, "rows": {}}
    for kind, status, n in found:
        if n:
            by_kind[kind][status] = int(n)
    return by_kind["people"].get("", 0), by_kind["tally"], by_kind["rows"] if count_rows else None


def not_adding_up(limit: int) -> list[int]:
    """Dispatches of any age whose counters do not sum to their people. Reads the counters of all dispatches, some ten
    a dispatch, and no row of the ledger."""
    found = sql.rows(
        "SELECT d.id FROM campaigns_dispatch d LEFT JOIN campaigns_tally t ON t.dispatch_id = d.id "
        "GROUP BY d.id, d.people HAVING COALESCE(SUM(t.n), 0) <> d.people "
        "ORDER BY d.id DESC LIMIT %s",
        [limit],
    )
    return [row[0] for row in found]


def recount(dispatch_id: int) -> None:
    """Write the counters anew from the rows, in a transaction of the caller that holds the lock of the dispatch.

    On PostgreSQL nobody else changes counters meanwhile: who has moved rows but not yet counters waits and then adds
    to what is written here, which was counted without those moves.
    """
    if sql.is_postgres():
        sql.run("LOCK TABLE campaigns_tally IN SHARE ROW EXCLUSIVE MODE", [])
    sql.run("DELETE FROM campaigns_tally WHERE dispatch_id = %s", [dispatch_id])
    sql.run(
        "INSERT INTO campaigns_tally (dispatch_id, status, reason, n) SELECT %s, now.status, now.reason, COUNT(*) "
        f"FROM (SELECT {in_flight.STATUS} AS status, r.reason FROM campaigns_recipient r WHERE r.dispatch_id = %s) now "
        "GROUP BY now.status, now.reason",
        [dispatch_id, dispatch_id],
    )
    sql.run(
        "UPDATE campaigns_dispatch SET people = (SELECT COUNT(*) FROM campaigns_recipient WHERE dispatch_id = %s) "
        "WHERE id = %s",
        [dispatch_id, dispatch_id],
    )
