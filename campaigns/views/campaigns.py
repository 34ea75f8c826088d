"""The list of campaigns, a new one, and the page of one that is no draft any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.forms.campaign import NewCampaignForm
from campaigns.models import Campaign, Dispatch, DispatchKind
from campaigns.services.showing import figures, overview
from campaigns.services.writing import audience, headcounts, lifecycle, local_time, offers, preview
from campaigns.states import CAMPAIGN_MOVES, TERMINAL_DISPATCH, CampaignStatus, actions_from
from campaigns.views.screen import heading_of, parts
from console import formats
from console.access import WorkspaceRequest, can, member
from console.htmx import patch_vary, redirect, render_page, stop_polling
from console.paging import page_by_key

SHOWN_TESTS = 5


@member("campaign.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Campaigns by tab, with search and channel in the address."""
    now = timezone.now()
    tab = request.GET.get("tab", "open")
    tab = tab if tab in overview.TABS else "open"
    query, channel = request.GET.get("q", "").strip(), request.GET.get("channel", "")
    channel = channel if channel in ("sms", "email") else ""
    page = page_by_key(request, overview.in_tab(request.workspace, tab, query, channel))
    rows = overview.rows_of(page.rows, now)
    counts = overview.counts(request.workspace)
    context = {
        "page_title": _("Campaigns"),
        "now": now,
        "tab": tab,
        "tabs": [{"key": key, "name": name, "n": counts[key]} for key, (name, _where) in overview.TABS.items()],
        "counts": counts,
        "q": query,
        "channel": channel,
        "page": page,
        "rows": rows,
        "watched": ",".join(str(row.campaign.pk) for row in rows if row.alive),
        "nothing_yet": not any(counts.values()),
        "seen": newest_of(request),
    }
    return render_page(request, "campaigns/campaigns/list.html", context, partial="rows")


@member("campaign.view")
@require_GET
def pulse(request: WorkspaceRequest) -> HttpResponse:
    """State and progress of the watched rows, out of band; ends the polling when none of them moves any more."""
    now = timezone.now()
    asked = [int(pk) for pk in request.GET.get("ids", "").split(",") if pk.isdecimal() and len(pk) < 19][:200]
    found = Campaign.objects.for_workspace(request.workspace).filter(pk__in=asked).select_related("created_by")
    rows = overview.rows_of(list(found.prefetch_related("include")), now)
    watched = ",".join(str(row.campaign.pk) for row in rows if row.alive)
    context = {"rows": rows, "watched": watched, "now": now}
    response = patch_vary(render(request, "campaigns/campaigns/pulse.html", context))
    return response if watched else stop_polling(response)


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Name, channel and purpose; everything else is a step of the composer."""
    form = NewCampaignForm(request.POST or None, initial={"seen": newest_of(request), "channel": "sms"})
    if request.method == "POST" and form.is_valid():
        data, now = form.cleaned_data, timezone.now()
        account = offers.only_choice(request.workspace, data["channel"])
        campaign = lifecycle.create_once(
            request.workspace, data["seen"] or 0,
            name=data["name"], channel=data["channel"], purpose=data["purpose"],
            actor=request.user, now=now, account=account, sender=offers.default_sender(account, data["channel"]),
        )  # fmt: skip
        return redirect(request, reverse("composer-audience", args=[request.workspace.slug, campaign.pk]))
    context = {"form": form, "page_title": _("New campaign")}
    return render_page(request, "campaigns/campaigns/new.html", context, status=422 if form.is_bound else 200)


@member("campaign.view")
@require_GET
def show(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A draft opens in the composer for those who may write; else the plan and its dispatches."""
    campaign = get_campaign(request, pk)
    if campaign.status == CampaignStatus.DRAFT and can(request.membership, "campaign.edit"):
        return patch_vary(redirect(request, reverse("composer-audience", args=[request.workspace.slug, pk])))
    now = timezone.now()
    dispatches = list(
        Dispatch.objects.filter(campaign=campaign).select_related("account", "workspace", "created_by").order_by("-id")
    )
    runs = [d for d in dispatches if d.kind == DispatchKind.CAMPAIGN]
    tests = [d for d in dispatches if d.kind == DispatchKind.TEST][:SHOWN_TESTS]
    known = figures.many([*runs, *tests], now)
    row = overview.rows_of([campaign], now)[0]
    context = {
        "page_title": campaign.name,
        "now": now,
        "campaign": campaign,
        "row": row,
        "runs": [_run(d, known[d.pk]) for d in runs],
        "tests": [_run(d, known[d.pk]) for d in tests],
        "include": list(campaign.include.all()),
        "exclude": list(campaign.exclude.all()),
        "starts": local_time.full(campaign.start_at, campaign.zone) if campaign.start_at else "",
        "starts_soon": campaign.start_at is not None and campaign.start_at <= now + timedelta(minutes=2),
        "shown": preview.of_version(campaign.version, None) if campaign.version else None,
        "actions": [a for a in actions_from(CAMPAIGN_MOVES, campaign.status) if a != "archive" or not row.alive],
        "made_at": formats.clock(now, seconds=True),
        "seen": newest_of(request),
        "counts": _counts(campaign),
    }
    return render_page(request, "campaigns/campaigns/show.html", context, partial="runs")


def _counts(campaign: Campaign) -> audience.Counts | None:
    """Who would get it now: only while that is still a question."""
    if campaign.status in (CampaignStatus.STARTED, CampaignStatus.ARCHIVED):
        return None
    return headcounts.of(audience.spec_of(campaign))


def _run(dispatch: Dispatch, found: figures.Figures) -> dict[str, Any]:
    css, icon, word = overview.dispatch_badge(dispatch, found)
    return {
        "dispatch": dispatch,
        "name": heading_of(dispatch),
        "figures": found,
        "parts": parts(dispatch, found),
        "css": css,
        "icon": icon,
        "word": word,
        "over": dispatch.status in TERMINAL_DISPATCH,
    }


def get_campaign(request: WorkspaceRequest, pk: int) -> Campaign:
    """The campaign of this workspace with what every page of it reads; 404 for another's."""
    found = Campaign.objects.for_workspace(request.workspace)
    joined = found.select_related("workspace", "account", "version", "template__current", "created_by", "scheduled_by")
    campaign: Campaign = get_object_or_404(joined.prefetch_related("include", "exclude"), pk=pk)
    return campaign


def newest_of(request: WorkspaceRequest) -> int:
    """The newest campaign this person made: the one-time mark of forms that make another."""
    return lifecycle.newest_of(request.workspace, request.user)
