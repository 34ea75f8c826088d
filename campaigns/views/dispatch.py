"""The live page of a dispatch: where everybody is, how fast it goes, what is wrong, and who may stop it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.forms.budget import BudgetForm
from campaigns.models import Dispatch
from campaigns.services.sending import budgets, dispatching
from campaigns.services.settling import decisions
from campaigns.services.showing import figures, speed, timeline
from campaigns.services.writing import costs
from campaigns.states import DispatchStatus
from campaigns.views import live
from campaigns.views.screen import dispatch_or_404, head_of
from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, stop_polling, toast


@member("dispatch.view")
@require_GET
def page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The whole page."""
    now = timezone.now()
    return render_page(request, "campaigns/dispatch/page.html", live.context_of(dispatch_or_404(request, pk), now))


@member("dispatch.view")
@require_GET
def polled(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The polled part. `?seen=` is what the browser already knows (status and tens of per cent): when it has
    changed, the header is sent along and the change is announced. The answer for a final state stops the polling."""
    now = timezone.now()
    context = live.context_of(dispatch_or_404(request, pk), now)
    context["changed"] = request.GET.get("seen", context["seen"]) != context["seen"]
    response = render_page(request, "campaigns/dispatch/page.html", context, partial="dispatch")
    return response if context["poll_seconds"] else stop_polling(response)


@member("dispatch.view")
@require_GET
def events(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Everything that happened to the dispatch."""
    dispatch = dispatch_or_404(request, pk)
    found = timeline.entries(timeline.events(dispatch))
    context = {**head_of(dispatch, timezone.now()), "entries": found}
    return render_page(request, "campaigns/dispatch/events.html", context)


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def pause(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask, then pause."""
    dispatch = dispatch_or_404(request, pk)
    now = timezone.now()
    if request.method == "GET":
        return _confirm(request, dispatch, "pause", _("Pause this dispatch?"), now)
    effect = dispatching.pause(dispatch, request.user, now)
    text = _("%(gone)s handed over. %(kept)s wait here until you resume.") % _numbers(effect)
    toast(request, "ok", _("Paused"), text)
    return redirect(request, _url(dispatch))


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def stop(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask, then stop for good."""
    dispatch = dispatch_or_404(request, pk)
    now = timezone.now()
    if request.method == "GET":
        return _confirm(request, dispatch, "stop", _("Stop this dispatch for good?"), now)
    effect = dispatching.stop(dispatch, request.user, now)
    text = _("%(gone)s handed over. %(kept)s will not go.") % _numbers(effect)
    toast(request, "ok", _("Stopped for good"), text, stay=True)
    return redirect(request, _url(dispatch))


@member("dispatch.control")
@require_POST
def resume(request: WorkspaceRequest, pk: int) -> HttpResponse:
    dispatch = dispatch_or_404(request, pk)
    return _resumed(request, dispatch, dispatching.resume(dispatch, request.user, timezone.now()))


def _resumed(request: WorkspaceRequest, dispatch: Dispatch, effect: dispatching.Effect) -> HttpResponse:
    text = _("%(gone)s were handed over before, %(kept)s go on now. Nobody gets the message twice.") % _numbers(effect)
    toast(request, "ok", _("Resumed"), text)
    return redirect(request, _url(dispatch))


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def budget(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask for another limit of costs, then go on."""
    dispatch = dispatch_or_404(request, pk)
    budgets.refuse_unless_held(dispatch)
    now = timezone.now()
    form = BudgetForm(request.POST or None, initial={"cost_cap": dispatch.cost_cap})
    if request.method == "POST" and form.is_valid():
        try:
            effect = dispatching.raise_budget(dispatch, form.cleaned_data["cost_cap"], request.user, now)
        except UserError as error:
            if not error.field:
                raise
            form.add_error(error.field, error.message)
        else:
            return _resumed(request, dispatch, effect)
    rate = speed.of(dispatch, now)
    left = figures.of(dispatch, now).left
    context = {
        "dispatch": dispatch, "form": form, "spent": budgets.spent(dispatch),
        "about": costs.of(dispatch, rate, left).about,
    }  # fmt: skip
    return render_dialog(
        request, "campaigns/dispatch/budget.html", context, title=_("Raise the limit of costs?"), back=_url(dispatch),
        keep=_("Leave it as it is"), status=422 if form.is_bound else 200,
    )  # fmt: skip


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask, then send again to those whose failure another try may mend."""
    dispatch = dispatch_or_404(request, pk)
    now = timezone.now()
    if request.method == "GET":
        return _confirm(request, dispatch, "retry", _("Send the failed messages again?"), now)
    people = decisions.retry_failed(dispatch, request.user, now)
    sentence = ngettext("%(n)s message goes out again", "%(n)s messages go out again", people)
    toast(request, "ok", sentence % {"n": formats.number(people)})
    return redirect(request, _url(dispatch))


def _confirm(request: WorkspaceRequest, dispatch: Dispatch, action: str, title: str, now: datetime) -> HttpResponse:
    found = figures.of(dispatch, now)
    _refuse_idle(dispatch, action, live.retryable(found))
    context = {
        "dispatch": dispatch,
        "figures": found,
        "action_name": action,
        "retryable": live.retryable(found),
        "parts": [
            ("delivered", found.handed_over, _("handed over")),
            ("sending", found.in_flight, _("in flight")),
            ("waiting", found.not_sent, _("not sent")),
        ],
        "now": now,
    }
    keep = _("Keep sending") if dispatch.status == DispatchStatus.SENDING else _("Leave it as it is")
    return render_dialog(
        request, f"campaigns/dispatch/{action}.html", context, title=title, back=_url(dispatch), keep=keep
    )


def _refuse_idle(dispatch: Dispatch, action: str, retryable: int) -> None:
    """Do not ask about what cannot be done any more."""
    if action == "retry":
        if not retryable:
            raise UserError(_("Nobody is left whose failure another try could mend."))
    elif not dispatching.may(dispatch, action):
        word = dispatching.status_word(dispatch.status)
        raise UserError(_("Nothing to do: this dispatch is already %(status)s.") % {"status": word})


def _numbers(effect: dispatching.Effect) -> dict[str, str]:
    return {"gone": formats.number(effect.handed_over), "kept": formats.number(effect.will_not_go)}


def _url(dispatch: Dispatch) -> str:
    return reverse("dispatch", args=[dispatch.workspace.slug, dispatch.pk])
