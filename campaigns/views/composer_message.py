"""The composer's second step: own text or a template, account and sender, and what that means while it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms.attachments import Tray
from campaigns.forms.delivery import RemoteForm
from campaigns.models import Campaign, TemplateVersion
from campaigns.rendering import TemplateError, parse
from campaigns.services.connecting import accounts
from campaigns.services.writing import content, drafts, preview, remote_content, sampling, sms_check
from campaigns.services.writing.compose import Source, source_of
from campaigns.services.writing.delivery import OWN
from campaigns.services.writing.sms_check import LIVE_SAMPLE
from campaigns.views import email_frame, shown
from campaigns.views.composer_desk import Desk, account_of, desk_of
from campaigns.views.composer_frame import after_save, draft_or_answer, frame, step_url
from console.access import WorkspaceRequest, member
from console.htmx import redirect, render_page, toast
from contacts.models import Contact


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def message_step(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign, answer = draft_or_answer(request, pk)
    if answer:
        return answer
    now = timezone.now()
    if request.method == "GET":
        desk = desk_of(request, campaign, now)
        return render_page(request, _template(campaign), _context(request, campaign, desk, now))
    if "copy" in request.POST:
        return _copied_into(request, campaign)
    desk = desk_of(request, campaign, now, _replaced(request, campaign, now) if "fix" in request.POST else request.POST)
    if Tray.is_asked(request.POST):
        return render_page(request, _template(campaign), _context(request, campaign, desk, now))
    if not desk.is_valid():
        return render_page(request, _template(campaign), _context(request, campaign, desk, now), status=422)
    if desk.text:
        assert desk.text.built is not None
        drafts.write_text(campaign, desk.envelope(), desk.text.built, request.user, now)
    elif desk.choice:
        drafts.take_template(campaign, desk.envelope(), desk.choice.cleaned_data["template"], request.user, now)
    elif desk.remote and desk.remote.chosen:
        version = remote_content.version_of(campaign, desk.remote.chosen, desk.remote.answers(), now)
        drafts.take_remote(campaign, desk.envelope(), version, request.user, now)
    if desk.unseen:
        toast(request, "ok", _("Saved"), _("Look at what the account adds before you go on."))
        return redirect(request, f"{step_url(campaign, 'message')}?way={desk.way}")
    if "fix" in request.POST:
        toast(
            request, "ok", _("The letters were replaced"), _("Read the text once more: accents can change a meaning.")
        )
        return redirect(request, step_url(campaign, "message"))
    if "n" in request.POST:  # the preview's stepper without script: saved first, so that nothing typed is lost
        return redirect(request, f"{step_url(campaign, 'message')}?n={request.POST['n']}")
    return after_save(request, campaign, "message")


@member("campaign.edit")
@require_POST
def check(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Length, cost, problems and preview of what is typed; nothing is saved."""
    campaign, _answer = draft_or_answer(request, pk)
    now = timezone.now()
    desk = desk_of(request, campaign, now, request.POST)
    desk.is_valid()
    context = _context(request, campaign, desk, now) | {"live": True}
    if desk.remote and desk.remote.moved:
        desk.remote.forget_errors()
    return render_page(request, _template(campaign), context, partial="check")


