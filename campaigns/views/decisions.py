"""What a person decides about messages that failed or whose outcome nobody knows. Asked with the number first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Dispatch
from campaigns.services.settling import decisions
from campaigns.services.showing import figures, recipients
from campaigns.states import RECIPIENT_MOVES, By, actions_from
from campaigns.views.screen import dispatch_or_404, people_url, recipient_or_404, shown
from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, toast


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: the action it posts, its word, what it means."""

    action: str
    label: Any
    sentence: Any
    icon: str


CHOICES = {
    choice.action: choice
    for choice in (
        Choice(
            "mark_sent",
            gettext_lazy("Mark as sent"),
            gettext_lazy("They have it: you know it from the provider or from the person."),
            "check",
        ),
        Choice(
            "mark_not_sent",
            gettext_lazy("Mark as not sent"),
            gettext_lazy("They do not have it, and this dispatch does not write to them again."),
            "x",
        ),
        Choice(
            "send_again",
            gettext_lazy("Send again"),
            gettext_lazy("They get the message, some of them perhaps for the second time."),
            "send",
        ),
    )
}


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def one(request: WorkspaceRequest, pk: int, recipient_pk: int) -> HttpResponse:
    """Ask about one person; a POST carries the decision as `action`."""
    dispatch = dispatch_or_404(request, pk)
    recipient = recipient_or_404(dispatch, recipient_pk)
    now = timezone.now()
    back = reverse("recipient", args=[dispatch.workspace.slug, dispatch.pk, recipient.pk])
    if request.method == "POST":
        action = _action(request)
        decisions.decide(recipient, action, request.user, now)
        toast(request, "ok", _done(action, 1))
        return redirect(request, back)
    actions = actions_from(RECIPIENT_MOVES, recipient.status, By.PERSON)
    if not actions:
        raise UserError(_("This message has been settled in the meantime; there is nothing to decide."))
    line = recipients.line_of(recipient, now)
    title = _("What happened to the message for %(name)s?") % {"name": line.name}
    return _ask(request, dispatch, 1, actions, title, back, now=now, **shown(dispatch, line))


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def everybody(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """One decision for everybody to verify."""
    dispatch = dispatch_or_404(request, pk)
    if request.method == "POST":
        action = _action(request)
        people = decisions.decide_all_unknown(dispatch, action, request.user, timezone.now())
        return _decided(request, dispatch, action, people)
    return _ask_everybody(request, dispatch, list(CHOICES))


@member("dispatch.control")
@require_POST
def some(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A decision for the ticked people: first the question with their number, then (`confirmed`) the deed."""
    dispatch = dispatch_or_404(request, pk)
    action = _action(request)
    if "all" in request.POST:
        return _ask_everybody(request, dispatch, [action])
    ids = [int(text) for text in request.POST.getlist("id") if text.isdecimal()][: recipients.SEARCHED_CONTACTS]
    if not ids:
        raise UserError(_("Tick the people you decide about first."))
    if "confirmed" in request.POST:
        people = decisions.decide_many(dispatch, ids, action, request.user, timezone.now())
        return _decided(request, dispatch, action, people)
    title = ngettext("Decide for %(n)s person?", "Decide for %(n)s people?", len(ids)) % {"n": formats.number(len(ids))}
    return _ask(request, dispatch, len(ids), [action], title, people_url(dispatch), ids=ids)


def _ask_everybody(request: WorkspaceRequest, dispatch: Dispatch, actions: list[str]) -> HttpResponse:
    people = figures.of(dispatch, timezone.now()).states["verify"]
    if not people:
        raise UserError(_("Nobody is left to verify."))
    title = ngettext(
        "What happened to %(n)s message without an answer?",
        "What happened to %(n)s messages without an answer?",
        people,
    ) % {"n": formats.number(people)}
    address = reverse("recipient-decide-all", args=[dispatch.workspace.slug, dispatch.pk])
    return _ask(request, dispatch, people, actions, title, people_url(dispatch, state="verify"), post_to=address)


def _ask(
    request: WorkspaceRequest,
    dispatch: Dispatch,
    people: int,
    actions: list[str],
    title: str,
    back: str,
    *,
    post_to: str = "",
    **context: Any,
) -> HttpResponse:
    choices = [{"choice": CHOICES[action], "button": _button(action, people)} for action in actions]
    context |= {"dispatch": dispatch, "choices": choices}
    template, keep = "campaigns/dispatch/decide.html", _("Decide later")
    return render_dialog(request, template, context, title=title, back=back, keep=keep, action=post_to)


def _action(request: WorkspaceRequest) -> str:
    action = request.POST.get("action", "")
    if action not in CHOICES:
        raise UserError(_("Choose what happened to the message."))
    return str(action)


def _decided(request: WorkspaceRequest, dispatch: Dispatch, action: str, people: int) -> HttpResponse:
    if not people:
        raise UserError(_("These messages have been settled in the meantime; nothing was changed."))
    toast(request, "ok", _done(action, people))
    return redirect(request, reverse("dispatch", args=[dispatch.workspace.slug, dispatch.pk]))


def _button(action: str, people: int) -> str:
    sentences = {
        "mark_sent": ngettext("Mark as sent", "Mark %(n)s as sent", people),
        "mark_not_sent": ngettext("Mark as not sent", "Mark %(n)s as not sent", people),
        "send_again": ngettext("Send again", "Send %(n)s again", people),
    }
    return sentences[action] % {"n": formats.number(people)}


def _done(action: str, people: int) -> str:
    sentences = {
        "mark_sent": ngettext("%(n)s message marked as sent", "%(n)s messages marked as sent", people),
        "mark_not_sent": ngettext("%(n)s message marked as not sent", "%(n)s messages marked as not sent", people),
        "send_again": ngettext("%(n)s message goes out again", "%(n)s messages go out again", people),
    }
    return sentences[action] % {"n": formats.number(people)}
