"""The card of a campaign on a list at the provider, and the yes to its price."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from campaigns import wording
from campaigns.models import Dispatch, ListRun
from campaigns.services.sending import list_plans
from campaigns.states import DispatchStatus, ListStatus
from campaigns.views.screen import dispatch_or_404
from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, toast

# Colour and icon of the badge.
STYLE = {
    ListStatus.UPLOADING: ("sending", "users"),
    ListStatus.CREATING: ("sending", "send"),
    ListStatus.COMPUTING: ("sending", "clock"),
    ListStatus.WAITING: ("retry", "alert-triangle"),
    ListStatus.LAUNCHING: ("sending", "send"),
    ListStatus.LAUNCHED: ("delivered", "checks"),
    ListStatus.UNCLEAR: ("verify", "zoom-question"),
    ListStatus.FAILED: ("failed", "alert-triangle"),
    ListStatus.CANCELLED: ("excluded", "ban"),
}
APPROVED = ("sending", "check")


@member("dispatch.control")
@require_POST
def approve(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Say yes to the count and the cost that the page has shown (`seen`); other figures need another look."""
    dispatch = dispatch_or_404(request, pk)
    run = ListRun.objects.select_related("dispatch__workspace").filter(dispatch=dispatch).first()
    if run is None or request.POST.get("seen") != seen_of(run):
        raise UserError(_("The figures have changed since you looked; look at them again."))
    list_plans.approve(run, request.user, timezone.now())
    people = run.count or 0
    sentence = ngettext("Approved: %(n)s message goes out now", "Approved: %(n)s messages go out now", people)
    toast(request, "ok", sentence % {"n": formats.number(people)})
    return redirect(request, reverse("dispatch", args=[dispatch.workspace.slug, dispatch.pk]))


def seen_of(run: ListRun) -> str:
    """The figures that a yes is about."""
    return f"{run.ticket}:{run.count}:{run.cost}"


def card_of(dispatch: Dispatch) -> dict[str, Any] | None:
    """What the dispatch page says about its campaign at the provider; None when lanes send it."""
    run = ListRun.objects.select_related("approved_by").filter(dispatch=dispatch).first()
    if run is None:
        return None
    run.dispatch = dispatch
    asks = run.status == ListStatus.WAITING and run.approved_at is None and dispatch.status == DispatchStatus.SENDING
    approved = run.status == ListStatus.WAITING and run.approved_at is not None
    css, icon = APPROVED if approved else STYLE[ListStatus(run.status)]
    return {
        "run": run,
        "word": _("Approved") if approved else wording.LIST_WORDS[run.status],
        "css": css,
        "icon": icon,
        "sentence": _sentence(run),
        "kind": _("Tag") if run.kind == "tag" else _("List"),
        "cost": None if run.cost is None else formats.money(run.cost),
        "cap": None if dispatch.cost_cap is None else formats.money(dispatch.cost_cap),
        "warnings": _warnings(run) if asks else [],
        "asks": asks,
        "seen": seen_of(run),
    }


def _sentence(run: ListRun) -> str:
    """What goes on, or what has to happen next."""
    sentences = {
        ListStatus.UPLOADING: _("People are being brought to the provider. Nobody gets anything before the launch."),
        ListStatus.CREATING: _("Everybody is there. The campaign is being created; nothing leaves yet."),
        ListStatus.COMPUTING: _("The provider counts the people and the price. Nothing leaves yet."),
        ListStatus.WAITING: _("Nothing leaves before somebody approves the price, or the campaign's limit covers it."),
        ListStatus.LAUNCHING: _("The campaign is being launched."),
        ListStatus.LAUNCHED: _("The provider sends to the people on the list."),
        ListStatus.UNCLEAR: _(
            "The provider's answer to the launch was lost. It is being asked; nothing is launched twice."
        ),
        ListStatus.FAILED: _("The provider did not make the campaign. Nothing has left. Resume to have it made anew."),
        ListStatus.CANCELLED: _("It was not launched, and will not be."),
    }
    if run.status == ListStatus.UPLOADING and not run.cursor and not list_plans.is_alone(run):
        return _("Another campaign on a list of this account comes first; one at a time is possible.")
    if run.status == ListStatus.WAITING and run.approved_at:
        return _("Approved. It is launched as soon as the hour and the account allow it.")
    return sentences[ListStatus(run.status)]


def _warnings(run: ListRun) -> list[str]:
    """What a person should know before saying yes."""
    found = []
    if not run.count or run.count > run.uploaded:
        words = _("The provider counts %(count)s people, but %(uploaded)s were brought there.")
        found.append(words % {"count": formats.number(run.count or 0), "uploaded": formats.number(run.uploaded)})
    elif run.count < run.uploaded:
        words = ngettext(
            "The provider leaves out %(n)s person and does not say whom.",
            "The provider leaves out %(n)s people and does not say whom.",
            run.uploaded - run.count,
        )
        found.append(words % {"n": formats.number(run.uploaded - run.count)})
    cap = run.dispatch.cost_cap
    if cap is not None and run.cost is not None and run.cost > cap:
        words = _("It costs more than the campaign's limit of %(cap)s.")
        found.append(words % {"cap": formats.money(cap)})
    return found
