"""Who is being handed over: rows that wait in a batch which a lane holds.

A claim moves the batch alone. The ledger's rows stay `queued` until the answer is written: to rewrite them with every
index twice took 13–15 % of the processor time. So `claimed` is read from the batch, here and nowhere else; only the
counters hold it as a number. (Rows of a campaign on a remote list, which leave all at once, are `claimed` themselves.)
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from campaigns.models import Batch, Recipient
from campaigns.querysets import sql
from campaigns.states import BatchStatus, RecipientStatus

# The numbers of the batches of a dispatch (its id is the parameter) that lanes hold.
BATCHES = f"SELECT b.number FROM campaigns_batch b WHERE b.dispatch_id = %s AND b.status = '{BatchStatus.CLAIMED}'"
# The same as a condition on one row `r` of the ledger, and the status of that row with it.
HELD = (
    "EXISTS (SELECT 1 FROM campaigns_batch b WHERE b.dispatch_id = r.dispatch_id AND b.number = r.batch_no "
    f"AND b.status = '{BatchStatus.CLAIMED}')"
)
STATUS = (
    f"CASE WHEN r.status = '{RecipientStatus.QUEUED}' AND {HELD} THEN '{RecipientStatus.CLAIMED}' ELSE r.status END"
)


def status() -> Case:
    """The status of a ledger row, for `annotate` and `values_list`."""
    held = Exists(
        Batch.objects.filter(dispatch=OuterRef("dispatch_id"), number=OuterRef("batch_no"), status=BatchStatus.CLAIMED)
    )
    flying = When(Q(status=RecipientStatus.QUEUED) & Q(held), then=Value(RecipientStatus.CLAIMED))
    return Case(flying, default=F("status"))


def numbers(dispatch_id: int) -> list[int]:
    """The batches of a dispatch that lanes hold: as many as may be in flight."""
    found = Batch.objects.filter(dispatch=dispatch_id, status=BatchStatus.CLAIMED)
    return list(found.values_list("number", flat=True))


def mark(rows: Iterable[Recipient]) -> None:
    """Give rows that were read their status, in memory, to be shown. At most one query."""
    waiting = [row for row in rows if row.status == RecipientStatus.QUEUED and row.batch_no is not None]
    flying = held({row.pk for row in waiting})
    for row in waiting:
        if row.pk in flying:
            row.status = RecipientStatus.CLAIMED


def held(queued_ids: Iterable[int]) -> set[int]:
    """Those of these ledger rows, which are `queued`, that a lane is handing over."""
    ids = sorted(queued_ids)
    if not ids:
        return set()
    found = Recipient.objects.filter(pk__in=ids).annotate(now=status()).filter(now=RecipientStatus.CLAIMED)
    return set(found.values_list("pk", flat=True))


def count(dispatch_id: int, number: int) -> int:
    """People of a batch that is in the caller's hands. Their rows are locked until commit, so that a receipt that
    comes now waits, and sees what the caller makes of the batch."""
    locking = " FOR UPDATE" if sql.is_postgres() else ""
    found = sql.rows(
        f"SELECT id FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no = %s "
        f"AND (status || '') = '{RecipientStatus.QUEUED}' ORDER BY id{locking}",
        [dispatch_id, number],
    )
    return len(found)
