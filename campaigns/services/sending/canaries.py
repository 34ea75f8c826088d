"""The first messages of a dispatch go alone; the rest waits for what becomes of them.

`prepare` cuts them into batches of their own, `Dispatch.open_until` keeps the lanes to those, and every tick looks
whether the answer is there: nearly all well, and the rest goes; too many failed, and a person is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, Sum

from campaigns.models import Batch, Dispatch
from campaigns.querysets import evidence
from campaigns.services.sending import guards, moves
from campaigns.states import BatchStatus, DispatchStatus, Hold, RecipientStatus
from console.services import audit

# Where nobody set a share, so many failures in per cent are too many for the rest to follow.
DEFAULT_SHARE = 20
_FLYING = (BatchStatus.READY, BatchStatus.CLAIMED)


@dataclass(frozen=True, slots=True)
class Canary:
    """`handed`: people of the canary that the provider got; `failed` of them; `doubtful`: unknown so far;
    `awaited`: accepted, without a receipt; `until`: when waiting for receipts ends (None: not all have left)."""

    handed: int
    failed: int
    doubtful: int
    awaited: int
    until: datetime | None


def left_to_cut(dispatch: Dispatch) -> int:
    """People who are still to go into the canary of a dispatch whose audience is being written."""
    if dispatch.open_until is None or not dispatch.canary:
        return 0
    sums = Batch.objects.filter(dispatch=dispatch, number__lte=dispatch.open_until).aggregate(people=Sum("size"))
    return max(0, dispatch.canary - (sums["people"] or 0))


def of(dispatch: Dispatch) -> Canary | None:
    """How the canary of a dispatch is; None when none is out."""
    if dispatch.open_until is None:
        return None
    people = evidence.by_status(dispatch.pk, dispatch.open_until)
    mine = Batch.objects.filter(dispatch=dispatch, number__lte=dispatch.open_until)
    times = mine.aggregate(last=Max("finished_at"), flying=Sum("size", filter=Q(status__in=_FLYING)))
    failed = people.get(RecipientStatus.FAILED, 0) + people.get(RecipientStatus.UNDELIVERED, 0)
    doubtful = people.get(RecipientStatus.UNKNOWN, 0)
    awaited = people.get(RecipientStatus.ACCEPTED, 0) + people.get(RecipientStatus.SENT, 0)
    done = times["last"] if not times["flying"] else None
    return Canary(
        handed=failed + doubtful + awaited + people.get(RecipientStatus.DELIVERED, 0),
        failed=failed,
        doubtful=doubtful,
        awaited=awaited,
        until=done and done + timedelta(minutes=dispatch.canary_minutes),
    )


def judge_all(now: datetime) -> None:
    """Look at every canary that has landed."""
    flying = Batch.objects.filter(dispatch=OuterRef("pk"), number__lte=OuterRef("open_until"), status__in=_FLYING)
    landed = Dispatch.objects.filter(~Exists(flying), status=DispatchStatus.SENDING, open_until__gt=0)
    for dispatch in landed.select_related("workspace", "campaign"):
        if dispatch.prepared_at or not left_to_cut(dispatch):
            judge(dispatch, now)


def judge(dispatch: Dispatch, now: datetime) -> None:
    """Let the rest go, hold the dispatch, or wait on. A canary of which nobody was written to proves nothing."""
    canary = of(dispatch)
    if canary is None:
        return
    over = canary.until is None or now >= canary.until
    share = guards.share_of(dispatch) or DEFAULT_SHARE
    bad = canary.failed + (canary.doubtful if over else 0)
    proves_nothing = not canary.handed and _somebody_follows(dispatch)
    if proves_nothing or bad * 100 >= share * max(1, canary.handed):
        moves.hold(dispatch, Hold.CANARY, now, failed=bad, tried=canary.handed)
    elif over or not (canary.awaited or canary.doubtful):
        let_go(dispatch, canary, now)


def _somebody_follows(dispatch: Dispatch) -> bool:
    return dispatch.prepared_at is None or Batch.objects.filter(dispatch=dispatch, status=BatchStatus.READY).exists()


def let_go(dispatch: Dispatch, canary: Canary, now: datetime) -> None:
    """The canary is well: the rest follows."""
    with transaction.atomic():
        waiting = Dispatch.objects.filter(pk=dispatch.pk, open_until__isnull=False, status=DispatchStatus.SENDING)
        if waiting.update(open_until=None):
            detail = {"failed": canary.failed, "tried": canary.handed}
            audit.record(
                "dispatch.canary", workspace=dispatch.workspace, actor=None, target=dispatch, now=now, **detail
            )
