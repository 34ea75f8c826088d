"""The export of contacts: asked for from the list, written in the background, downloaded from its page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, stop_polling
from console.models import JobStatus
from contacts.services import exports, finding
from contacts.views.screen import (
    JOB_STYLE,
    OPEN_JOB,
    count_text,
    job_or_404,
    pairs_of,
    people_of,
    query_of,
    wanted_groups,
)


@member("contact.export")
@require_http_methods(["GET", "POST"])
def ask(request: WorkspaceRequest) -> HttpResponse:
    """Say how many people the filter in the address means, then queue their export."""
    given = request.POST if request.method == "POST" else request.GET
    people = people_of(given, wanted_groups(given, request.workspace))
    if request.method == "POST":
        job = exports.start(request.workspace, request.user, people, timezone.now())
        return redirect(request, reverse("contact-export-job", args=[request.workspace.slug, job.pk]))
    count = count_text(finding.count(request.workspace, people))
    context = {"pairs": pairs_of(people), "count_text": count, "days": settings.EXPORT_RETENTION_DAYS}
    back = reverse("contacts", args=[request.workspace.slug]) + query_of(people)
    title = _("Export %(people)s?") % {"people": count}
    return render_dialog(request, "contacts/export.html", context, title=title, back=back, keep=_("Do not export"))


@member("contact.export")
@require_GET
def job(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """An export while it is written, and its file."""
    found = job_or_404(request, pk, exports.JOB)
    alive = found.status in OPEN_JOB
    css, icon = JOB_STYLE[JobStatus(found.status)]
    path = exports.path_of(found)
    rows = int(found.result.get("rows", 0))
    n = {"n": formats.number(rows)}
    context = {
        "page_title": _("Export of contacts"),
        "now": timezone.now(),
        "job": found,
        "alive": alive,
        "css": css,
        "icon": icon,
        "sentence": ngettext("%(n)s contact is in the file.", "%(n)s contacts are in the file.", rows) % n,
        "size": path.stat().st_size if path else None,
        "days": settings.EXPORT_RETENTION_DAYS,
    }
    response = render_page(request, "contacts/export_job.html", context, partial="job")
    return stop_polling(response) if "polled" in request.GET and not alive else response


@member("contact.export")
@require_GET
def file(request: WorkspaceRequest, pk: UUID) -> HttpResponseBase:
    """Download the file of a finished export."""
    found = job_or_404(request, pk, exports.JOB)
    path = exports.path_of(found)
    if path is None:
        days = {"days": formats.number(settings.EXPORT_RETENTION_DAYS)}
        raise UserError(_("This file is not here any more: exports are kept for %(days)s days. Export again.") % days)
    return FileResponse(path.open("rb"), as_attachment=True, filename=found.result["name"])
