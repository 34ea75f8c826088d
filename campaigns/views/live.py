"""What the live page of a dispatch shows at one moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns import wording
from campaigns.models import Dispatch
from campaigns.services.sending import budgets, canaries, dispatching, pace
from campaigns.services.settling import decisions, kept, unanswered
from campaigns.services.showing import deliveries, figures, recipients, speed, timeline
from campaigns.services.showing.figures import Figures
from campaigns.services.writing import costs
from campaigns.states import TERMINAL_DISPATCH, DispatchStatus, Hold
from campaigns.views import list_run
from campaigns.views.screen import head_of, parts, people_url
from console import formats

VERIFY_ROWS = 5
FAILED_ROWS = 6
JUST_NOW = timedelta(seconds=30)


def retryable(found: Figures) -> int:
    """People whose failure another try may mend."""
    return sum(cell.n for cell in found.reasons("failed") if cell.reason in decisions.WORTH_RETRYING)


def poll_seconds(dispatch: Dispatch, found: Figures, rate: float, now: datetime) -> int:
    """How soon the page asks again: 2 s while messages move, 5 s while they may, 15 s while a person must act, and
    0 (never) when nothing of it will change by itself any more."""
    if dispatch.status in TERMINAL_DISPATCH:
        return 5 if found.left else 0
    if rate or dispatch.status == DispatchStatus.PREPARING or now - dispatch.changed_at < JUST_NOW:
        return 2
    return 15 if dispatch.status in figures.STANDING and not found.in_flight else 5


def context_of(dispatch: Dispatch, now: datetime) -> dict[str, Any]:
    found = figures.of(dispatch, now)
    happened = timeline.events(dispatch)
    rate = speed.of(dispatch, now, timeline.idle(happened, now))
    seconds = poll_seconds(dispatch, found, rate.now, now)
    tens = 100 * found.handed_over // found.to_send // 10 * 10 if found.to_send else 0
    receipt = deliveries.typical_seconds(deliveries.sample(dispatch))
    return {
        **head_of(dispatch, now, found),
        "figures": found,
        "kept_until": kept.open_until(dispatch, now),
        "parts": parts(dispatch, found),
        "everyone_url": people_url(dispatch),
        "handed_url": people_url(dispatch, state="handed"),
        "may": {action: dispatching.may(dispatch, action) for action in ("pause", "resume", "stop")},
        "retryable": retryable(found) if dispatch.status == DispatchStatus.FINISHED else 0,
        "speed": rate,
        "curve": chart_of(dispatch, rate, now),
        "cost": costs.of(dispatch, rate, found.left),
        "ends_at": _ends_at(dispatch, found, rate, now),
        "receipt_after": None if receipt is None else _seconds(receipt),
        "failures": reasons_of(dispatch, found, "failed")[:FAILED_ROWS],
        "verify": recipients.to_verify(dispatch, now, VERIFY_ROWS) if found.states["verify"] else [],
        "unanswered": unanswered.requests(dispatch) if found.states["verify"] else [],
        "verify_url": people_url(dispatch, state="verify"),
        "next_look_up": recipients.next_look_up(dispatch) if found.states["verify"] else None,
        "entries": timeline.entries(happened[: timeline.NEWEST]),
        "events": len(happened),
        "standing": _standing(dispatch, happened, now),
        "list_run": list_run.card_of(dispatch),
        "live_url": reverse("dispatch-live", args=[dispatch.workspace.slug, dispatch.pk]),
        "poll_seconds": seconds,
        "seen": f"{dispatch.status}-{tens}",
        "as_of": _("As of %(time)s") % {"time": formats.clock(now, seconds=True)},
    }


def _standing(dispatch: Dispatch, happened: list[Any], now: datetime) -> dict[str, Any]:
    """Why nothing leaves at the moment: {kind: "held", "paused", "disabled", "quiet", "broken", "wait" or "canary", …};
    {} when all goes well."""
    account = dispatch.account
    if dispatch.status == DispatchStatus.HELD:
        event = timeline.last(happened, "dispatch.hold")
        return {
            "kind": "held",
            "since": event.at if event else dispatch.changed_at,
            "sentence": wording.hold_sentence(dispatch.reason),
            "evidence": timeline.evidence(event.detail) if event else "",
            "budget": _budget(dispatch) if dispatch.reason == Hold.BUDGET else "",
        }
    if dispatch.status == DispatchStatus.PAUSED:
        event = timeline.last(happened, "dispatch.pause")
        return {"kind": "paused", "since": dispatch.changed_at, "by": event.actor if event else None}
    if dispatch.status != DispatchStatus.SENDING:
        return {}
    if not account.is_active:
        return {"kind": "disabled"}
    quiet = pace.quiet_until(dispatch.workspace, now)
    if quiet and figures.circumstances(dispatch, now).standing:
        return {"kind": "quiet", "until": quiet}
    if account.broken_since:
        later = account.hold_until if account.hold_until and account.hold_until > now else None
        return {"kind": "broken", "since": account.broken_since, "until": later}
    if account.hold_until and account.hold_until > now:
        return {"kind": "wait", "until": account.hold_until}
    canary = canaries.of(dispatch)
    return {"kind": "canary", "canary": canary} if canary and canary.handed else {}


def _budget(dispatch: Dispatch) -> str:
    values = {name: formats.money(sum_, dispatch.workspace.currency) for name, sum_ in
              (("spent", budgets.spent(dispatch)), ("most", dispatch.cost_cap))}  # fmt: skip
    return _("%(spent)s of %(most)s are spent or on their way.") % values


def chart_of(dispatch: Dispatch, rate: speed.Speed, now: datetime) -> dict[str, Any] | None:
    curve = speed.curve(dispatch, rate, now)
    if curve is None:
        return None
    seconds = curve.end - curve.start < timedelta(minutes=3)
    values = {
        "start": formats.clock(curve.start),
        "highest": formats.number(max(curve.values), 1),
        "now": formats.number(rate.now or rate.average, 1),
    }
    return {
        "values": curve.values,
        "labels": [formats.clock(at, seconds=seconds) for at in (curve.start, curve.middle, curve.end)],
        # A limit far above the line would press the line flat; the number stands beside the heading anyway.
        "limit": rate.limit if rate.limit and rate.limit <= 3 * max(curve.values) else None,
        "sentence": _("Messages per second since %(start)s: %(now)s now, %(highest)s at most") % values,
    }


def _ends_at(dispatch: Dispatch, found: Figures, rate: speed.Speed, now: datetime) -> datetime | None:
    """When the last message will be handed over if it goes on like this; None when nobody can tell."""
    if dispatch.status != DispatchStatus.SENDING or dispatch.prepared_at is None or not found.left or not rate.best:
        return None
    return now + timedelta(seconds=found.left / rate.best)


def reasons_of(dispatch: Dispatch, found: Figures, state: str) -> list[dict[str, Any]]:
    """The reasons of a state with words, advice and the people behind each, most first."""
    return [
        {
            "n": cell.n,
            "sentence": wording.reason_sentence(cell.reason) or _("No reason given"),
            "advice": wording.reason_advice(cell.reason),
            "url": people_url(dispatch, state=state, reason=cell.reason),
        }
        for cell in found.reasons(state)
    ]


def _seconds(value: float) -> str:
    """3.4 s below a minute, where the tenth says something; one rounded unit above."""
    return _("%(n)s s") % {"n": formats.number(value, 1)} if value < 60 else formats.duration(value)
