"""Imports: the past ones, and one while it runs and when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from console import formats
from console.access import WorkspaceRequest, member
from console.charts import Part
from console.errors import UserError
from console.htmx import render_page, stop_polling
from console.models import Job, JobStatus
from console.paging import page_by_key
from contacts import wording
from contacts.models import Group
from contacts.services import imports
from contacts.states import GroupKind
from contacts.views.screen import JOB_STYLE, OPEN_JOB, job_or_404
from contacts.views.uploads import upload_of


@member("contact.import")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Newest first; polled while one is running."""
    jobs = Job.objects.for_workspace(request.workspace).filter(kind=imports.JOB).select_related("actor")
    page = page_by_key(request, jobs, order=("-created_at", "id"))
    alive = any(job.status in OPEN_JOB for job in page.rows)
    context = {
        "page_title": _("Imports"),
        "now": timezone.now(),
        "page": page,
        "rows": [_row(job) for job in page.rows],
        "alive": alive,
        "days": settings.EXPORT_RETENTION_DAYS,
    }
    response = render_page(request, "contacts/imports/list.html", context, partial="rows")
    return stop_polling(response) if "polled" in request.GET and not alive else response


@member("contact.import")
@require_GET
def show(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """One import, polled every second while it runs. `?upload=` leads from a trial back to its file."""
    job = job_or_404(request, pk, imports.JOB)
    row = _row(job)
    outcome, options = row["outcome"], row["options"]
    figures = _figures(outcome)
    parts = [part for part, _note in figures]
    context = row | {
        "page_title": row["filename"],
        "now": timezone.now(),
        "alive": job.status in OPEN_JOB,
        "figures": figures,
        "parts": parts,
        "sum": _sum_of(parts),
        "rejected": _reasons(outcome.rejected, outcome.examples),
        "left_out": _reasons(outcome.left_out, outcome.examples),
        "consents": [(wording.CHANNELS[channel], n) for channel, n in outcome.consents.items()],
        "list": _list_of(request, options),
        "again_url": _again(request, job) if options.dry_run else "",
    }
    response = render_page(request, "contacts/imports/show.html", context, partial="import")
    return stop_polling(response) if "polled" in request.GET and not context["alive"] else response


@member("contact.import")
@require_GET
def rejected(request: WorkspaceRequest, pk: UUID) -> HttpResponseBase:
    """Download the rows that were not imported, or not wholly, each with its reason."""
    job = job_or_404(request, pk, imports.JOB)
    path = imports.leftovers_path(job)
    if job.status in OPEN_JOB or not path.is_file():
        days = {"days": formats.number(settings.EXPORT_RETENTION_DAYS)}
        raise UserError(_("This file is not here: it is kept for %(days)s days after the import.") % days)
    name = slugify(str(job.params["filename"]).rsplit(".", 1)[0])[:80] or "import"
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{name}-rows-to-check.csv")


def _row(job: Job) -> dict[str, Any]:
    css, icon = JOB_STYLE[JobStatus(job.status)]
    outcome = imports.outcome_of(job)
    over = job.status not in OPEN_JOB
    return {
        "job": job,
        "filename": job.params["filename"],
        "options": imports.Options.from_params(job.params["options"]),
        "outcome": outcome,
        "css": css,
        "icon": icon,
        "leftovers": over and outcome.has_leftovers and imports.leftovers_path(job).is_file(),
    }


def _figures(outcome: imports.Outcome) -> list[tuple[Part, str]]:
    """(part, what it means). Every row of the file is in exactly one of them."""
    return [
        (Part("delivered", outcome.created, _("New")), _("Not known before")),
        (Part("sent", outcome.updated, _("Updated")), _("Known, with something new")),
        (Part("waiting", outcome.unchanged, _("Unchanged")), _("Known, nothing new")),
        (Part("failed", outcome.refused, _("Rejected")), _("Can be downloaded and mended")),
        (Part("excluded", outcome.duplicates, _("Repeated")), _("The person is in an earlier row")),
    ]


def _sum_of(parts: list[Part]) -> str:
    """ "2 + 1 = 3", as the sum is read on the page."""
    terms = [formats.number(part.n) for part in parts if part.n]
    return f"{' + '.join(terms)} = {formats.number(sum(part.n for part in parts))}"


def _reasons(counts: Mapping[str, int], examples: Mapping[str, str]) -> list[dict[str, Any]]:
    """Largest first, with an example of each."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    highest = ordered[0][1] if ordered else 0
    return [
        {"words": imports.reason_words(reason), "n": n, "highest": highest, "example": examples.get(reason, "")}
        for reason, n in ordered
    ]


def _list_of(request: WorkspaceRequest, options: imports.Options) -> Group | None:
    """The list that the people went to, when it is still there."""
    if not options.list_name:
        return None
    lists = Group.objects.for_workspace(request.workspace).filter(kind=GroupKind.LIST)
    found: Group | None = lists.filter(name__iexact=" ".join(options.list_name.split())).first()
    return found


def _again(request: WorkspaceRequest, job: Job) -> str:
    """Back to the choices of a trial, for who uploaded its file."""
    token = request.GET.get("upload", "")
    try:
        upload_of(request, token)
    except Http404:
        return ""
    return f"{reverse('import-review', args=[request.workspace.slug, token])}?like={job.pk}"
