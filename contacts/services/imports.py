"""Importing contacts from a CSV file: what the console, the command and the demo call.

`inspect` looks at a file and saves nothing. `start` queues an upload as a Job, whose handler is `run`;
`carry_out` does the same work in the foreground.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from console.errors import UserError
from console.formats import number
from console.models import Job, User, Workspace
from console.services import jobs
from contacts.services.importing.inspection import Inspection, inspect
from contacts.services.importing.outcome import Outcome
from contacts.services.importing.running import Options, Steps, carry_out
from contacts.services.importing.sentences import reason_words

__all__ = [
    "JOB", "Inspection", "Options", "Outcome", "Steps", "carry_out", "discard_upload", "inspect", "leftovers_path",
    "outcome_of", "reason_words", "run", "start", "store_upload", "upload_path",
]  # fmt: skip

JOB = "contacts.import"


def store_upload(chunks: Iterable[bytes]) -> str:
    """Write what somebody uploads below UPLOAD_DIR, under a random name, which is returned.

    Raises UserError when it is more than IMPORT_MAX_BYTES.
    """
    folder = Path(settings.UPLOAD_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.csv"
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.IMPORT_MAX_BYTES:
                break
            file.write(chunk)
    if size > settings.IMPORT_MAX_BYTES:
        path.unlink()
        most = number(settings.IMPORT_MAX_BYTES // 1024 // 1024)
        raise UserError(
            _("This file is larger than %(n)s MB. Split it and import the parts.") % {"n": most}, code="too_large"
        )
    return path.name


def upload_path(name: str) -> Path:
    """Where `store_upload` put it. Raises UserError when it is gone."""
    path = Path(settings.UPLOAD_DIR) / Path(name).name
    if not path.is_file():
        raise UserError(_("The uploaded file is not there any more. Upload it again."), code="gone")
    return path


def discard_upload(name: str) -> None:
    (Path(settings.UPLOAD_DIR) / Path(name).name).unlink(missing_ok=True)


def start(workspace: Workspace, actor: User | None, upload: str, filename: str, options: Options) -> Job:
    """Queue the import of an upload; `filename` is what people call it."""
    params = {"upload": upload, "filename": filename[:120], "options": options.as_params()}
    return jobs.create(JOB, workspace, actor, params)


def outcome_of(job: Job) -> Outcome:
    """The counts so far, or the final ones."""
    return Outcome.from_result(job.result)


def leftovers_path(job: Job) -> Path:
    """The file of rows that were not imported, or not wholly."""
    return Path(settings.EXPORT_DIR) / f"{job.pk}-rows-to-check.csv"


def run(job: Job, now: datetime) -> None:
    """The handler of `contacts.import`."""
    options = Options.from_params(job.params["options"])
    language = (job.actor.language if job.actor else "") or job.workspace.language
    with translation.override(language):
        try:
            path = upload_path(job.params["upload"])
            evidence = " · ".join(text for text in (job.params["filename"], options.evidence) if text)
            options = replace(options, evidence=evidence)
            steps = JobSteps(job)
            outcome = carry_out(job.workspace, path, options, job.actor, now, steps, leftovers_path(job))
        except UserError:
            discard_upload(job.params["upload"])
            raise
    if outcome is not None:
        jobs.finish(job, outcome.as_result(), timezone.now())
        discard_upload(job.params["upload"])


class JobSteps:
    """`Steps` of a Job: lease, progress and place are in its row."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def begun(self) -> Outcome:
        return Outcome.from_result(self._job.result)

    def hold(self, done: int, total: int) -> bool:
        return jobs.advance(self._job, done, total, timezone.now())

    def keep(self, outcome: Outcome) -> None:
        Job.objects.filter(pk=self._job.pk, token=self._job.token).update(result=outcome.as_result())
