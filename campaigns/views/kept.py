"""What the provider keeps of a dispatch until its time: looked at, moved, called off."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.forms.kept import MoveForm
from campaigns.models import Dispatch
from campaigns.services.settling import kept
from campaigns.views.screen import dispatch_or_404, head_of
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_page, toast


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """POST with `action`: "move" to a day and a time, or "call_off"."""
    dispatch, now = dispatch_or_404(request, pk), timezone.now()
    zone = request.workspace.time_zone
    if request.method == "GET":
        return _show(request, dispatch, MoveForm(zone=zone, at=kept.until(dispatch)), now)
    action = kept.CALL_OFF if request.POST.get("action") == kept.CALL_OFF else kept.MOVE
    form = MoveForm(request.POST, zone=zone)
    if action == kept.MOVE and not form.is_valid():
        return _show(request, dispatch, form, now, status=422)
    try:
        kept.order(dispatch, action, form.at if action == kept.MOVE else None, request.user, now)
    except UserError as error:
        if action == kept.CALL_OFF:
            raise
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _show(request, dispatch, form, now, status=422)
    text = _("Request after request is changed at the provider. The events of the dispatch say how it ended.")
    toast(request, "ok", _("Calling off") if action == kept.CALL_OFF else _("Moving"), text)
    return redirect(request, reverse("dispatch", args=[request.workspace.slug, pk]))


def _show(
    request: WorkspaceRequest, dispatch: Dispatch, form: MoveForm, now: datetime, status: int = 200
) -> HttpResponse:
    problem, lines = "", []
    try:
        lines = kept.lines(dispatch)
    except UserError as error:
        problem = error.message
    context = {
        **head_of(dispatch, now),
        "form": form,
        "until": kept.until(dispatch),
        "open": kept.open_until(dispatch, now) is not None,
        "lines": lines,
        "problem": problem,
        "most": kept.SHOWN,
        "zone": request.workspace.time_zone,
    }
    return render_page(request, "campaigns/dispatch/kept.html", context, status=status)
