"""The first page of a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.services.connecting import account_health
from campaigns.services.showing import home as services
from campaigns.services.showing.home import Run
from campaigns.services.showing.overview import dispatch_badge
from campaigns.states import DispatchStatus
from campaigns.views.screen import parts, people_url
from campaigns.wording import hold_sentence, reason_sentence
from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import render_page, stop_polling


@member("workspace.view")
@require_GET
def home(request: WorkspaceRequest) -> HttpResponse:
    """What is sending, what needs this person, what comes next, how the providers are, how the last ones went."""
    now = timezone.now()
    workspace = request.workspace
    needs = services.needs(workspace, now)
    upcoming = services.upcoming(workspace, now)
    context = {
        **_running(request, now),
        "greeting": _greeting(timezone.localtime(now).hour) % {"name": request.user.get_short_name()},
        "today": formats.full(now),
        "beginning": services.beginning(workspace),
        "needs": needs,
        "held": [(dispatch, hold_sentence(dispatch.reason)) for dispatch in needs.held],
        "doubtful": [(d, people, people_url(d, state="verify")) for d, people in needs.doubtful],
        "refused": [(account, reason_sentence(account.hold_reason)) for account in needs.accounts],
        "upcoming": upcoming,
        "results": [_shown(run, now) for run in services.results(workspace, now)],
        **_providers(request, now),
    }
    return render_page(request, "console/home.html", context)


@member("dispatch.view")
@require_GET
def running(request: WorkspaceRequest) -> HttpResponse:
    """The polled card of what is sending; ends the polling when nothing is and nothing starts soon."""
    context = _running(request, timezone.now())
    response = render_page(request, "console/home.html", context, partial="running")
    return response if context["poll_seconds"] else stop_polling(response)


@member("provider.view")
@require_GET
def providers(request: WorkspaceRequest) -> HttpResponse:
    """The polled card of the providers' health."""
    now = timezone.now()
    return render_page(request, "console/home.html", _providers(request, now), partial="providers")


def _running(request: WorkspaceRequest, now: datetime) -> dict[str, Any]:
    runs = services.running(request.workspace, now)
    starts = services.upcoming(request.workspace, now)[:1]
    soon = bool(starts) and starts[0].start_at is not None and starts[0].start_at < now + services.SOON
    standing = all(run.dispatch.status in (DispatchStatus.PAUSED, DispatchStatus.HELD) for run in runs)
    return {
        "now": now,
        "runs": [_shown(run, now) for run in runs],
        "poll_seconds": 2 if runs and not standing else 5 if soon else 15 if runs else 0,
        "as_of": _("As of %(time)s") % {"time": formats.clock(now, seconds=True)},
    }


def _shown(run: Run, now: datetime) -> dict[str, Any]:
    css, icon, word = dispatch_badge(run.dispatch, run.figures)
    return {
        "run": run,
        "dispatch": run.dispatch,
        "figures": run.figures,
        "css": css,
        "icon": icon,
        "word": word,
        "parts": parts(run.dispatch, run.figures),
        "ends_at": run.ends_at(now),
        "held_since": run.dispatch.account.broken_since if run.dispatch.status == DispatchStatus.SENDING else None,
        "failed_url": people_url(run.dispatch, state="failed"),
        "verify_url": people_url(run.dispatch, state="verify"),
    }


def _providers(request: WorkspaceRequest, now: datetime) -> dict[str, Any]:
    allowed = "provider.view" in request.permissions
    return {"now": now, "accounts": account_health.of_workspace(request.workspace, now) if allowed else []}


def _greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return _("Good morning, %(name)s")
    return _("Good afternoon, %(name)s") if 12 <= hour < 20 else _("Good evening, %(name)s")
