"""The export of a dispatch's people as background work, and the files it leaves for some days."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.models import Dispatch
from campaigns.reports import recipients
from campaigns.services.showing import figures
from campaigns.services.showing.recipients import Wanted, number_of
from console.models import Job, JobStatus, User
from console.services import audit, jobs

KIND = "campaigns.export"


def request(
    dispatch: Dispatch, wanted: Wanted, actor: User, now: datetime, *, kind: str = "csv", bom: bool = True
) -> Job:
    """Queue an export of the people that `wanted` means, in the actor's language."""
    params = {
        "dispatch": dispatch.pk,
        "label": str(dispatch),
        "state": wanted.state,
        "reason": wanted.reason,
        "format": kind,
        "bom": bom,
        "language": translation.get_language(),
    }
    job = jobs.create(KIND, dispatch.workspace, actor, params)
    audit.record(
        "export.create", workspace=dispatch.workspace, actor=actor, target=dispatch, now=now,
        state=wanted.state, cause=wanted.reason, format=kind,
    )  # fmt: skip
    return job


def run(job: Job, now: datetime) -> None:
    """Handler of the job: writes the file beside its place and moves it there when it is whole."""
    params = job.params
    dispatch = (
        Dispatch.objects.for_workspace(job.workspace)
        .select_related("account", "workspace", "campaign")
        .filter(pk=params["dispatch"])
        .first()
    )
    if dispatch is None:
        jobs.fail(job, _("The dispatch does not exist any more."), now)
        return
    with translation.override(params["language"]):
        _write(job, dispatch, Wanted(params["state"], params["reason"]), now)


def path_of(job: Job) -> Path | None:
    """The finished file of a job; None when there is none, or when it was removed after its days."""
    path = settings.EXPORT_DIR / Path(str(job.result.get("file", "-"))).name
    return path if job.status == JobStatus.DONE and path.is_file() else None


def expires_at(job: Job) -> datetime | None:
    """When the file is removed."""
    return job.finished_at + timedelta(days=settings.EXPORT_RETENTION_DAYS) if job.finished_at else None


def _write(job: Job, dispatch: Dispatch, wanted: Wanted, now: datetime) -> None:
    kind = job.params["format"]
    total = expected(dispatch, wanted, now)
    settings.EXPORT_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.EXPORT_DIR / f"{job.pk}.{kind}"
    unfinished = path.with_suffix(f".{job.token[:8]}.part")  # a run that was taken over must not write into ours
    rows = 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            for rows in recipients.write(dispatch, wanted, file, kind, now, bom=job.params["bom"]):
                if not jobs.advance(job, rows, max(total, rows), timezone.now()):
                    return
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    jobs.finish(job, _result(dispatch, wanted, path, rows), timezone.now())


def expected(dispatch: Dispatch, wanted: Wanted, now: datetime) -> int:
    """How many people `wanted` means now."""
    return number_of(dispatch, wanted, figures.of(dispatch, now))


def _result(dispatch: Dispatch, wanted: Wanted, path: Path, rows: int) -> dict[str, Any]:
    words = [slugify(dispatch.campaign.name)[:60] or "dispatch", str(dispatch.number), wanted.state, wanted.reason]
    name = "-".join(word for word in words if word)
    return {"file": path.name, "name": f"{name}{path.suffix}", "rows": rows, "bytes": path.stat().st_size}
