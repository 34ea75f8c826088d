"""The counters of a dispatch, moved in the transaction that moves the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from campaigns.querysets import sql

Key = tuple[str, str]  # (status, reason)
PULSE_SECONDS = 5


# At the end of an INSERT of counters.
ADDING = "ON CONFLICT (dispatch_id, status, reason) DO UPDATE SET n = campaigns_tally.n + excluded.n"


def shifting(dispatch_id: int, deltas: Mapping[Key, int]) -> list[sql.Statement]:
    """What adds to the counters, if there is anything. Sorted, so that two transactions never wait for each other in a
    circle."""
    changed = sorted((status, reason, n) for (status, reason), n in deltas.items() if n)
    if not changed:
        return []
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(changed))
    params = [param for status, reason, n in changed for param in (dispatch_id, status, reason, n)]
    return [(f"INSERT INTO campaigns_tally (dispatch_id, status, reason, n) VALUES {rows} {ADDING}", params)]


def shift(dispatch_id: int, deltas: Mapping[Key, int]) -> None:
    """Add to the counters."""
    sql.together(shifting(dispatch_id, deltas))


def of(dispatch_id: int, status: str) -> int:
    """People in a status for no reason."""
    found = sql.rows(
        "SELECT n FROM campaigns_tally WHERE dispatch_id = %s AND status = %s AND reason = ''", [dispatch_id, status]
    )
    return int(found[0][0]) if found else 0


def moves(changes: Iterable[tuple[Key, Key]]) -> Counter[Key]:
    """The deltas of rows that went from one (status, reason) to another."""
    deltas: Counter[Key] = Counter()
    for before, after in changes:
        deltas[before] -= 1
        deltas[after] += 1
    return deltas


def beating(dispatch_id: int, unix_time: float, messages: int, parts: int) -> list[sql.Statement]:
    """What notes messages handed over at `unix_time`, for rate, ETA and chart."""
    if not messages:
        return []
    statement = (
        "INSERT INTO campaigns_pulse (dispatch_id, at, n, parts) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (dispatch_id, at) DO UPDATE SET n = campaigns_pulse.n + excluded.n, "
        "parts = campaigns_pulse.parts + excluded.parts"
    )
    return [(statement, [dispatch_id, int(unix_time // PULSE_SECONDS), messages, parts])]