@member("campaign.edit")
@require_POST
@email_frame.framed
def try_email(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The HTML that is typed, for the frame beside it; nothing is saved."""
    campaign, _answer = draft_or_answer(request, pk)
    context = frame(campaign, "message", timezone.now())
    person = shown.recipient(request, context["spec"], _people(context))
    return email_frame.typed(request, request.workspace, person.contact, campaign)


def _template(campaign: Campaign) -> str:
    return f"campaigns/composer/message_{campaign.channel}.html"


def _replaced(request: WorkspaceRequest, campaign: Campaign, now: datetime) -> QueryDict:
    """What was posted, with the costly letters of the text replaced as the chosen account counts them."""
    data: QueryDict = request.POST.copy()
    count = sampling.counting(account_of(desk_of(request, campaign, now, request.POST).account))
    try:
        data["text"] = sms_check.in_plain_letters(data.get("text", ""), content.known_names(request.workspace), count)
    except TemplateError:  # said below the field when the form is checked
        return data
    return data


def _copied_into(request: WorkspaceRequest, campaign: Campaign) -> HttpResponse:
    """The chosen template's text as the campaign's own, to be changed here."""
    now = timezone.now()
    desk = desk_of(request, campaign, now, request.POST)
    if desk.choice is None or not desk.is_valid():
        return render_page(request, _template(campaign), _context(request, campaign, desk, now), status=422)
    template = desk.choice.cleaned_data["template"]
    drafts.copy_template(campaign, desk.envelope(), template, request.user, now)
    return redirect(request, f"{step_url(campaign, 'message')}?way={OWN}")


# -- what the page shows -----------------------------------------------------------------------------


def _context(request: WorkspaceRequest, campaign: Campaign, desk: Desk, now: datetime) -> dict[str, Any]:
    context = frame(campaign, "message", now)
    person = shown.recipient(request, context["spec"], _people(context))
    known = content.known_names(request.workspace)
    account = account_of(desk.account)
    context |= {
        "way": desk.way,
        "ways": desk.ways,
        "why_not": list(dict.fromkeys(way.refusal for way in desk.ways if way.refusal and account)),
        "delivery_form": desk.delivery,
        "remote_form": desk.remote,
        "forms": desk.forms,
        "account_form": desk.account,
        "text_form": desk.text,
        "tray": desk.text.tray if desk.text else None,
        "may_edit": True,
        "sends_files": bool(accounts.capabilities(account, campaign.channel).attachment_bytes) if account else None,
        "choice_form": desk.choice,
        "names": known,
        "shown": person,
        "not_offered": [offer for offer in desk.account.offers if offer.refusal],
        "held": [offer for offer in desk.account.offers if offer.warning],
        "account": account,
    }
    if desk.remote:
        return context | _remote(desk.remote, campaign, person.contact, now)
    source = _source(desk)
    context["typed"] = source
    if campaign.channel == "sms":
        return context | _sms(campaign, context, source.text if source else "", known)
    return context | _email(campaign, source, person.contact, known)


def _people(context: dict[str, Any]) -> int:
    counts = context["counts"]
    return counts.will_receive if counts else context["at_most"]


def _source(desk: Desk) -> Source | None:
    """What would be sent as the forms stand: typed text, or the chosen template's; None before there is any."""
    if desk.text:
        source = desk.text.source()
        return source if source.text or source.html or source.subject else None
    chosen = desk.choice["template"].value() if desk.choice else None
    template = desk.choice.fields["template"].queryset.filter(pk=chosen).first() if chosen and desk.choice else None  # type: ignore[attr-defined]
    return source_of(template.current) if template and template.current else None


def _remote(form: RemoteForm, campaign: Campaign, contact: Contact | None, now: datetime) -> dict[str, Any]:
    """The vendor's content as the person shown gets it; nothing to show while something is missing in the form."""
    version: TemplateVersion | None = None
    if form.is_bound and form.is_valid() and form.chosen:
        version = remote_content.version_of(campaign, form.chosen, form.answers(), now)
    elif not form.is_bound and campaign.version and campaign.version.remote_id:
        version = campaign.version
    return {
        "typed": None,
        "preview": preview.of_version(version, contact) if version else None,
        "saved": campaign.version if campaign.version and campaign.version.html else None,
    }


def _sms(campaign: Campaign, context: dict[str, Any], text: str, known: Sequence[str]) -> dict[str, Any]:
    """Counter, marks and phone of `text`, as the chosen account's provider counts."""
    account = context["account"]
    count = sampling.counting(account)
    marks = sms_check.marks(text, known, count)
    try:
        canonical = parse(text, known).canonical
    except TemplateError:
        return {"marks": marks, "check": None, "preview": None}
    people = _people(context)
    priced = Campaign(workspace=campaign.workspace, channel="sms", account=account, max_parts=campaign.max_parts)
    sample = sampling.people(context["spec"], people, LIVE_SAMPLE) if text else []
    contact = context["shown"].contact
    found = sms_check.check(text, known, contact, count=count, campaign=priced, sample=sample, will_receive=people)
    return {"marks": marks, "check": found, "preview": preview.of_source("sms", contact, text=canonical)}


def _email(campaign: Campaign, source: Source | None, contact: Contact | None, known: Sequence[str]) -> dict[str, Any]:
    """What cleaning takes away, and the inbox line of the person shown."""
    if source is None:
        return {"preview": None, "saved": campaign.version}
    found = email_frame.look(source, known, contact, campaign)
    return {
        "preview": found.preview,
        "preheader": found.preheader,
        "note_sentences": found.sentences,
        "added_opt_out": found.added_opt_out,
        "saved": campaign.version,
    }
