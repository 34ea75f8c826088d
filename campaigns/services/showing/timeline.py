"""What happened to a dispatch, from the audit trail, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import wording
from campaigns.models import Dispatch
from console.formats import number
from console.models import AuditEvent

NEWEST = 8  # on the dispatch page
MOST = 500  # on the page of all events; a dispatch has some tens

# action -> (state colour, icon, title)
_KINDS: dict[str, tuple[str, str, Any]] = {
    "dispatch.create": ("brand", "clock-play", gettext_lazy("Started")),
    "dispatch.begin": ("sending", "send", gettext_lazy("Sending began")),
    "dispatch.pause": ("held", "player-pause", gettext_lazy("Paused")),
    "dispatch.resume": ("sending", "player-play", gettext_lazy("Resumed")),
    "dispatch.hold": ("failed", "alert-triangle", gettext_lazy("Held by a problem")),
    "dispatch.stop": ("excluded", "player-stop", gettext_lazy("Stopped for good")),
    "dispatch.move": ("brand", "clock-play", gettext_lazy("Moved at the provider")),
    "dispatch.call_off": ("excluded", "player-stop", gettext_lazy("Called off at the provider")),
    "dispatch.finish": ("delivered", "checks", gettext_lazy("Finished")),
    "dispatch.resend": ("retry", "refresh", gettext_lazy("Sending again")),
    "dispatch.canary": ("delivered", "checks", gettext_lazy("The first messages went well")),
    "list_run.approve": ("brand", "check", gettext_lazy("Price approved")),
    "export.create": ("brand", "table-export", gettext_lazy("Export asked for")),
}
_DECISIONS = {
    "mark_sent": gettext_lazy("Marked as sent"),
    "mark_not_sent": gettext_lazy("Marked as not sent"),
    "send_again": gettext_lazy("Sent again"),
}
_STANDING = {"dispatch.pause", "dispatch.hold"}
_MOVING = {"dispatch.resume", "dispatch.stop", "dispatch.resend"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: colour and icon, a title, a sentence below it ("" = none), and when."""

    css: str
    icon: str
    title: str
    text: str
    at: datetime


def target_of(dispatch: Dispatch) -> str:
    return f"dispatch:{dispatch.pk}"


def events(dispatch: Dispatch, limit: int = MOST) -> list[AuditEvent]:
    """The audit events of a dispatch, newest first."""
    found = AuditEvent.objects.filter(target=target_of(dispatch)).select_related("actor")
    return list(found.order_by("-id")[:limit])


def entries(found: Iterable[AuditEvent]) -> list[Entry]:
    """Audit events as a person reads them."""
    return [_entry(event) for event in found]


def idle(found: Iterable[AuditEvent], now: datetime) -> timedelta:
    """How long the dispatch stood still, paused or held, until `now`."""
    total, since = timedelta(0), None
    for event in sorted(found, key=lambda event: event.pk):
        if event.action in _STANDING:
            since = since or event.at
        elif event.action in _MOVING and since:
            total, since = total + (event.at - since), None
    return total + (now - since) if since else total


def last(found: Iterable[AuditEvent], *actions: str) -> AuditEvent | None:
    """The newest event of one of these actions: who paused it, since when."""
    return next((event for event in found if event.action in actions), None)


def _entry(event: AuditEvent) -> Entry:
    css, icon, title = _KINDS.get(event.action, ("waiting", "circle-dashed", event.action))
    decision = event.action.partition(".")[2]
    if decision in _DECISIONS:
        css, icon, title = "verify", "zoom-question", _DECISIONS[decision]
    sentences = [_numbers(event.detail), evidence(event.detail), _cause(event), _by(event)]
    return Entry(css, icon, str(title), " ".join(part for part in sentences if part), event.at)


def _by(event: AuditEvent) -> str:
    return _("By %(name)s.") % {"name": event.actor} if event.actor else ""


def _cause(event: AuditEvent) -> str:
    """Why: the machine's reason in our words, a person's in theirs."""
    reason = str(event.detail.get("reason", ""))
    if event.action == "dispatch.hold" and reason:
        return str(wording.hold_sentence(reason))
    return f"“{reason}”." if reason else ""


def evidence(detail: dict[str, Any]) -> str:
    """How many messages failed that an event is about; "" for one that is about none."""
    if "failed" not in detail or "tried" not in detail:
        return ""
    values = {"failed": number(detail["failed"]), "tried": number(detail["tried"])}
    return _("%(failed)s of %(tried)s messages failed or have no clear answer.") % values


def _numbers(detail: dict[str, Any]) -> str:
    people = detail.get("people", detail.get("n"))
    if "handed_over" in detail and "will_not_go" in detail:
        return _("%(gone)s handed over, %(kept)s will not go.") % {
            "gone": number(detail["handed_over"]),
            "kept": number(detail["will_not_go"]),
        }
    if isinstance(people, int):
        return ngettext("%(n)s person.", "%(n)s people.", people) % {"n": number(people)}
    return ""
