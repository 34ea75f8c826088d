"""The forms of the composer, one for each step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parseaddr
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.forms.boundfield import BoundField
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, ProviderAccount, Purpose, Template
from campaigns.models.template import CHANNELS
from campaigns.services.writing import local_time
from campaigns.services.writing.delivery import Limits
from campaigns.services.writing.drafts import CANARY_MINUTES, Plan
from campaigns.services.writing.offers import Offer
from console.choices import TimeZoneField
from console.errors import UserError
from console.models import Workspace
from contacts import emails, phones
from contacts.emails import EmailProblem
from contacts.models import Group
from contacts.phones import Phone

MAX_PARTS = 8
FURTHEST = timedelta(days=3 * 366)  # a campaign further away is a slip of the keyboard
MAX_SPEED = 10_000.0
MAX_TEST_ADDRESSES = 10
MAX_CANARY = 100_000


class NewCampaignForm(forms.Form):
    """`seen` is the newest campaign that this person had made when the form was shown: posted twice, it makes one."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only your team sees it."))
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, widget=forms.RadioSelect, initial="sms")
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=[
            (Purpose.MARKETING, _("Marketing: only to people who agreed to it")),
            (Purpose.SERVICE, _("Service: about an order, an appointment or an account")),
        ],
        widget=forms.RadioSelect,
        initial=Purpose.MARKETING,
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class RenameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)


