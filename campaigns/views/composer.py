"""The composer's first and fourth step: who gets it, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms.campaign import AudienceForm, ScheduleForm
from campaigns.models import Campaign
from campaigns.services.writing import audience, delivery, drafts, estimates, headcounts, local_time
from campaigns.services.writing.audience import AudienceSpec, Counts
from campaigns.views.composer_frame import after_save, draft_or_answer, frame, funnel, step_url
from console.access import WorkspaceRequest, member
from console.htmx import redirect, render_page, toast
from contacts.models import Group
from contacts.words import pattern

SHOWN_GROUPS = 100


# -- audience --------------------------------------------------------------------------------------


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def audience_step(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign, answer = draft_or_answer(request, pk)
    if answer:
        return answer
    now = timezone.now()
    if request.method == "POST":
        form = AudienceForm(request.POST, workspace=request.workspace)
        if form.is_valid():
            drafts.set_audience(
                campaign, everyone=form.everyone, include=form.cleaned_data["include"],
                exclude=form.cleaned_data["exclude"], actor=request.user, now=now,
            )  # fmt: skip
            return _still_finding(request, campaign) or after_save(request, campaign, "audience")
    else:
        form = AudienceForm(initial=_chosen(campaign), workspace=request.workspace)
    spec = audience.spec_of(campaign)
    counts = headcounts.counted(spec) if "count" in request.GET else None
    context = frame(campaign, "audience", now, spec=spec, counts=counts)
    context |= {"form": form} | _groups(request, form) | _split(campaign, context["counts"])
    return render_page(request, "campaigns/composer/audience.html", context, status=422 if form.errors else 200)


def _still_finding(request: WorkspaceRequest, campaign: Campaign) -> HttpResponse | None:
    """Without script a search for a list saves and comes back with what it finds."""
    find = request.POST.get("find", "").strip()
    if request.POST.get("go") != "audience" or not find:
        return None
    return redirect(request, f"{step_url(campaign, 'audience')}?{urlencode({'find': find})}")


@member("campaign.edit")
@require_POST
def audience_count(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The split for what is ticked, or the groups whose name fits; nothing is saved."""
    campaign, _answer = draft_or_answer(request, pk)
    form = AudienceForm(request.POST, workspace=request.workspace)
    form.is_valid()
    context: dict[str, Any] = {"campaign": campaign, "form": form, "now": timezone.now()}
    if request.headers.get("HX-Target") == "groups":
        context |= _groups(request, form)
    else:
        context |= _split(campaign, headcounts.counted(_ticked(campaign, form)))
    return render_page(request, "campaigns/composer/audience.html", context, partial=("count", "groups"))


def _chosen(campaign: Campaign) -> dict[str, Any]:
    return {
        "reach": "everyone" if campaign.everyone else "groups",
        "include": [group.pk for group in campaign.include.all()],
        "exclude": [group.pk for group in campaign.exclude.all()],
    }


def _ticked(campaign: Campaign, form: AudienceForm) -> AudienceSpec:
    """The campaign's audience with what is ticked instead of what is saved."""
    data = form.cleaned_data
    return replace(
        audience.spec_of(campaign),
        everyone=data.get("reach") == "everyone",
        include=tuple(sorted(group.pk for group in data.get("include") or ())),
        exclude=tuple(sorted(group.pk for group in data.get("exclude") or ())),
    )


def _groups(request: WorkspaceRequest, form: AudienceForm) -> dict[str, Any]:
    """Lists and tags to tick: those that are ticked first, then the others whose name holds what is searched."""
    included, excluded = _ids(form["include"].value()), _ids(form["exclude"].value())
    find = request.POST.get("find", request.GET.get("find", "")).strip()
    every = Group.objects.for_workspace(request.workspace)
    ticked = list(every.filter(pk__in=included | excluded).order_by("kind", "name"))
    others = every.exclude(pk__in=included | excluded).order_by("kind", "name")
    found = list((others.filter(name__iregex=pattern(find)) if find else others)[: SHOWN_GROUPS + 1])
    rows = [
        {"group": g, "included": g.pk in included, "excluded": g.pk in excluded} for g in ticked + found[:SHOWN_GROUPS]
    ]
    return {"groups": rows, "more_groups": len(found) > SHOWN_GROUPS, "find": find}


def _ids(values: Any) -> set[int]:
    return {int(value) for value in values or () if str(value).isdecimal()}


def _split(campaign: Campaign, counts: Counts | None) -> dict[str, Any]:
    return {"counts": counts, "funnel": funnel(campaign, counts) if counts else []}


# -- schedule --------------------------------------------------------------------------------------


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def schedule_step(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign, answer = draft_or_answer(request, pk)
    if answer:
        return answer
    now = timezone.now()
    if request.method == "POST":
        form = ScheduleForm(request.POST, now=now, limits=delivery.limits_of(campaign))
        if form.is_valid():
            drafts.set_plan(campaign, form.plan, request.user, now)
            if form.note:
                toast(request, "warn", _("This time comes twice"), form.note)
            return after_save(request, campaign, "schedule")
    else:
        planned = _planned(request, campaign, now)
        form = ScheduleForm(initial=planned, now=now, limits=delivery.limits_of(campaign))
    context = frame(campaign, "schedule", now)
    context |= {"form": form} | _duration(campaign, form, context["counts"], now)
    return render_page(request, "campaigns/composer/schedule.html", context, status=422 if form.errors else 200)


@member("campaign.edit")
@require_POST
def schedule_check(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """What the typed time and speed mean; nothing is saved."""
    campaign, _answer = draft_or_answer(request, pk)
    now = timezone.now()
    form = ScheduleForm(request.POST, now=now, limits=delivery.limits_of(campaign))
    form.is_valid()
    counts = headcounts.of(audience.spec_of(campaign))
    context = {"campaign": campaign, "form": form, "now": now, "counts": counts} | _duration(
        campaign, form, counts, now
    )
    return render_page(request, "campaigns/composer/schedule.html", context, partial="estimate")


def _planned(request: WorkspaceRequest, campaign: Campaign, now: datetime) -> dict[str, Any]:
    zone = campaign.zone or request.user.time_zone
    local = local_time.in_zone(campaign.start_at, zone) if campaign.start_at else None
    return {
        "when": "later" if local else "now",
        "day": local.date() if local else None,
        "time": local.time() if local else None,
        "zone": zone,
        "messages_per_second": campaign.messages_per_second,
        "cost_cap": campaign.cost_cap,
        "canary": campaign.canary,
        "canary_minutes": campaign.canary_minutes,
        "failure_share": campaign.failure_share,
    }


def _duration(campaign: Campaign, form: ScheduleForm, counts: Counts | None, now: datetime) -> dict[str, Any]:
    """Start, speed, duration and end, of the form as far as it is right, else of what is saved."""
    start, zone, limit = campaign.start_at, campaign.zone, campaign.messages_per_second
    if form.is_bound:
        data = form.cleaned_data
        start, zone, limit = form.start_at, data.get("zone") or zone, data.get("messages_per_second")
    draft = Campaign(
        workspace=campaign.workspace, account=campaign.account, channel=campaign.channel, messages_per_second=limit
    )
    people = counts.will_receive if counts else 0
    seconds = estimates.seconds_for(draft, people) if people else None
    begins = start or now
    ends = begins + timedelta(seconds=seconds) if seconds is not None else None
    return {
        "begins": local_time.full(start, zone) if start else "",
        "ends": local_time.short(ends, zone, now) if ends else "",
        "seconds": seconds,
        "speed": estimates.speed_of(draft),
        "people": people,
    }
