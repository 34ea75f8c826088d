"""New attempts: rows whose message went wrong go back into the queue under a new reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from campaigns.models import Dispatch
from campaigns.querysets import ledger_ids
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.sending import outcomes
from campaigns.states import RECIPIENT_MOVES, RecipientStatus


def queue_again(dispatch: Dispatch, ids: Sequence[int], action: str, not_before: datetime, now: datetime) -> int:
    """A new logical send of those of `ids` that `action` (of RECIPIENT_MOVES) allows; gives how many. It leaves at
    `not_before` or later. Call it in a transaction."""
    sources = RECIPIENT_MOVES[action].sources
    rows = ledger_ids.lock(dispatch.pk, ids, sources)
    if not rows:
        return 0
    ledger = outcomes.Ledger(now)
    for start in range(0, len(rows), dispatch.batch_size):
        part = rows[start : start + dispatch.batch_size]
        number = outcomes.add_batch(dispatch.pk, len(part), not_before)
        again = [RowOutcome(id=pk, status=RecipientStatus.QUEUED, batch_no=number) for pk in part]
        ledger.write(dispatch.pk, again, sources)
    ledger_ids.next_attempt(rows)
    ledger.close()
    return len(rows)
