"""The forms of the composer's message step, as the chosen account allows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from campaigns.forms.attachments import CHOSEN, Tray
from campaigns.forms.campaign import AccountForm, EmailAccountForm, SmsAccountForm, TemplateChoiceForm
from campaigns.forms.content import FORMS, ContentForm
from campaigns.forms.delivery import DeliveryForm, RemoteForm
from campaigns.models import Campaign, ProviderAccount, TemplateVersion
from campaigns.services.writing import content, delivery, offers, remote_content
from campaigns.services.writing.compose import Source, source_of
from campaigns.services.writing.delivery import OWN, REMOTE, TEMPLATE, Way
from campaigns.services.writing.drafts import Envelope
from campaigns.services.writing.remote_content import Listing
from console.access import WorkspaceRequest, perms_of


@dataclass(slots=True)
class Desk:
    """The forms of the step. `way`: where the text comes from, one of `ways`; of `text`, `choice` and `remote` the
    others are None. `delivery` is None until an account is chosen that can be opened."""

    way: str
    ways: list[Way]
    account: AccountForm
    delivery: DeliveryForm | None = None
    text: ContentForm | None = None
    choice: TemplateChoiceForm | None = None
    remote: RemoteForm | None = None

    @property
    def forms(self) -> list[Any]:
        return [form for form in (self.account, self.delivery, self.text, self.choice, self.remote) if form]

    @property
    def unseen(self) -> bool:
        """True when something must be answered that nobody could see: another account, or other content of the
        vendor, was chosen than the inputs were made for. Options that may stay empty are no reason to come back."""
        asked = self.delivery is not None and self.delivery.moved and self.delivery.has_required
        mapped = self.remote is not None and self.remote.moved and bool(self.remote.placeholders())
        return asked or mapped

    def is_valid(self) -> bool:
        """Every form is looked at, so that all that is wrong is said at once."""
        valid = [form.is_valid() for form in self.forms]
        return all(valid)

    def envelope(self) -> Envelope:
        data = self.account.cleaned_data
        given = {name: data[name] for name in ("reply_to", "max_parts") if name in data}
        options = self.delivery.options() if self.delivery else {}
        return Envelope(account=data["account"], sender=data["sender"], options=options, **given)


def desk_of(request: WorkspaceRequest, campaign: Campaign, now: datetime, data: QueryDict | None = None) -> Desk:
    found = offers.offers(request.workspace, campaign.channel)
    account_form = SmsAccountForm if campaign.channel == "sms" else EmailAccountForm
    envelope = account_form(
        data, workspace=request.workspace, offers=found, initial=_envelope_of(campaign) | asked_account(request)
    )
    account = account_of(envelope)
    ways = delivery.ways(account, campaign.channel)
    way = data.get("way", OWN) if data is not None else request.GET.get("way", _way_of(campaign))
    desk = Desk(delivery.usable(way, ways), ways, envelope)
    known = content.known_names(request.workspace)
    if account:
        wants_list = desk.way == REMOTE or any(f.kind == "template" for f in delivery.fields_of(account, campaign))
        again = request.GET.get("read") == "again"
        held = remote_content.listing(account, campaign.channel, now, again=again) if wants_list else Listing()
        permissions = perms_of(request.membership)
        desk.delivery = DeliveryForm(data, campaign=campaign, account=account, permissions=permissions, listing=held)
        if desk.way == REMOTE:
            desk.remote = RemoteForm(data, campaign=campaign, account=account, listing=held, known=known)
    if desk.way == TEMPLATE:
        desk.choice = TemplateChoiceForm(data, campaign=campaign, initial={"template": campaign.template_id})
    elif desk.way == OWN:
        desk.text = _text_form(request, campaign, known, now, data)
    return desk


def _text_form(
    request: WorkspaceRequest, campaign: Campaign, known: Sequence[str], now: datetime, data: QueryDict | None
) -> ContentForm:
    initial = asdict(_written(campaign))
    if campaign.channel != "email":
        return FORMS[campaign.channel](data, known=known, initial=initial)
    chosen = request.FILES.getlist(CHOSEN)
    tray = Tray(campaign.workspace, now, version=_own_version(campaign), data=data, chosen=chosen)
    # Only files were meant: what is typed stays, and is not judged yet.
    if data is not None and Tray.is_asked(data):
        initial, data = data.dict(), None
    return FORMS[campaign.channel](data, known=known, tray=tray, initial=initial)


def asked_account(request: WorkspaceRequest) -> dict[str, str]:
    """The account that the address names (`?account=`): chosen, but not saved yet."""
    asked = request.GET.get("account", "")
    return {"account": asked} if asked.isdecimal() and len(asked) < 19 else {}


def _way_of(campaign: Campaign) -> str:
    if campaign.version and campaign.version.remote_id:
        return REMOTE
    return TEMPLATE if campaign.template else OWN


def _written(campaign: Campaign) -> Source:
    """The campaign's own text, empty while it has none."""
    own = _own_version(campaign)
    return source_of(own) if own else Source(campaign.channel)


def _own_version(campaign: Campaign) -> TemplateVersion | None:
    version = campaign.version
    return version if version and not campaign.template and not version.remote_id else None


def _envelope_of(campaign: Campaign) -> dict[str, Any]:
    account = campaign.account or offers.only_choice(campaign.workspace, campaign.channel)
    return {
        "account": account.pk if account else None,
        "sender": campaign.sender or offers.default_sender(account, campaign.channel),
        "reply_to": campaign.reply_to,
        "max_parts": campaign.max_parts,
    }


def account_of(form: AccountForm) -> ProviderAccount | None:
    """The account that is chosen in the form, saved or not."""
    chosen = str(form["account"].value() or "")
    fitting = (offer.account for offer in form.offers if not offer.refusal)
    return next((account for account in fitting if str(account.pk) == chosen), None)
