"""What is done with many contacts at once, and the page on which one waits for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from console import formats
from console.access import WorkspaceRequest, can, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, stop_polling, toast
from console.models import Job, JobStatus
from contacts.models import Group
from contacts.services import finding, groups
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

MOST_IDS = 1_000


@member("group.edit")
@require_POST
def apply(request: WorkspaceRequest) -> HttpResponse:
    """`action` on the ticked contacts (`id`), or on everybody who fits the filter (`all=1`)."""
    action = request.POST.get("action", "")
    if action not in set(groups.Act):
        raise UserError(_("Choose what to do with the selected contacts."))
    people = people_of(request.POST, wanted_groups(request.POST, request.workspace))
    everybody = request.POST.get("all") == "1"
    ids = tuple(int(pk) for pk in request.POST.getlist("id")[:MOST_IDS] if pk.isdecimal() and len(pk) < 18)
    if not ids and not everybody:
        raise UserError(_("Tick at least one contact first."))
    back = reverse("contacts", args=[request.workspace.slug]) + query_of(people)
    if action == groups.Act.DO_NOT_CONTACT:
        if not can(request.membership, "suppression.edit"):
            raise PermissionDenied("suppression.edit")
        if request.POST.get("confirmed") != "1":
            return _ask(request, people, everybody, ids, back)
    into = request.POST.get("into", "")
    order = groups.Order(
        groups.Act(action),
        group=int(into) if action != groups.Act.DO_NOT_CONTACT and into.isdecimal() and len(into) < 18 else None,
        ids=() if everybody else ids,
        people=people if everybody else None,
    )
    done = groups.carry_out(request.workspace, order, request.user, timezone.now())
    if isinstance(done, Job):
        return redirect(request, reverse("contact-job", args=[request.workspace.slug, done.pk]))
    toast(request, "ok", told(order, done, _group_of(request, order)))
    return redirect(request, back)


@member("contact.view")
@require_GET
def job(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A change of many contacts while it runs, and what it did."""
    found = job_or_404(request, pk, groups.JOB)
    alive = found.status in OPEN_JOB
    order = groups.Order.from_params(found.params)
    css, icon = JOB_STYLE[JobStatus(found.status)]
    group = _group_of(request, order)
    context = {
        "page_title": _title(order, group),
        "now": timezone.now(),
        "job": found,
        "alive": alive,
        "css": css,
        "icon": icon,
        "sentence": told(order, int(found.result.get("changed", 0)), group) if found.status == JobStatus.DONE else "",
    }
    response = render_page(request, "contacts/job.html", context, partial="job")
    return stop_polling(response) if "polled" in request.GET and not alive else response


def told(order: groups.Order, n: int, group: Group | None) -> str:
    """What an order did to `n` people or addresses."""
    gaps = {"n": formats.number(n), "group": group or ""}
    if order.act == groups.Act.ADD:
        return ngettext("%(n)s contact was added to %(group)s", "%(n)s contacts were added to %(group)s", n) % gaps
    if order.act == groups.Act.REMOVE:
        return (
            ngettext("%(n)s contact was taken out of %(group)s", "%(n)s contacts were taken out of %(group)s", n) % gaps
        )
    return (
        ngettext(
            "%(n)s address is new on the do-not-contact list", "%(n)s addresses are new on the do-not-contact list", n
        )
        % gaps
    )


def _title(order: groups.Order, group: Group | None) -> str:
    names = {"group": group or _("a list that was deleted")}
    if order.act == groups.Act.ADD:
        return _("Adding contacts to %(group)s") % names
    if order.act == groups.Act.REMOVE:
        return _("Taking contacts out of %(group)s") % names
    return _("Adding contacts to the do-not-contact list")


def _group_of(request: WorkspaceRequest, order: groups.Order) -> Group | None:
    found: Group | None = Group.objects.for_workspace(request.workspace).filter(pk=order.group or 0).first()
    return found


def _ask(
    request: WorkspaceRequest, people: finding.People, everybody: bool, ids: tuple[int, ...], back: str
) -> HttpResponse:
    count = finding.count(request.workspace, people) if everybody else finding.Count(len(ids))
    context: dict[str, Any] = {
        "ids": () if everybody else ids,
        "everybody": everybody,
        "pairs": pairs_of(people),
        "count_text": count_text(count),
    }
    title = _("Never write to %(people)s again?") % {"people": count_text(count)}
    return render_dialog(request, "contacts/bulk_stop.html", context, title=title, back=back, keep=_("Keep writing"))
