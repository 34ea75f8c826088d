"""Does the ledger still sum up? Asked once a minute of dispatches that moved lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from campaigns.models import Dispatch, Recipient, Tally

RECENT = timedelta(minutes=10)
# Counting more rows than this would cost more than the check is worth; the sum against `people` is still made.
COUNT_UP_TO = 200_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Counters of a dispatch that are not what its rows are. `people` is what the sum should be."""

    dispatch: int
    people: int
    tallied: dict[str, int]
    counted: dict[str, int]


def counters_that_differ(now: datetime) -> list[Difference]:
    """Dispatches that changed lately whose counters differ from their rows, or do not sum to their people."""
    found = []
    recent = Dispatch.objects.filter(last_claim_at__gt=now - RECENT) | Dispatch.objects.filter(
        changed_at__gt=now - RECENT
    )
    for dispatch_id in recent.values_list("pk", flat=True)[:50]:
        difference = check(dispatch_id)
        if difference:
            found.append(difference)
    return found


def check(dispatch_id: int) -> Difference | None:
    """Compare one dispatch, in one transaction so that both sides are of the same instant."""
    with transaction.atomic():
        people = Dispatch.objects.select_for_update().values_list("people", flat=True).get(pk=dispatch_id)
        tallied: dict[str, int] = {}
        for status, n in Tally.objects.filter(dispatch_id=dispatch_id).values_list("status", "n"):
            tallied[status] = tallied.get(status, 0) + n
        tallied = {status: n for status, n in tallied.items() if n}
        counted = tallied
        if people <= COUNT_UP_TO:
            rows = Recipient.objects.filter(dispatch_id=dispatch_id).values_list("status").annotate(n=Count("pk"))
            counted = dict(rows.order_by())
    if tallied != counted or sum(tallied.values()) != people:
        return Difference(dispatch_id, people, tallied, counted)
    return None