class AudienceForm(forms.Form):
    """Everyone, or lists and tags to include; others to leave out."""

    reach = forms.ChoiceField(
        label=_("Who"),
        choices=[("groups", _("People in lists and tags")), ("everyone", _("Everyone in this workspace"))],
        widget=forms.RadioSelect,
    )
    include = forms.ModelMultipleChoiceField(
        label=_("Include"), queryset=Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    exclude = forms.ModelMultipleChoiceField(
        label=_("Leave out"), queryset=Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = Group.objects.for_workspace(workspace).order_by("kind", "name")
        for name in ("include", "exclude"):
            self.fields[name].queryset = groups  # type: ignore[attr-defined]

    @property
    def everyone(self) -> bool:
        return bool(self.cleaned_data["reach"] == "everyone")


class AccountForm(forms.Form):
    """What surrounds the text: account, sender, and on SMS how long it may get."""

    account = forms.ModelChoiceField(
        label=_("Provider account"), queryset=ProviderAccount.objects.none(), empty_label=_("Choose an account")
    )
    sender = forms.CharField(label=_("Sender"), max_length=200, required=False)

    def __init__(self, *args: Any, workspace: Workspace, offers: Sequence[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = offers
        fitting = [offer.account.pk for offer in offers if not offer.refusal]
        queryset = ProviderAccount.objects.for_workspace(workspace).filter(pk__in=fitting)
        self.fields["account"].queryset = queryset  # type: ignore[attr-defined]


class SmsAccountForm(AccountForm):
    max_parts = forms.TypedChoiceField(label=_("Longest allowed"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sender"].max_length = 60  # type: ignore[attr-defined]
        self.fields["max_parts"].choices = [  # type: ignore[attr-defined]
            (n, ngettext("%(n)s part", "%(n)s parts", n) % {"n": n}) for n in range(1, MAX_PARTS + 1)
        ]
        self.fields["max_parts"].help_text = gettext("Longer messages are left out, not cut.")


class EmailAccountForm(AccountForm):
    reply_to = forms.EmailField(
        label=_("Replies go to"), required=False, help_text=_("A mailbox that people read. Empty: the sender.")
    )

    def clean_sender(self) -> str:
        sender = str(self.cleaned_data["sender"]).strip()
        if sender and not is_mailbox(sender):
            raise ValidationError(gettext("Enter an address, or a name with an address: Shop <hello@example.com>"))
        return sender


def is_mailbox(text: str) -> bool:
    """True for "a@b.example" and "Name <a@b.example>"."""
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        return False
    return True


class TemplateChoiceForm(forms.Form):
    template = forms.ModelChoiceField(
        label=_("Template"), queryset=Template.objects.none(), empty_label=_("Choose a template")
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = Template.objects.for_workspace(campaign.workspace).filter(channel=campaign.channel, archived_at=None)
        self.fields["template"].queryset = usable.select_related("current")  # type: ignore[attr-defined]


class ScheduleForm(forms.Form):
    """Now, or a date and a clock time in a named zone. After `is_valid`: `plan`, and `note` about the autumn night."""

    when = forms.ChoiceField(
        label=_("Start"),
        choices=[("now", _("As soon as I confirm")), ("later", _("On a day and at a time"))],
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    zone = TimeZoneField(label=_("Time zone"), max_length=64, required=False)
    messages_per_second = forms.FloatField(
        label=_("Messages per second"),
        required=False,
        min_value=0.01,
        max_value=MAX_SPEED,
        help_text=_("Empty: as fast as the provider account may."),
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    cost_cap = forms.DecimalField(
        label=_("Most it may cost"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=4,
        localize=True,
    )
    canary = forms.IntegerField(
        label=_("First to so many people only"),
        required=False,
        min_value=1,
        max_value=MAX_CANARY,
        help_text=_("The rest follows when these messages went well. Empty: all go at once."),
    )
    canary_minutes = forms.IntegerField(
        label=_("Minutes to wait for their receipts"),
        required=False,
        min_value=0,
        max_value=24 * 60,
        help_text=_("0: it is enough that the provider took them."),
    )
    failure_share = forms.IntegerField(
        label=_("Pause when so many fail, in %"), required=False, min_value=0, max_value=100
    )

    def __init__(self, *args: Any, now: datetime, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        if limits.cost_help:
            self.fields["cost_cap"].help_text = limits.cost_help
        else:
            del self.fields["cost_cap"]
        self.fields["failure_share"].help_text = limits.failure_help
        if not limits.canary:
            del self.fields["canary"], self.fields["canary_minutes"]
        self.note = ""
        self.start_at: datetime | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == "later" and not self.errors:
            self._resolve(cleaned)
        return cleaned

    def _resolve(self, cleaned: dict[str, Any]) -> None:
        missing = [name for name in ("day", "time", "zone") if not cleaned.get(name)]
        for name in missing:
            self.add_error(name, self.fields[name].error_messages["required"])
        if missing:
            return
        today = local_time.in_zone(self.now, cleaned["zone"]).date()
        if cleaned["day"] < today:
            self.add_error("day", gettext("This day is in the past. Choose today or a later day."))
            return
        if cleaned["day"] > today + FURTHEST:
            self.add_error("day", gettext("This day is more than three years away. Check the year."))
            return
        try:
            instant = local_time.resolve(cleaned["day"], cleaned["time"], cleaned["zone"])
        except UserError as error:
            self.add_error(error.field, error.message)
            return
        if instant.at <= self.now:
            clock = local_time.in_zone(self.now, cleaned["zone"]).strftime("%H:%M")
            sentence = gettext("This time is in the past: it is %(clock)s there now. Choose a later time.")
            self.add_error("time", sentence % {"clock": clock})
            return
        self.start_at, self.note = instant.at, instant.note

    @property
    def moment_fields(self) -> list[BoundField]:
        """The fields of a chosen time: empty for "now", so not required by themselves."""
        return [self["day"], self["time"], self["zone"]]

    @property
    def plan(self) -> Plan:
        zone = self.cleaned_data["zone"] if self.start_at else ""
        data = self.cleaned_data
        minutes = data.get("canary_minutes")
        return Plan(
            self.start_at,
            zone,
            data["messages_per_second"],
            cost_cap=data.get("cost_cap"),
            canary=data.get("canary"),
            canary_minutes=CANARY_MINUTES if minutes is None else minutes,
            failure_share=data["failure_share"],
        )

    @property
    def guards(self) -> list[BoundField]:
        """What makes the dispatch pause by itself."""
        return [self[name] for name in ("cost_cap", "failure_share", "canary", "canary_minutes") if name in self.fields]


class TestForm(forms.Form):
    """Addresses to try the message on. `seen`: the newest test when the form was shown; posted twice, it sends once."""

    __test__ = False  # not a test, whatever its name says

    addresses = forms.CharField(label=_("Addresses"), widget=forms.Textarea(attrs={"rows": 3}))
    contact = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel, self.country = campaign.channel, campaign.workspace.default_country
        self.fields["addresses"].label = gettext("Phones") if self.channel == "sms" else gettext("Email addresses")
        self.fields["addresses"].help_text = gettext("At most %(n)s, one on each line.") % {"n": MAX_TEST_ADDRESSES}

    def clean_addresses(self) -> list[str]:
        """E.164 phones or email addresses, each once."""
        written = [line.strip() for line in re.split(r"[\n,;]+", str(self.cleaned_data["addresses"])) if line.strip()]
        if len(written) > MAX_TEST_ADDRESSES:
            sentence = gettext("A test goes to at most %(n)s addresses; these are %(written)s.")
            raise ValidationError(sentence % {"n": MAX_TEST_ADDRESSES, "written": len(written)})
        found = {line: self._read(line) for line in written}
        wrong = [line for line, address in found.items() if not address]
        if wrong:
            sentence = (
                gettext("This is no phone number one can send to: %(wrong)s")
                if self.channel == "sms"
                else gettext("This is no email address: %(wrong)s")
            )
            raise ValidationError([sentence % {"wrong": line} for line in wrong])
        return list(dict.fromkeys(found.values()))

    def _read(self, line: str) -> str:
        """The address as the ledger writes it; "" for none."""
        if self.channel == "sms":
            phone = phones.parse(line, self.country)
            return phone.e164 if isinstance(phone, Phone) else ""
        address = emails.parse(line)
        return "" if isinstance(address, EmailProblem) else address
