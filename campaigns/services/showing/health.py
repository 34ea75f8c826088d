"""Does the machinery run? Asked by /healthz every few seconds, so every question is one short index walk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F, OuterRef, Q, Subquery

from campaigns.models import Batch, Dispatch, ProviderEvent
from campaigns.services.showing import figures
from campaigns.states import BatchStatus, DispatchStatus
from console.models import Job, JobStatus, Workspace
from console.services import heartbeats

OK, DEGRADED, FAILED = "ok", "degraded", "failed"
# Seconds without a sign of life after which a part is slow, and after which it counts as dead. Beat and worker give
# one every second, hosts every ten.
LATE, DEAD = 15, 60
# Seconds that something may lie in a queue before that is worth a look.
LONGEST_WAIT = {"batches": 300, "jobs": 60, "events": 60}
_ORDER = (OK, DEGRADED, FAILED)


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is the worst of `parts`; each part says its own status and how it knows. Nothing here is secret."""

    status: str
    parts: dict[str, dict[str, Any]]


def check(broker: str, now: datetime) -> Health:
    """The health at `now`. `broker` is its status, which the caller finds out: ok, embedded or failed."""
    parts: dict[str, dict[str, Any]] = {"broker": {"status": FAILED if broker == FAILED else OK, "kind": broker}}
    try:
        parts |= {"database": _database(), **_beats(now), "queue": _queue(now)}
    except DatabaseError:
        parts["database"] = {"status": FAILED}
    return Health(max((part["status"] for part in parts.values()), key=_ORDER.index), parts)


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return {"status": OK, "engine": connection.vendor}


def _beats(now: datetime) -> dict[str, dict[str, Any]]:
    """Beat, worker, and where hosts are known, those that carry lanes: well as long as one of them is. They are
    counted and not named, because anybody may ask."""
    signs = heartbeats.signs(now)
    found = {name: _beat(age) for name, age in signs.parts.items()}
    if signs.hosts:
        alive = sum(age < DEAD for age in signs.hosts.values())
        found["hosts"] = {**_beat(min(signs.hosts.values())), "alive": alive, "silent": len(signs.hosts) - alive}
    return found


def _beat(age: float | None) -> dict[str, Any]:
    if age is None:
        return {"status": FAILED, "seconds": None}
    return {"status": OK if age < LATE else DEGRADED if age < DEAD else FAILED, "seconds": round(age, 1)}


def _queue(now: datetime) -> dict[str, Any]:
    """The age in seconds of the oldest thing that could be worked on; 0 for an empty queue."""
    ages = queue_ages(now)
    late = any(seconds > LONGEST_WAIT[name] for name, seconds in ages.items())
    return {"status": DEGRADED if late else OK, **{name: round(seconds, 1) for name, seconds in ages.items()}}


def queue_ages(now: datetime, workspace: Workspace | None = None) -> dict[str, float]:
    """Seconds that the oldest batch, job and callback have been waiting that could be worked on; of one workspace, or
    of all of them."""
    return {
        "batches": _oldest_batch(now, workspace),
        "jobs": _oldest_job(now, workspace),
        "events": _oldest_event(now, workspace),
    }


def _oldest_batch(now: datetime, workspace: Workspace | None) -> float:
    """Since a lane last took a batch of a dispatch that has one ready and that nothing stands in the way of. Not
    the age of the batch: of a dispatch that takes a day the last batch is a day old, and all is well."""
    ready = Batch.objects.filter(dispatch=OuterRef("pk"), status=BatchStatus.READY, not_before__lte=now)
    free = Q(account__hold_until__isnull=True) | Q(account__hold_until__lte=now)
    moving = Dispatch.objects.filter(
        free, status=DispatchStatus.SENDING, account__is_active=True, account__hold_reason=""
    ).select_related("account", "workspace")
    moving = moving.filter(workspace=workspace) if workspace else moving
    waiting = moving.annotate(ready_since=Subquery(ready.order_by("number").values("not_before")[:1]))
    ages = [
        (now - max(dispatch.ready_since, dispatch.last_claim_at or dispatch.ready_since)).total_seconds()
        for dispatch in waiting.exclude(ready_since=None).order_by(F("last_claim_at").asc(nulls_first=True))[:20]
        if not figures.circumstances(dispatch, now).standing
    ]
    return max(ages, default=0.0)


def _oldest_job(now: datetime, workspace: Workspace | None) -> float:
    waiting = Job.objects.filter(status=JobStatus.WAITING)
    waiting = waiting.filter(workspace=workspace) if workspace else waiting
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return (now - oldest).total_seconds() if oldest else 0.0


def _oldest_event(now: datetime, workspace: Workspace | None) -> float:
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    waiting = ProviderEvent.objects.filter(due, applied_at=None)
    waiting = waiting.filter(account__workspace=workspace) if workspace else waiting
    oldest = waiting.order_by("pk").values_list("retry_at", "received_at").first()
    return (now - (oldest[0] or oldest[1])).total_seconds() if oldest else 0.0
