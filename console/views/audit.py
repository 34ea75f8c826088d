"""The audit log of a workspace: who did what, newest first."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from console.access import WorkspaceRequest, member
from console.htmx import render_page
from console.models import AuditEvent, User
from console.paging import page_by_key

# The things that actions are done to: the part of "thing.verb" before the dot.
THINGS: dict[str, Any] = {
    "campaign": _("Campaigns"),
    "dispatch": _("Dispatches"),
    "recipient": _("Recipients"),
    "template": _("Templates"),
    "contact": _("Contacts"),
    "consent": _("Consent"),
    "suppression": _("Do not contact"),
    "group": _("Lists and tags"),
    "import": _("Imports"),
    "export": _("Exports"),
    "account": _("Provider accounts"),
    "member": _("People and roles"),
    "workspace": _("Workspace"),
}
MACHINE = "machine"


@member("audit.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Filter by person (`?who=`, an id or "machine") and by thing (`?what=`)."""
    who, what = request.GET.get("who", ""), request.GET.get("what", "")
    events = AuditEvent.objects.for_workspace(request.workspace).select_related("actor")
    if who == MACHINE:
        events = events.filter(actor=None)
    elif who.isdecimal():
        events = events.filter(actor_id=int(who))
    if what in THINGS:
        events = events.filter(action__startswith=f"{what}.")
    context = {
        "now": timezone.now(),
        "page": page_by_key(request, events),
        "who": who,
        "what": what,
        "people": User.objects.filter(memberships__workspace=request.workspace).order_by("name", "email"),
        "things": THINGS.items(),
        "machine": MACHINE,
    }
    return render_page(request, "console/audit.html", context, partial="rows")
