"""Background work that a person waits for: claimed once, brought back when its worker dies, given up when it kills."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from console.models import JobStatus, Workspace
from console.services import jobs

pytestmark = pytest.mark.django_db


def dies(job_id: str, now: datetime) -> datetime:
    """A worker claims the job and is never heard of again; gives the time when its lease is over."""
    jobs.claim(job_id, now)
    return now + jobs.LEASE + timedelta(seconds=1)


def test_a_job_is_claimed_by_one_worker(workspace: Workspace, now: datetime) -> None:
    job = jobs.create("x", workspace, None, {})
    assert jobs.claim(str(job.pk), now) is not None
    assert jobs.claim(str(job.pk), now) is None


def test_a_job_whose_worker_died_is_found_again_after_its_lease(workspace: Workspace, now: datetime) -> None:
    job = jobs.create("x", workspace, None, {})
    later = dies(str(job.pk), now)
    assert jobs.claimable(now) == []
    assert jobs.claimable(later) == [str(job.pk)]


def test_a_job_that_kills_its_workers_is_given_up(workspace: Workspace, now: datetime) -> None:
    job = jobs.create("x", workspace, None, {})
    for _ in range(jobs.MAX_ATTEMPTS):
        now = dies(str(job.pk), now)
    assert jobs.claim(str(job.pk), now) is None
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED


def test_a_job_that_gets_on_each_time_is_not_given_up(workspace: Workspace, now: datetime) -> None:
    job = jobs.create("x", workspace, None, {})
    for done in range(jobs.MAX_ATTEMPTS + 2):
        claimed = jobs.claim(str(job.pk), now)
        assert claimed is not None
        assert jobs.advance(claimed, done, 100, now)
        now += jobs.LEASE + timedelta(seconds=1)


def test_a_run_that_was_taken_over_is_told_so(workspace: Workspace, now: datetime) -> None:
    job = jobs.create("x", workspace, None, {})
    first = jobs.claim(str(job.pk), now)
    assert first is not None
    jobs.claim(str(job.pk), now + jobs.LEASE + timedelta(seconds=1))
    assert jobs.advance(first, 1, 2, now) is False
