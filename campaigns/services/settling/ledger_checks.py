"""Does the ledger still sum up? Asked once a minute; a dispatch that does not raises an alarm, which is cleared by the
first check that finds it right again."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from campaigns.models import Alarm, Dispatch, NoticeKind
from campaigns.querysets import sums
from campaigns.services.showing import notices
from console.services import audit

log = logging.getLogger(__name__)

RECENT = timedelta(minutes=10)
AT_ONCE = 50
# Counting more rows than this would cost more than the check is worth; the sum against `people` is still made.
COUNT_UP_TO = 200_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Counters of a dispatch that are not what its rows are. `people` is what the sum should be."""

    dispatch: int
    people: int
    tallied: dict[str, int]
    counted: dict[str, int]


def watch(now: datetime) -> list[Difference]:
    """Raise an alarm for every dispatch that does not sum up, clear those that do again; gives what differs now."""
    known = {alarm.dispatch_id: alarm for alarm in Alarm.objects.filter(cleared_at=None).select_related("workspace")}
    found = counters_that_differ(now, besides=known)
    for difference in found:
        log.error("counters differ from rows", extra=asdict(difference))
        alarm = known.pop(difference.dispatch, None)
        if alarm is None:
            _raise(difference, now)
        else:
            _still(alarm, difference, now)
    for alarm in known.values():
        _clear(alarm, now)
    return found


def counters_that_differ(now: datetime, besides: dict[int, Alarm] | None = None) -> list[Difference]:
    """Dispatches whose counters do not sum to their people, whatever their age, and of those that changed lately (or
    are in `besides`) also those whose counters differ from their rows."""
    recent = Dispatch.objects.filter(last_claim_at__gt=now - RECENT) | Dispatch.objects.filter(
        changed_at__gt=now - RECENT
    )
    suspects = [*(besides or {}), *sums.not_adding_up(AT_ONCE), *recent.values_list("pk", flat=True)[:AT_ONCE]]
    return [difference for pk in dict.fromkeys(suspects) if (difference := check(pk))]


def check(dispatch_id: int) -> Difference | None:
    """Compare one dispatch: counters, rows and people of the same instant."""
    size = Dispatch.objects.values_list("people", flat=True).get(pk=dispatch_id)
    people, tallied, rows = sums.of_dispatch(dispatch_id, count_rows=size <= COUNT_UP_TO)
    counted = tallied if rows is None else rows
    if tallied != counted or sum(tallied.values()) != people:
        return Difference(dispatch_id, people, tallied, counted)
    return None


def mend(dispatch_id: int, now: datetime) -> bool:
    """Write the counters of a dispatch anew from its rows, which are the truth; False when they were right.

    Everybody who moves rows of any dispatch waits meanwhile: about a second for a million rows.
    """
    with transaction.atomic():
        dispatch = (
            Dispatch.objects.select_for_update(of=("self",)).select_related("workspace", "campaign").get(pk=dispatch_id)
        )
        before = sums.of_dispatch(dispatch_id, count_rows=True)
        sums.recount(dispatch_id)
        after = sums.of_dispatch(dispatch_id, count_rows=True)
        if before == after:
            return False
        audit.record(
            "dispatch.recount", workspace=dispatch.workspace, actor=None, target=dispatch, now=now,
            people=after[0], before=sum(before[1].values()), after=sum(after[1].values()),
        )  # fmt: skip
    return True


def _raise(difference: Difference, now: datetime) -> None:
    dispatch = Dispatch.objects.select_related("workspace", "campaign").get(pk=difference.dispatch)
    try:
        with transaction.atomic():
            Alarm.objects.create(
                workspace=dispatch.workspace, dispatch=dispatch, people=difference.people,
                tallied=difference.tallied, counted=difference.counted, raised_at=now, checked_at=now,
            )  # fmt: skip
            notices.tell(dispatch, NoticeKind.ALARM, now)
            audit.record(
                "dispatch.alarm", workspace=dispatch.workspace, actor=None, target=dispatch, now=now,
                people=difference.people, before=sum(difference.tallied.values()),
            )  # fmt: skip
    except IntegrityError:  # another process has just raised it
        log.info("alarm exists", extra={"dispatch": difference.dispatch})


def _still(alarm: Alarm, difference: Difference, now: datetime) -> None:
    Alarm.objects.filter(pk=alarm.pk).update(
        people=difference.people, tallied=difference.tallied, counted=difference.counted, checked_at=now
    )


def _clear(alarm: Alarm, now: datetime) -> None:
    Alarm.objects.filter(pk=alarm.pk, cleared_at=None).update(cleared_at=now, checked_at=now)
