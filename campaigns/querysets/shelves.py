"""Where rows stand in the index by status, which is not the same on both engines.

PostgreSQL writes a row into all of its indexes anew when one column of one index has changed. Most of what happens to
rows is that they are accepted, so there the index holds `shelf`, a column that the database derives: the same for who
waits and who was accepted, else the status. An acceptance leaves it alone, and with it all indexes, as long as the page
has room (migration 0022): bulk dispatch is a quarter quicker. SQLite writes an index when one of its columns is
written, changed or not, and so would gain nothing: it keeps the status.

Those on the open shelf are told apart by the place up to which lanes have come, because they hand over in the order
in which `prepare` wrote: behind it nobody was accepted, and before it wait only those whose batch went back or who
were put into another batch. (A campaign on a remote list leaves at once, so there is no such place in it.)
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from campaigns.querysets import sql
from campaigns.states import BatchStatus, RecipientStatus

FIRST, LAST = 0, 2**63 - 1  # before and after all row ids and batch numbers
OPEN = "open"
ON_IT = frozenset({RecipientStatus.QUEUED, RecipientStatus.ACCEPTED})

# In the order of the index (dispatch, status, number), bounded instead of equated as in `reading`.
_REACHED = " UNION ALL ".join(
    "SELECT number FROM (SELECT b.number FROM campaigns_batch b WHERE b.dispatch_id = %s "
    f"AND b.status >= '{status}' AND b.status <= '{status}' AND NOT b.regrouped "
    f"ORDER BY b.status DESC, b.number DESC LIMIT 1) {status}"
    for status in BatchStatus
    if status is not BatchStatus.READY
)
_FRONTIER = (
    f"SELECT fresh.number, (SELECT MIN(id) FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no = fresh.number) "
    "FROM (SELECT MIN(b.number) AS number FROM campaigns_batch b WHERE b.dispatch_id = %s "
    "AND NOT b.regrouped AND b.tries = 0 AND NOT EXISTS (SELECT 1 FROM campaigns_listrun l WHERE l.dispatch_id = %s) "
    f"AND b.number > (SELECT COALESCE(MAX(reached.number), 0) FROM ({_REACHED}) reached)) fresh"
)


class Frontier(NamedTuple):
    """The first batch that `prepare` cut and nobody tried behind all that lanes hold or have handed over, and its first
    row. `LAST` when there is none."""

    batch: int
    row: int


def frontier(dispatch_id: int) -> Frontier:
    """How far lanes have come in a dispatch."""
    batch, row = sql.rows(_FRONTIER, [dispatch_id] * _FRONTIER.count("%s"))[0]
    return Frontier(LAST, LAST) if row is None else Frontier(int(batch), int(row))


def column() -> str:
    """The column of the index (dispatch, …, id)."""
    return "shelf" if sql.is_postgres() else "status"


def of(status: str) -> str:
    """What a row in `status` has in that column."""
    return OPEN if sql.is_postgres() and status in ON_IT else status


def holds(*statuses: str) -> Q:
    """A condition on ledger rows, for querysets: in one of `statuses`, found by the index."""
    condition = Q(status__in=statuses)
    if sql.is_postgres():
        on = sorted({of(status) for status in statuses})
        by_shelf = f'"campaigns_recipient"."shelf" IN ({sql.marks(on)})'
        condition &= Q(RawSQL(by_shelf, on, output_field=BooleanField()))  # noqa: S611
    return condition
