"""The composer's second step: own text or a template, account and sender, and what that means while it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms.campaign import AccountForm, EmailAccountForm, SmsAccountForm, TemplateChoiceForm
from campaigns.forms.content import FORMS, ContentForm
from campaigns.models import Campaign, ProviderAccount
from campaigns.rendering import TemplateError, parse
from campaigns.services import content, drafts, offers, preview, sampling, sms_check
from campaigns.services.compose import Source, source_of
from campaigns.services.drafts import Envelope
from campaigns.services.sms_check import LIVE_SAMPLE
from campaigns.views import email_frame, shown
from campaigns.views.composer_frame import after_save, draft_or_answer, frame, step_url
from console.access import WorkspaceRequest, member
from console.htmx import redirect, render_page, toast
from contacts.models import Contact

OWN, TEMPLATE = "own", "template"


@dataclass(slots=True)
class Desk:
    """The forms of the step. `way`: own text or a template; of `text` and `choice` the other one is None."""

    way: str
    account: AccountForm
    text: ContentForm | None
    choice: TemplateChoiceForm | None

    @property
    def forms(self) -> list[Any]:
        return [form for form in (self.account, self.text, self.choice) if form]

    def is_valid(self) -> bool:
        """Every form is looked at, so that all that is wrong is said at once."""
        valid = [form.is_valid() for form in self.forms]
        return all(valid)

    def envelope(self) -> Envelope:
        data = self.account.cleaned_data
        given = {name: data[name] for name in ("reply_to", "max_parts") if name in data}
        return Envelope(account=data["account"], sender=data["sender"], **given)


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def message_step(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign, answer = draft_or_answer(request, pk)
    if answer:
        return answer
    now = timezone.now()
    if request.method == "GET":
        desk = _desk(request, campaign)
        return render_page(request, _template(campaign), _context(request, campaign, desk, now))
    if "copy" in request.POST:
        return _copied_into(request, campaign)
    desk = _desk(request, campaign, _replaced(request, campaign) if "fix" in request.POST else request.POST)
    if not desk.is_valid():
        return render_page(request, _template(campaign), _context(request, campaign, desk, now), status=422)
    if desk.text:
        assert desk.text.built is not None
        drafts.write_text(campaign, desk.envelope(), desk.text.built, request.user, now)
    elif desk.choice:
        drafts.take_template(campaign, desk.envelope(), desk.choice.cleaned_data["template"], request.user, now)
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
    desk = _desk(request, campaign, request.POST)
    desk.is_valid()
    context = _context(request, campaign, desk, timezone.now()) | {"live": True}
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


# -- forms -----------------------------------------------------------------------------------------


def _template(campaign: Campaign) -> str:
    return f"campaigns/composer/message_{campaign.channel}.html"


def _desk(request: WorkspaceRequest, campaign: Campaign, data: QueryDict | None = None) -> Desk:
    way = data.get("way", OWN) if data is not None else request.GET.get("way", TEMPLATE if campaign.template else OWN)
    found = offers.offers(request.workspace, campaign.channel)
    account_form = SmsAccountForm if campaign.channel == "sms" else EmailAccountForm
    account = account_form(data, workspace=request.workspace, offers=found, initial=_envelope_of(campaign))
    if way == TEMPLATE:
        choice = TemplateChoiceForm(data, campaign=campaign, initial={"template": campaign.template_id})
        return Desk(TEMPLATE, account, None, choice)
    known = content.known_names(request.workspace)
    written = source_of(campaign.version) if campaign.version and not campaign.template else Source(campaign.channel)
    text = FORMS[campaign.channel](data, known=known, initial=asdict(written))
    return Desk(OWN, account, text, None)


def _envelope_of(campaign: Campaign) -> dict[str, Any]:
    account = campaign.account or offers.only_choice(campaign.workspace, campaign.channel)
    return {
        "account": account.pk if account else None,
        "sender": campaign.sender or offers.default_sender(account, campaign.channel),
        "reply_to": campaign.reply_to,
        "max_parts": campaign.max_parts,
    }


def _replaced(request: WorkspaceRequest, campaign: Campaign) -> QueryDict:
    """What was posted, with the costly letters of the text replaced as the chosen account counts them."""
    data: QueryDict = request.POST.copy()
    count = sampling.counting(_account(_desk(request, campaign, request.POST)))
    try:
        data["text"] = sms_check.in_plain_letters(data.get("text", ""), content.known_names(request.workspace), count)
    except TemplateError:  # said below the field when the form is checked
        return data
    return data


def _copied_into(request: WorkspaceRequest, campaign: Campaign) -> HttpResponse:
    """The chosen template's text as the campaign's own, to be changed here."""
    desk = _desk(request, campaign, request.POST)
    if desk.choice is None or not desk.is_valid():
        return render_page(request, _template(campaign), _context(request, campaign, desk, timezone.now()), status=422)
    template, now = desk.choice.cleaned_data["template"], timezone.now()
    drafts.copy_template(campaign, desk.envelope(), template, request.user, now)
    return redirect(request, f"{step_url(campaign, 'message')}?way={OWN}")


# -- what the page shows -----------------------------------------------------------------------------


def _context(request: WorkspaceRequest, campaign: Campaign, desk: Desk, now: datetime) -> dict[str, Any]:
    context = frame(campaign, "message", now)
    person = shown.recipient(request, context["spec"], _people(context))
    known = content.known_names(request.workspace)
    context |= {
        "way": desk.way,
        "forms": desk.forms,
        "account_form": desk.account,
        "text_form": desk.text,
        "choice_form": desk.choice,
        "names": known,
        "shown": person,
        "not_offered": [offer for offer in desk.account.offers if offer.refusal],
        "held": [offer for offer in desk.account.offers if offer.warning],
        "account": _account(desk),
    }
    source = _source(desk, campaign)
    context["typed"] = source
    if campaign.channel == "sms":
        return context | _sms(campaign, context, source.text if source else "", known)
    return context | _email(campaign, source, person.contact, known)


def _people(context: dict[str, Any]) -> int:
    counts = context["counts"]
    return counts.will_receive if counts else context["at_most"]


def _source(desk: Desk, campaign: Campaign) -> Source | None:
    """What would be sent as the forms stand: typed text, or the chosen template's; None before there is any."""
    if desk.text:
        source = desk.text.source()
        return source if source.text or source.html or source.subject else None
    chosen = desk.choice["template"].value() if desk.choice else None
    template = desk.choice.fields["template"].queryset.filter(pk=chosen).first() if chosen and desk.choice else None  # type: ignore[attr-defined]
    return source_of(template.current) if template and template.current else None


def _account(desk: Desk) -> ProviderAccount | None:
    """The account that is chosen in the form, saved or not."""
    chosen = str(desk.account["account"].value() or "")
    return next((offer.account for offer in desk.account.offers if str(offer.account.pk) == chosen), None)


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
