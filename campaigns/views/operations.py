"""The operations page: what is alive, what waits, what is held and why, each with the page where it is mended.

A member sees what belongs to the workspace; superusers also see the whole installation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns.services.showing import gauges, health, home, notices
from campaigns.services.showing.gauges import Gauges
from campaigns.states import DispatchStatus
from campaigns.views.screen import people_url
from campaigns.wording import STATE_STYLE, hold_sentence, reason_sentence, status_word
from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import render_page

POLL_SECONDS = 10
PART_WORDS = {"beat": gettext_lazy("Clock"), "worker": gettext_lazy("Worker")}


@member("operations.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    now = timezone.now()
    here = gauges.read(now, request.workspace)
    needs = home.needs(request.workspace, now)
    context = {
        "now": now,
        "as_of": _("As of %(time)s") % {"time": formats.clock(now, seconds=True)},
        "poll_seconds": POLL_SECONDS,
        "here": here,
        "alive": _alive(here),
        "alarms": notices.open_alarms(request.workspace),
        "alarm_text": notices.alarm_text(),
        "waiting": _waiting(here),
        "held": [(dispatch, hold_sentence(dispatch.reason)) for dispatch in needs.held],
        "held_count": len(needs.held) + len(here.held),
        "doubtful": [(d, people, people_url(d, state="verify")) for d, people in needs.doubtful],
        "accounts": [(gauge, _hold_sentence(gauge, now)) for gauge in here.accounts],
        "refused": [(gauge, _hold_sentence(gauge, now)) for gauge in here.held],
        "dispatches": _dispatches(request, here),
        "people": _people(here),
        "everything": _installation(now) if request.user.is_superuser else None,
    }
    return render_page(request, "campaigns/operations/page.html", context, partial="operations")


def _alive(found: Gauges) -> dict[str, str]:
    """Whether anything is being sent at all: said to everybody, because nobody's campaign moves without it."""
    silent = found.silence
    if silent is not None and silent < health.LATE:
        return {"css": "delivered", "icon": "circle-check", "word": _("The console is at work")}
    if silent is not None and silent < health.DEAD:
        return {"css": "retry", "icon": "alert-triangle", "word": _("The console is slow at the moment")}
    return {
        "css": "failed",
        "icon": "circle-x",
        "word": _("Nothing is being sent: the worker or the clock stands still"),
    }


def _waiting(found: Gauges) -> list[dict[str, Any]]:
    """What waits: how many, since when, and whether that is too long."""
    limits, ages = health.LONGEST_WAIT, found.ages
    rows = [
        ("send", _("Messages to hand over"), found.waiting, ages["batches"], limits["batches"], ""),
        ("zoom-question", _("Messages to verify"), found.unknown, found.unknown_age, 3600, ""),
        ("corner-up-left", _("Callbacks of providers to apply"), found.events, ages["events"], limits["events"], ""),
        (
            "hourglass",
            _("Imports, exports and other jobs"),
            found.jobs["waiting"],
            ages["jobs"],
            limits["jobs"],
            "imports",
        ),
    ]
    return [
        {"icon": icon, "label": label, "n": n, "age": age, "late": age > limit, "page": page}
        for icon, label, n, age, limit, page in rows
    ]


def _hold_sentence(gauge: gauges.AccountGauge, now: datetime) -> str:
    if gauge.hold == "wait" and gauge.account.broken_since:
        since = formats.short(gauge.account.broken_since, now)
        return _("It has not answered since %(since)s; it is tried again by itself.") % {"since": since}
    if gauge.hold == "wait" and gauge.account.hold_until:
        until = formats.relative(gauge.account.hold_until, now)
        return _("The provider asked to wait; goes on by itself %(when)s.") % {"when": until}
    return str(reason_sentence(gauge.hold))


def _dispatches(request: WorkspaceRequest, found: Gauges) -> list[dict[str, Any]]:
    shown = [status for status in DispatchStatus if found.dispatches[status]]
    return [{"word": status_word(s), "n": found.dispatches[s], "style": STATE_STYLE[s]} for s in shown]


def _people(found: Gauges) -> list[dict[str, Any]]:
    """People by the word that screens use: two statuses may share one."""
    words: dict[str, dict[str, Any]] = {}
    for status, n in found.rows.items():
        css, icon = STATE_STYLE[status]
        row = words.setdefault(str(status_word(status)), {"css": css, "icon": icon, "n": 0})
        row["n"] += n
    return [{"word": word, **row} for word, row in words.items() if row["n"]]


def _installation(now: datetime) -> dict[str, Any]:
    """What concerns no workspace more than another."""
    found = gauges.read(now)
    return {
        "all": found,
        "waiting": _waiting(found),
        "parts": [_part(str(PART_WORDS[name]), age) for name, age in found.beats.items()],
        "hosts": [_part(name, age) for name, age in sorted(found.hosts.items())],
        "version": settings.VERSION,
        "database": "PostgreSQL" if connection.vendor == "postgresql" else "SQLite",
        "broker": _("none: the worker does it all") if settings.EMBEDDED else _("a broker of its own"),
        "metrics_url": reverse("metrics") if settings.METRICS_TOKEN or settings.METRICS_ALLOWED else "",
    }


def _part(word: str, age: float | None) -> dict[str, Any]:
    late = age is None or age >= health.LATE
    css = "failed" if age is None or age >= health.DEAD else "retry" if late else "delivered"
    return {"word": word, "age": age, "css": css, "icon": "alert-triangle" if late else "circle-check"}
