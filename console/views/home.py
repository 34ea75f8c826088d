"""The first page of a workspace."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from console.access import WorkspaceRequest, member
from console.context_processors import LAST_WORKSPACE
from console.htmx import render_page
from contacts.models import Contact, Group
from contacts.states import GroupKind


@member("workspace.view")
@require_GET
def home(request: WorkspaceRequest) -> HttpResponse:
    """A greeting, how much there is, and the next thing to do."""
    if request.session.get(LAST_WORKSPACE) != request.workspace.slug:
        request.session[LAST_WORKSPACE] = request.workspace.slug
    now = timezone.now()
    groups = Group.objects.for_workspace(request.workspace)
    context = {
        "now": now,
        "greeting": _greeting(timezone.localtime(now).hour) % {"name": request.user.get_short_name()},
        "people": Contact.objects.for_workspace(request.workspace).count(),
        "lists": groups.filter(kind=GroupKind.LIST).count(),
        "tags": groups.filter(kind=GroupKind.TAG).count(),
    }
    return render_page(request, "console/home.html", context)


def _greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return _("Good morning, %(name)s")
    return _("Good afternoon, %(name)s") if 12 <= hour < 20 else _("Good evening, %(name)s")
