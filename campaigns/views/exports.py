"""Exports: asked for here, written in the background, kept for some days."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.reports import export
from campaigns.services.showing.recipients import Wanted
from campaigns.views.screen import WORDS, dispatch_or_404, word_of
from campaigns.wording import reason_sentence
from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, stop_polling, toast
from console.models import Job, JobStatus
from console.paging import page_by_key
from contacts.services import exports as contacts

OPEN = (JobStatus.WAITING, JobStatus.RUNNING)
# kind of job -> who may see it
KINDS = {export.KIND: "report.export", contacts.JOB: "contact.export"}


@member("report.export")
@require_http_methods(["GET", "POST"])
def ask(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask how, then queue the export of a dispatch's people; `?state=` and `?reason=` as in their list."""
    dispatch = dispatch_or_404(request, pk)
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    wanted = Wanted.read(given)
    if request.method == "POST":
        use = request.POST.get("for", "spreadsheet")
        kind = "jsonl" if use == "jsonl" else "csv"
        export.request(dispatch, wanted, request.user, now, kind=kind, bom=use == "spreadsheet")
        toast(request, "ok", _("The export is being written"), _("It appears here when it is ready."))
        return redirect(request, reverse("exports", args=[request.workspace.slug]))
    people = export.expected(dispatch, wanted, now)
    words = [word_of(dispatch, wanted.state)] if wanted.state else []
    words += [reason_sentence(wanted.reason)] if wanted.reason else []
    context = {
        "dispatch": dispatch,
        "wanted": wanted,
        "people": people,
        "words": ", ".join(str(word) for word in words),
        "days": settings.EXPORT_RETENTION_DAYS,
    }
    title = _("Export the people of this dispatch?")
    back = reverse("recipient-list", args=[request.workspace.slug, dispatch.pk])
    return render_dialog(
        request, "campaigns/report/export.html", context, title=title, back=back, keep=_("Do not export")
    )


@member("report.export")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Exports of people of dispatches and of contacts, newest first; polled while one is being written."""
    kinds = [kind for kind, permission in KINDS.items() if permission in request.permissions]
    jobs = Job.objects.for_workspace(request.workspace).filter(kind__in=kinds).select_related("actor")
    page = page_by_key(request, jobs, order=("-created_at", "id"))
    alive = any(job.status in OPEN for job in page.rows)
    context = {
        "now": timezone.now(),
        "page": page,
        "rows": [_row(request, job) for job in page.rows],
        "alive": alive,
        "days": settings.EXPORT_RETENTION_DAYS,
    }
    response = render_page(request, "campaigns/report/exports.html", context, partial="rows")
    return stop_polling(response) if "polled" in request.GET and not alive else response


@member("report.export")
@require_GET
def file(request: WorkspaceRequest, pk: UUID) -> HttpResponseBase:
    """Download the file of a finished export."""
    job = Job.objects.for_workspace(request.workspace).filter(kind=export.KIND, pk=pk).first()
    if job is None:
        raise Http404("no such export")
    path = export.path_of(job)
    if path is None:
        days = {"days": formats.number(settings.EXPORT_RETENTION_DAYS)}
        raise UserError(_("This file is not here any more: exports are kept for %(days)s days. Export again.") % days)
    return FileResponse(path.open("rb"), as_attachment=True, filename=job.result["name"])


def _row(request: WorkspaceRequest, job: Job) -> dict[str, Any]:
    states = {
        JobStatus.WAITING: ("waiting", "circle-dashed"),
        JobStatus.RUNNING: ("sending", "send"),
        JobStatus.DONE: ("delivered", "circle-check"),
        JobStatus.FAILED: ("failed", "x"),
    }
    css, icon = states[JobStatus(job.status)]
    of_contacts = job.kind == contacts.JOB
    filters = [] if of_contacts else [WORDS.get(job.params["state"]), reason_sentence(job.params["reason"])]
    there = (contacts.path_of(job) if of_contacts else export.path_of(job)) is not None
    address = reverse("contact-export-file" if of_contacts else "export-file", args=[request.workspace.slug, job.pk])
    return {
        "job": job,
        "name": _("Contacts") if of_contacts else job.params["label"],
        "css": css,
        "icon": icon,
        "filters": ", ".join(str(word) for word in filters if word),
        "file_url": address if there else "",
        "expires_at": export.expires_at(job),
    }
