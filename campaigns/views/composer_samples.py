"""The composer's third step: the message as real people get it; and the list of those people."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.models import Campaign
from campaigns.querysets import audience as queries
from campaigns.querysets import glimpses
from campaigns.services.writing import attachments, audience, content, preview, sampling
from campaigns.services.writing.preview import Preview
from campaigns.services.writing.sampling import Measured
from campaigns.states import Reason
from campaigns.views import email_frame, shown
from campaigns.views.campaigns import get_campaign
from campaigns.views.composer_frame import draft_or_answer, frame
from campaigns.views.shown import Shown
from campaigns.wording import reason_advice, reason_sentence
from console.access import WorkspaceRequest, member
from console.htmx import render_page
from console.paging import Page
from contacts.models import Contact
from contacts.services import fields, finding

ROWS = 50
LOOKED_AT = 500  # people in whom the preview looks for who stands out
FOUND = 8  # people that a search in the preview offers
VIEWS = ("desktop", "mobile", "text")


@member("campaign.edit")
@require_GET
def preview_step(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """`?n=` steps through the recipients, `?pick=` shows who stands out, `?contact=` who was searched for."""
    campaign, answer = draft_or_answer(request, pk)
    if answer:
        return answer
    context = frame(campaign, "preview", timezone.now())
    if campaign.version is None:
        return render_page(request, "campaigns/composer/preview.html", context, partial="sample")
    counts = context["counts"]
    people = counts.will_receive if counts else context["at_most"]
    measured = measured_of(campaign, context["spec"], people, LOOKED_AT)
    picks = picks_of(campaign, measured)
    pick = next((p for p in picks if p["key"] == request.GET.get("pick")), None)
    person = Shown(pick["contact"], total=people) if pick else shown.recipient(request, context["spec"], people)
    found = preview.of_version(campaign.version, person.contact)
    query = request.GET.get("q", "").strip()
    context |= {
        "shown": person,
        "pick": pick,
        "picks": picks,
        "preview": found,
        "view": request.GET.get("view") if request.GET.get("view") in VIEWS else "desktop",
        "people": people,
        "files": [file for file in attachments.of_version(campaign.version) if not file.inline],
        "measured": measured,
        "counted": _counted(campaign, found),
        "preheader": preview.filled(campaign.version.preheader, person.contact),
        "gets_it": _gets_it(context["spec"], person.contact) if "contact" in request.GET else True,
        "q": query,
        "found": finding.newest(request.workspace, finding.People(q=query), FOUND) if query else [],
    }
    return render_page(request, "campaigns/composer/preview.html", context, partial="sample")


@member("campaign.view")
@require_GET
@email_frame.framed
def email(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The saved email of one recipient, for a frame."""
    campaign = get_campaign(request, pk)
    if campaign.version is None or campaign.channel != "email":
        raise Http404("no email")
    spec = audience.spec_of(campaign)
    person = shown.recipient(request, spec, shown.FURTHEST)
    return email_frame.stored(campaign.version, person.contact)


@member("campaign.view")
@require_GET
def people(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Who will receive it, or who is left out for `?why=`; `?after=` is the last id of the page before."""
    campaign = get_campaign(request, pk)
    why = request.GET.get("why", "")
    if why not in set(Reason):
        raise Http404("no such reason")
    after = request.GET.get("after", "")
    ids = _ids(audience.spec_of(campaign), int(after) if after.isdecimal() and len(after) < 19 else 0, why)
    found = Contact.objects.in_bulk(ids[:ROWS])
    query = f"?why={why}&" if why else "?"
    page = Page(
        rows=[found[pk] for pk in ids[:ROWS] if pk in found],
        previous_url=f"{request.path}{query}" if after else "",
        next_url=f"{request.path}{query}after={ids[ROWS - 1]}" if len(ids) > ROWS else "",
        size=ROWS,
    )
    context = {
        "page_title": _("People of %(name)s") % {"name": campaign.name},
        "campaign": campaign,
        "why": why,
        "heading": reason_sentence(why) if why else _("Will receive it"),
        "advice": reason_advice(why),
        "page": page,
    }
    return render_page(request, "campaigns/composer/people.html", context, partial="rows")


def _ids(spec: audience.AudienceSpec, after: int, why: str) -> list[int]:
    """One page of ids and one more. Who is left out for a reason is only known when all are classified."""
    if why:
        return queries.reachable_ids(spec, after, ROWS + 1, why)
    return glimpses.reachable_ids(spec, after, ROWS + 1)


def measured_of(campaign: Campaign, spec: audience.AudienceSpec, people: int, size: int = sampling.SAMPLE) -> Measured:
    """The messages of at most `size` of the recipients; of all of them when they are no more."""
    assert campaign.version is not None
    contacts = sampling.people(spec, people, size)
    compiled = content.compiled(campaign.version)
    return sampling.measure(compiled, campaign.channel, contacts, people, sampling.counting(campaign.account))


def picks_of(campaign: Campaign, measured: Measured) -> list[dict[str, Any]]:
    """Recipients worth a look, with how many of the sample are like them."""
    empty, people = next(iter(measured.defaults.most_common(1)), ("", 0))
    longest = _("Longest") if campaign.channel == "sms" else _("Longest subject")
    picks = [
        {"key": "longest", "name": longest, "contact": measured.longest, "n": 0},
        {
            "key": "default",
            "name": _("Without %(field)s") % {"field": fields.label(campaign.workspace, empty)},
            "contact": measured.with_default,
            "n": people,
        },
        {"key": "unicode", "name": _("Unicode"), "contact": measured.in_unicode, "n": measured.unicode},
    ]
    return [pick for pick in picks if pick["contact"]]


def _counted(campaign: Campaign, found: Preview) -> Any:
    """Length of the SMS on screen."""
    if campaign.channel != "sms" or found.rendered is None:
        return None
    return sampling.counting(campaign.account)(found.rendered.text)


def _gets_it(spec: audience.AudienceSpec, contact: Contact | None) -> bool:
    """True when the person searched for is among the recipients."""
    return contact is not None and glimpses.receives(spec, contact.pk)
