"""What every step of the composer shows around its own form: header, steps with their results, the way on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Campaign
from campaigns.services.showing import overview
from campaigns.services.writing import audience, checks, headcounts, local_time
from campaigns.services.writing.audience import AudienceSpec, Counts
from campaigns.services.writing.checks import Check, Level
from campaigns.states import CampaignStatus, Reason
from campaigns.views.campaigns import get_campaign
from campaigns.wording import reason_advice, reason_sentence
from console import formats
from console.access import WorkspaceRequest
from console.htmx import patch_vary, redirect

STEPS = {
    "audience": gettext_lazy("Audience"),
    "message": gettext_lazy("Message"),
    "preview": gettext_lazy("Preview"),
    "schedule": gettext_lazy("Schedule"),
    "review": gettext_lazy("Review"),
}
REASON_ICONS = {
    Reason.NO_ADDRESS: "map-pin",
    Reason.NOT_MOBILE: "phone",
    Reason.EXCLUDED_GROUP: "minus",
    Reason.SUPPRESSED: "hand-stop",
    Reason.OPTED_OUT: "ban",
    Reason.NO_CONSENT: "shield-check",
    Reason.DUPLICATE: "copy",
    Reason.MISSING_VALUE: "braces",
}


def step_url(campaign: Campaign, step: str) -> str:
    return reverse(f"composer-{step}", args=[campaign.workspace.slug, campaign.pk])


def draft_or_answer(request: WorkspaceRequest, pk: int) -> tuple[Campaign, HttpResponse | None]:
    """The campaign; and, when somebody opens the composer of one that is no draft, the way to its page."""
    campaign = get_campaign(request, pk)
    if campaign.status == CampaignStatus.DRAFT or request.method != "GET":
        return campaign, None
    page = reverse("campaign", args=[request.workspace.slug, pk])
    return campaign, patch_vary(redirect(request, page))


def frame(
    campaign: Campaign, step: str, now: datetime, *, spec: AudienceSpec | None = None, counts: Counts | None = None
) -> dict[str, Any]:
    """The context of a step. `counts` when the step has counted already; else they are looked up as quickly as a
    page may (None in the context = not known yet)."""
    spec = spec or audience.spec_of(campaign)
    counts = counts or headcounts.of(spec)
    found = checks.of(campaign, counts or Counts(headcounts.at_most(spec), {}), now)
    names = list(STEPS)
    place = names.index(step)
    return {
        "page_title": f"{campaign.name}: {STEPS[step]}",
        "campaign": campaign,
        "now": now,
        "step": step,
        "steps": _steps(campaign, step, counts, found, now),
        "checks": found,
        "counts": counts,
        "spec": spec,
        "at_most": headcounts.at_most(spec) if counts is None else 0,
        "back_url": step_url(campaign, names[place - 1]) if place else "",
        "next_step": names[place + 1] if place + 1 < len(names) else "",
        "badge": overview.badge(campaign, None, None),
    }


def _steps(
    campaign: Campaign, current: str, counts: Counts | None, found: Sequence[Check], now: datetime
) -> list[dict[str, Any]]:
    notes = {
        "audience": _audience_note(campaign, counts),
        "message": _message_note(campaign),
        "preview": _("With real people"),
        "schedule": _time_note(campaign, now),
        "review": review_note(found),
    }
    bad = {check.step for check in found if check.level is Level.BAD}
    done = {
        "audience": "audience" not in bad,
        "message": "message" not in bad and campaign.version_id is not None,
        "preview": False,
        "schedule": campaign.start_at is not None and "schedule" not in bad,
        "review": False,
    }
    return [
        {
            "label": label,
            "note": notes[step],
            "href": step_url(campaign, step),
            "done": done[step],
            "current": step == current,
        }
        for step, label in STEPS.items()
    ]


def _audience_note(campaign: Campaign, counts: Counts | None) -> str:
    if counts is None:
        return overview.audience_text(campaign)
    if not counts.total and not campaign.everyone and not campaign.include.all():
        return _("Not chosen")
    text = ngettext("%(n)s person", "%(n)s people", counts.will_receive)
    return text % {"n": formats.number(counts.will_receive)}


def _message_note(campaign: Campaign) -> str:
    version = campaign.version
    if version is None:
        return _("Not written")
    if campaign.template:
        return campaign.template.name
    text = version.subject or version.text or version.remote_name or version.remote_id
    return text if len(text) <= 28 else f"{text[:27]}…"


def _time_note(campaign: Campaign, now: datetime) -> str:
    return local_time.short(campaign.start_at, campaign.zone, now) if campaign.start_at else _("At once")


def review_note(found: Sequence[Check]) -> str:
    todo = sum(check.level is Level.BAD for check in found)
    if not todo:
        return _("Ready")
    return ngettext("%(n)s thing to do", "%(n)s things to do", todo) % {"n": todo}


def funnel(campaign: Campaign, counts: Counts) -> list[dict[str, Any]]:
    """Who does not get it and why, for `table.bars`; every number leads to its people."""
    people_url = reverse("composer-people", args=[campaign.workspace.slug, campaign.pk])
    return [
        {
            "icon": REASON_ICONS.get(reason, "ban"),
            "word": reason_sentence(reason),
            "advice": reason_advice(reason),
            "n": n,
            "href": f"{people_url}?why={reason}",
        }
        for reason, n in counts.by_reason.items()
    ]


def after_save(request: WorkspaceRequest, campaign: Campaign, step: str) -> HttpResponse:
    """On to the next step, or to the one that the pressed button names (`go`)."""
    names = list(STEPS)
    wanted = request.POST.get("go", "")
    following = names[min(names.index(step) + 1, len(names) - 1)]
    return redirect(request, step_url(campaign, wanted if wanted in STEPS else following))
