"""A person's notices in a workspace: listed, opened, marked as read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Notice
from campaigns.services.showing import notices
from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import back_url, redirect, render_page, toast
from console.paging import page_by_key

# kind -> (class of the state, icon)
STYLES = {
    "start": ("sending", "send"),
    "end": ("delivered", "checks"),
    "hold": ("failed", "alert-triangle"),
    "approval": ("held", "clock-pause"),
    "alarm": ("failed", "alert-triangle"),
    "outage": ("held", "clock-pause"),
    "answers": ("delivered", "circle-check"),
}


@member("workspace.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Newest first; `?show=unread` only what was not read."""
    unread_only = request.GET.get("show") == "unread"
    page = page_by_key(request, notices.of_person(request.user, request.workspace, unread=unread_only))
    context = {
        "now": timezone.now(),
        "page": page,
        "entries": [_shown(notice) for notice in page.rows],
        "unread_only": unread_only,
        "unread": notices.unread(request.user, request.workspace),
        "address": _address(request),
    }
    return render_page(request, "campaigns/notices/list.html", context, partial="rows")


@member("workspace.view")
@require_POST
def open_one(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """To what the notice is about, which is thereby read."""
    notice = _mine(request, pk)
    notices.read(request.user, request.workspace, [notice.pk], timezone.now())
    return redirect(request, notices.address(notice, request.workspace))


@member("workspace.view")
@require_POST
def read_one(request: WorkspaceRequest, pk: int) -> HttpResponse:
    notices.read(request.user, request.workspace, [_mine(request, pk).pk], timezone.now())
    return _after(request)


@member("workspace.view")
@require_POST
def read_all(request: WorkspaceRequest) -> HttpResponse:
    n = notices.read(request.user, request.workspace, None, timezone.now())
    said = ngettext("%(n)s notice marked as read", "%(n)s notices marked as read", n)
    toast(request, "ok", said % {"n": formats.number(n)} if n else _("Everything was read already"))
    return _after(request)


def _mine(request: WorkspaceRequest, pk: int) -> Notice:
    """404 for a notice of somebody else, or of another workspace."""
    return get_object_or_404(notices.of_person(request.user, request.workspace), pk=pk)


def _after(request: WorkspaceRequest) -> HttpResponse:
    """Back to where the button was."""
    back, address = back_url(request), _address(request)
    return redirect(request, back if back.startswith(address) else address)


def _address(request: WorkspaceRequest) -> str:
    return reverse("notices", args=[request.workspace.slug])


def _shown(notice: Notice) -> dict[str, object]:
    css, icon = STYLES[notice.kind]
    return {
        "notice": notice,
        "title": notices.title(notice),
        "text": notices.text(notice),
        "css": css,
        "icon": icon,
    }
