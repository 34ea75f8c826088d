"""Background work that a person waits for. The row is the queue; a lease brings back what a dead worker held."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from console.models import Job, JobStatus, User, Workspace

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3


def create(kind: str, workspace: Workspace, actor: User | None, params: dict[str, Any]) -> Job:
    """Queue a job of `kind` (a key of the handler table in `console/tasks.py`)."""
    return Job.objects.create(kind=kind, workspace=workspace, actor=actor, params=params)


def claimable(now: datetime) -> list[str]:
    """Ids of jobs that wait, or whose worker let the lease run out; oldest first, at most 20."""
    due = Q(status=JobStatus.WAITING) | Q(status=JobStatus.RUNNING, lease_until__lt=now)
    return [str(pk) for pk in Job.objects.filter(due).order_by("created_at").values_list("pk", flat=True)[:20]]


def claim(job_id: str, now: datetime) -> Job | None:
    """Take the job by one conditional UPDATE; None when somebody else has it or it is over."""
    token = secrets.token_hex(16)
    due = Q(status=JobStatus.WAITING) | Q(status=JobStatus.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(due, pk=job_id).update(
        status=JobStatus.RUNNING, token=token, lease_until=now + LEASE, started_at=now, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    job = Job.objects.select_related("workspace", "actor").get(pk=job_id)
    if job.attempts > MAX_ATTEMPTS:
        fail(job, "This job stopped a worker three times and was given up.", now)
        return None
    return job


def advance(job: Job, progress: int, total: int, now: datetime) -> bool:
    """Report rows done and renew the lease; False when the job was taken over and this run must end.

    A run that gets on is no failed attempt: only workers that die without having done anything count.
    """
    return bool(
        Job.objects.filter(pk=job.pk, token=job.token, status=JobStatus.RUNNING).update(
            progress=progress, total=total, lease_until=now + LEASE, attempts=1
        )
    )


def finish(job: Job, result: dict[str, Any], now: datetime) -> None:
    Job.objects.filter(pk=job.pk, token=job.token).update(
        status=JobStatus.DONE, result=result, finished_at=now, lease_until=None
    )


def fail(job: Job, error: str, now: datetime) -> None:
    """End the job with a sentence for people."""
    Job.objects.filter(pk=job.pk, token=job.token).update(
        status=JobStatus.FAILED, error=error, finished_at=now, lease_until=None
    )
