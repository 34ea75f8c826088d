"""Contacts as a CSV file, written in the background in chunks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify

from console.models import Job, JobStatus, User, Workspace
from console.services import audit, jobs
from contacts.models import FIXED_FIELDS, Contact, ContactField, GroupMember
from contacts.services import finding
from contacts.services.finding import People
from contacts.spreadsheets import safe_cell

JOB = "contacts.export"
BOM = "\ufeff"  # without it Excel reads UTF-8 as the local character set
SEPARATOR = ", "


def start(workspace: Workspace, actor: User, people: People, now: datetime) -> Job:
    """Queue the export of the people that a filter means."""
    audit.record("contact.export", workspace=workspace, actor=actor, now=now, **people.as_params())
    return jobs.create(JOB, workspace, actor, {"people": people.as_params()})


def path_of(job: Job) -> Path | None:
    """The finished file; None when there is none, or when it was removed after its days."""
    path = Path(settings.EXPORT_DIR) / Path(str(job.result.get("file", "-"))).name
    return path if job.status == JobStatus.DONE and path.is_file() else None


def run(job: Job, now: datetime) -> None:
    """The handler of `contacts.export`: writes the file beside its place and moves it there when it is whole."""
    folder = Path(settings.EXPORT_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{job.pk}.csv"
    unfinished = path.with_suffix(f".{job.token[:8]}.part")  # a run that was taken over must not write into ours
    try:
        rows = _write(job, unfinished)
        if rows is None:
            return
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    size = path.stat().st_size
    name = f"{slugify(job.workspace.name) or 'contacts'}-contacts-{now:%Y-%m-%d}.csv"
    jobs.finish(job, {"rows": rows, "file": path.name, "name": name, "bytes": size}, timezone.now())


def _write(job: Job, path: Path) -> int | None:
    """Rows written; None when another worker took the job over."""
    fields = list(ContactField.objects.for_workspace(job.workspace).values_list("name", flat=True))
    ids = finding.ids(job.workspace, People.from_params(job.params["people"]))
    done = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        writer = csv.writer(file)
        writer.writerow([*FIXED_FIELDS, *fields, "sms_consent", "email_consent", "lists", "tags", "created_at"])
        for chunk in finding.in_chunks(ids):
            writer.writerows([safe_cell(cell) for cell in row] for row in _rows(job.workspace, chunk, fields))
            done += len(chunk)
            if not jobs.advance(job, done, len(ids), timezone.now()):
                return None
    return done


def _rows(workspace: Workspace, ids: Sequence[int], fields: Sequence[str]) -> Iterator[list[Any]]:
    groups: dict[int, dict[str, list[str]]] = {}
    members = GroupMember.objects.filter(contact__in=ids).order_by("group__name")
    for contact, kind, name in members.values_list("contact", "group__kind", "group__name"):
        groups.setdefault(contact, {}).setdefault(kind, []).append(name)
    for contact in Contact.objects.for_workspace(workspace).filter(pk__in=ids).order_by("pk"):
        mine = groups.get(contact.pk, {})
        yield [
            *(getattr(contact, name) for name in FIXED_FIELDS),
            *(str(contact.attributes.get(name, "")) for name in fields),
            contact.sms_consent,
            contact.email_consent,
            SEPARATOR.join(mine.get("list", [])),
            SEPARATOR.join(mine.get("tag", [])),
            contact.created_at.isoformat(timespec="seconds"),
        ]
