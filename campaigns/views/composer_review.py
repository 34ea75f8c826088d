"""The composer's last step: figures, checks, real messages, and the button that says the number; and the test send."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from campaigns.forms.campaign import TestForm
from campaigns.models import Campaign, Dispatch
from campaigns.services.writing import (
    audience,
    checks,
    estimates,
    headcounts,
    local_time,
    preview,
    sampling,
    scheduling,
    trials,
)
from campaigns.services.writing.audience import Counts
from campaigns.services.writing.checks import Level
from campaigns.services.writing.sampling import Measured
from campaigns.services.writing.scheduling import AudienceChanged
from campaigns.states import CampaignStatus
from campaigns.views.campaigns import get_campaign
from campaigns.views.composer_frame import draft_or_answer, frame, funnel, review_note, step_url
from campaigns.views.composer_samples import measured_of
from console import formats
from console.access import WorkspaceRequest, can, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, toast
from contacts.models import Contact
from contacts.services import fields

SAME_CLICK = timedelta(minutes=1)


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def review_step(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """POST schedules: `people` is the number the button said. When it is not true any more, the page comes back
    with the new one (409) and nothing is scheduled."""
    campaign, answer = draft_or_answer(request, pk)
    if answer:
        return answer
    now = timezone.now()
    changed: AudienceChanged | None = None
    if request.method == "POST":
        page = reverse("campaign", args=[request.workspace.slug, pk])
        if _just_scheduled(request, campaign, now):
            return redirect(request, page)
        try:
            _schedule(request, campaign, now)
            return redirect(request, page)
        except AudienceChanged as error:
            changed = error
    spec = audience.spec_of(campaign)
    counted = "count" in request.GET or changed is not None
    context = frame(campaign, "review", now, spec=spec, counts=headcounts.counted(spec) if counted else None)
    context |= {"changed": changed, "may_send": can(request.membership, "campaign.send")}
    if context["counts"] is not None:
        context |= _found(campaign, context, now)
    return render_page(
        request, "campaigns/composer/review.html", context, partial="review", status=409 if changed else 200
    )


def _just_scheduled(request: WorkspaceRequest, campaign: Campaign, now: datetime) -> bool:
    """True for the second of two clicks on the button."""
    if campaign.status != CampaignStatus.SCHEDULED or campaign.scheduled_by != request.user:
        return False
    return campaign.scheduled_at is not None and now - campaign.scheduled_at < SAME_CLICK


def _schedule(request: WorkspaceRequest, campaign: Campaign, now: datetime) -> None:
    if not can(request.membership, "campaign.send"):
        raise UserError(_("Your role may write campaigns but not send them. Ask a sender of your workspace."))
    said = request.POST.get("people", "")
    planned = campaign.start_at
    people = scheduling.schedule(campaign, int(said) if said.isdecimal() else 0, request.user, now)
    number = ngettext("%(n)s message", "%(n)s messages", people) % {"n": formats.number(people)}
    if planned is None:
        toast(request, "ok", _("Sending starts now"), number)
        return
    when = local_time.short(planned, campaign.zone, now)
    toast(request, "ok", _("Campaign scheduled for %(time)s") % {"time": when}, number)


def _found(campaign: Campaign, context: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Funnel, checks, and what a sample of the messages tells."""
    counts: Counts = context["counts"]
    found = list(context["checks"])
    measured = None
    if campaign.version and counts.will_receive:
        measured = measured_of(campaign, context["spec"], counts.will_receive)
    if measured and campaign.channel == "sms":
        found.append(checks.length(campaign, counts, measured))
    context["steps"][-1]["note"] = review_note(found)
    return {
        "checks": found,
        "passed": sum(check.level is Level.OK for check in found),
        "ready": all(check.level is not Level.BAD for check in found),
        "funnel": funnel(campaign, counts),
        "measured": measured,
        "samples": _samples(campaign, measured) if measured else [],
        "estimate": estimates.of(campaign, measured, counts.will_receive) if measured else None,
    } | _times(campaign, counts, now)


def _times(campaign: Campaign, counts: Counts, now: datetime) -> dict[str, Any]:
    """When it starts and about when it ends, on the clocks of the campaign's zone."""
    begins = campaign.start_at or now
    seconds = estimates.seconds_for(campaign, counts.will_receive)
    ends = begins + timedelta(seconds=seconds) if seconds is not None else None
    return {
        "begins": local_time.short(begins, campaign.zone, now) if campaign.start_at else _("At once"),
        "begins_full": local_time.full(begins, campaign.zone) if campaign.start_at else "",
        "begins_in": formats.relative(begins, now) if campaign.start_at else _("when you confirm"),
        "ends": local_time.short(ends, campaign.zone, now) if ends else "",
        "seconds": seconds,
        "speed": estimates.speed_of(campaign),
    }


def _samples(campaign: Campaign, measured: Measured) -> list[dict[str, Any]]:
    """Real messages: a usual one, the longest, one with a default; each person once."""
    assert campaign.version is not None
    empty = next(iter(measured.defaults.most_common(1)), ("", 0))[0]
    wanted = [
        (_("Typical"), measured.typical),
        (_("Longest") if campaign.channel == "sms" else _("Longest subject"), measured.longest),
        (_("Without %(field)s") % {"field": fields.label(campaign.workspace, empty)}, measured.with_default),
    ]
    count = sampling.counting(campaign.account)
    shown_people: set[int] = set()
    found = []
    for title, contact in wanted:
        if contact is None or contact.pk in shown_people:
            continue
        shown_people.add(contact.pk)
        message = preview.of_version(campaign.version, contact)
        counted = count(message.rendered.text) if message.rendered and campaign.channel == "sms" else None
        found.append({"title": title, "contact": contact, "message": message, "counted": counted})
    return found


# -- test ------------------------------------------------------------------------------------------


@member("campaign.test")
@require_http_methods(["GET", "POST"])
def test(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The saved message to typed addresses, with the values of one recipient, through the same ledger."""
    campaign = get_campaign(request, pk)
    back = step_url(campaign, "review")
    initial = {
        "seen": trials.newest_of(campaign),
        "addresses": request.user.email if campaign.channel == "email" else "",
    }
    form = TestForm(request.POST or None, campaign=campaign, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        person = _sample_person(campaign, data["contact"])
        sent = trials.send_once(campaign, data["addresses"], person, data["seen"] or 0, request.user, timezone.now())
        return _say_tested(request, campaign, sent, back)
    person = _sample_person(campaign, None)
    return render_dialog(
        request,
        "campaigns/composer/test.html",
        {"form": form, "campaign": campaign, "person": person},
        title=_("Send a test of this message"),
        back=back,
        keep=_("Send no test"),
        status=422 if form.is_bound else 200,
    )


test.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name says


def _sample_person(campaign: Campaign, contact_id: int | None) -> Contact | None:
    """The recipient whose values fill the test: the one named, else the first."""
    if contact_id:
        named: Contact | None = Contact.objects.for_workspace(campaign.workspace).filter(pk=contact_id).first()
        return named
    return sampling.nth(audience.spec_of(campaign), 1)


def _say_tested(request: WorkspaceRequest, campaign: Campaign, sent: Dispatch, back: str) -> HttpResponse:
    """To the test's own page, which shows what becomes of it."""
    number = ngettext("%(n)s message is on its way", "%(n)s messages are on their way", sent.people or 0)
    toast(
        request, "ok", _("Test sent"), number % {"n": formats.number(sent.people or 0)},
        link=(_("Back to the campaign"), back), stay=True,
    )  # fmt: skip
    return redirect(request, reverse("dispatch", args=[request.workspace.slug, sent.pk]))
