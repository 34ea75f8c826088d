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
    "contacts": _("Contacts, many at once"),
    "consent": _("Consent"),
    "suppression": _("Do not contact"),
    "group": _("Lists and tags"),
    "import": _("Imports"),
    "export": _("Exports"),
    "account": _("Provider accounts"),
    "member": _("People and roles"),
    "workspace": _("Workspace"),
}
# What was done: the part of "thing.verb" after the dot. A verb that is not here is shown as it is stored.
VERBS: dict[str, Any] = {
    "set_up": _("Set up"),
    "create": _("Created"),
    "created": _("Created"),
    "update": _("Changed"),
    "updated": _("Changed"),
    "edit": _("Changed"),
    "changed": _("Changed"),
    "rename": _("Renamed"),
    "restore": _("Restored"),
    "delete": _("Deleted"),
    "deleted": _("Deleted"),
    "archive": _("Archived"),
    "unarchive": _("Taken out of the archive"),
    "enable": _("Enabled"),
    "disable": _("Disabled"),
    "export": _("Exported"),
    "import": _("Imported"),
    "imported": _("Imported"),
    "do_not_contact": _("Put on the do-not-contact list"),
    "add": _("Added"),
    "added": _("Added"),
    "remove": _("Removed"),
    "removed": _("Removed"),
    "role": _("Role changed"),
    "invite": _("New sign-in link"),
    "submit": _("Sent to review"),
    "reopen": _("Back to draft"),
    "schedule": _("Scheduled"),
    "unschedule": _("Unscheduled"),
    "start": _("Started"),
    "begin": _("Sending began"),
    "pause": _("Paused"),
    "resume": _("Resumed"),
    "hold": _("Paused by a problem"),
    "stop": _("Stopped"),
    "finish": _("Finished"),
    "resend": _("Sent again"),
    "mark_sent": _("Marked as sent"),
    "mark_not_sent": _("Marked as not sent"),
    "send_again": _("Sent again"),
    "release": _("Released"),
    "rotate_token": _("New callback address"),
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
    page = page_by_key(request, events)
    for event in page.rows:
        event.word = VERBS.get(event.action.partition(".")[2], event.action)
        event.lines = lines_of(event.detail)
    context = {
        "now": timezone.now(),
        "page": page,
        "who": who,
        "what": what,
        "people": User.objects.filter(memberships__workspace=request.workspace).order_by("name", "email"),
        "things": THINGS.items(),
        "machine": MACHINE,
    }
    return render_page(request, "console/audit.html", context, partial="rows")


def lines_of(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, text) for each entry of an event's detail; `before` and `after` are told as one change."""
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        changes = [(name, f"{_plain(before.get(name))} → {_plain(value)}") for name, value in after.items()]
    elif before is not None and after is not None:
        changes = [("", f"{_plain(before)} → {_plain(after)}")]
    else:
        changes = []
    told = {"before", "after"} if changes else set()
    return changes + [(name, _plain(value)) for name, value in detail.items() if name not in told]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_plain(inner) for inner in value) or "–"
    return "–" if value is None or value == "" else str(value)
