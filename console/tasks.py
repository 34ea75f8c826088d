"""Background work that a person waits for, and what is thrown away after its time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from campaigns.reports import export as recipients_export
from campaigns.services.settling import kept
from console.celery import at_most
from console.errors import UserError
from console.models import Job
from console.services import heartbeats, jobs
from contacts.services import exports as contacts_export
from contacts.services import groups, imports

log = logging.getLogger(__name__)

Handler = Callable[[Job, datetime], None]
HANDLERS: dict[str, Handler] = {
    "contacts.import": imports.run,
    "contacts.export": contacts_export.run,
    "groups.apply": groups.run,
    "campaigns.export": recipients_export.run,
    kept.JOB: kept.run,
}


@shared_task(name="console.run_jobs")
def run_jobs() -> None:
    """Find jobs that wait, or whose worker died."""
    for job_id in jobs.claimable(timezone.now()):
        run_job.apply_async([job_id], expires=30)


@shared_task(name="console.run_job")
@at_most(3)
def run_job(job_id: str) -> None:
    """Run one job; a UserError is its answer for the person, anything else is a bug with an id in the log."""
    now = timezone.now()
    job = jobs.claim(job_id, now)
    if job is None:
        return
    try:
        HANDLERS[job.kind](job, now)
    except UserError as error:
        jobs.fail(job, error.message, timezone.now())
    except Exception:
        log.exception("job failed", extra={"job": job_id, "kind": job.kind})
        jobs.fail(
            job, f"This did not work because of a fault of ours. It is in the log as job {job_id}.", timezone.now()
        )


@shared_task(name="console.retain")
def retain() -> None:
    """Throw away exports, uploads and hosts that are gone after their time."""
    now = timezone.now()
    old = now - timedelta(days=settings.EXPORT_RETENTION_DAYS)
    for folder in (settings.EXPORT_DIR, settings.UPLOAD_DIR):
        _remove_older(Path(folder), old)
    Job.objects.filter(created_at__lt=old, finished_at__isnull=False).delete()
    heartbeats.forget(now)


def _remove_older(folder: Path, old: datetime) -> None:
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        if file.is_file() and file.stat().st_mtime < old.timestamp():
            file.unlink(missing_ok=True)
