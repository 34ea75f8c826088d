"""The form of a provider account, made from what its vendor's adapter asks for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.forms.vendor_fields import as_form_field
from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.addresses import check_base_url
from campaigns.providers.base import Channel, Field
from campaigns.services.connecting import account_settings
from console import networks
from console.models import Workspace

CREDENTIAL, OPTION = "credential_", "option_"
_RATE_ERROR = _("Enter a number from 0.01 to 100,000.")
_RATE = [MinValueValidator(0.01, _RATE_ERROR), MaxValueValidator(100_000, _RATE_ERROR)]


class AccountForm(forms.Form):
    """`provider` is a registered slug; `account` None for a new one. Credentials are write-only: a saved one is never
    an initial value, an entered secret is never given back, and an empty field keeps what is saved."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As campaigns and reports show it."))
    base_url = forms.CharField(label=_("Base address"), max_length=300, widget=forms.URLInput)
    sender = forms.CharField(
        label=_("SMS sender"), max_length=60, required=False, help_text=_("Where a campaign names no other.")
    )
    email_sender = forms.CharField(
        label=_("Email sender"), max_length=200, required=False, help_text=_("An address, or a name and an address."),
        widget=forms.TextInput(attrs={"placeholder": "Tienda Norte <hola@tienda.example>"}),
    )  # fmt: skip
    messages_per_second = forms.FloatField(
        localize=True,
        label=_("Messages per second"), required=False, validators=_RATE,
        help_text=_("Shared by all campaigns on this account. Empty: no limit."),
    )  # fmt: skip
    requests_per_second = forms.FloatField(
        localize=True,
        label=_("Requests per second"), required=False, validators=_RATE,
        help_text=_("Empty: what the provider's own documentation allows."),
    )  # fmt: skip
    sms_price = forms.DecimalField(
        localize=True,
        label=_("Price of an SMS part"),
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=5,
    )
    email_price = forms.DecimalField(
        localize=True,
        label=_("Price of an email"),
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=5,
    )

    hook_networks = forms.CharField(
        label=_("Callbacks come from"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text=_("Addresses and networks such as 203.0.113.0/24, one a line. Empty: from anywhere."),
    )  # fmt: skip

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        workspace: Workspace,
        provider: str,
        account: ProviderAccount | None = None,
    ) -> None:
        self.workspace, self.provider, self.account = workspace, provider, account
        self.vendor = registry.provider_class(provider)
        super().__init__(data, initial=_initial(account, self.vendor))
        for field in self.vendor.credential_fields:
            self.fields[CREDENTIAL + field.name] = _credential(field, saved=account is not None)
        for field in self.vendor.option_fields:
            self.fields[OPTION + field.name] = as_form_field(field)
        self._leave_out_channels()
        if self.vendor.builds_hosts:
            self._leave_out_base_url()

    def _leave_out_base_url(self) -> None:
        """For a vendor whose hosts follow from the credentials. Where private addresses may be called at all, a
        server there can stand in for it, such as a sandbox."""
        self.fields["base_url"].required = False
        if settings.ALLOW_PRIVATE_PROVIDER_URLS:
            self.fields["base_url"].help_text = _("Only for a sandbox. Empty: the provider's own address.")
        else:
            del self.fields["base_url"]

    def _leave_out_channels(self) -> None:
        unused = {"sms": ("sender", "sms_price"), "email": ("email_sender", "email_price")}
        for channel, names in unused.items():
            if Channel(channel) not in self.vendor.channels:
                for name in names:
                    del self.fields[name]
        if not self.vendor.hook_urls:
            del self.fields["hook_networks"]

    def group(self, prefix: str) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(prefix)]

    def credentials(self) -> list[forms.BoundField]:
        return self.group(CREDENTIAL)

    def options(self) -> list[forms.BoundField]:
        return self.group(OPTION)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        others = ProviderAccount.objects.for_workspace(self.workspace).filter(name=name)
        if self.account:
            others = others.exclude(pk=self.account.pk)
        if others.exists():
            raise forms.ValidationError(_("Another account has this name. Choose a name that tells them apart."))
        return name

    def clean_base_url(self) -> str:
        url = str(self.cleaned_data["base_url"]).strip().rstrip("/")
        if not url and self.vendor.builds_hosts:
            return url
        problem = check_base_url(url, settings.ALLOW_PRIVATE_PROVIDER_URLS)
        if problem:
            raise forms.ValidationError(gettext(problem))
        return url

    def clean_hook_networks(self) -> str:
        typed = str(self.cleaned_data["hook_networks"]).strip()
        try:
            networks.parse(typed)
        except ValueError as error:
            text = gettext("%(word)s is neither an address nor a network.") % {"word": error}
            raise forms.ValidationError(text) from error
        return typed

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        data.setdefault("base_url", "")
        self._refuse_moved_secrets(data)
        for problem in account_settings.problems(
            self.provider, data["base_url"], self.entered(OPTION), self.entered(CREDENTIAL), self.account
        ):
            text = gettext(problem.text) % problem.values
            self.add_error(self._field_named(problem.field), text)
        return data

    def _refuse_moved_secrets(self, data: dict[str, Any]) -> None:
        """A saved key is not sent to another host unless it is entered again: whoever may change the address could
        otherwise have the key delivered to a server of their own."""
        if self.account is None or _host(self.account.base_url) == _host(data["base_url"]):
            return
        if self.account.sealed and not self.entered(CREDENTIAL):
            text = _("Enter the credentials again: saved ones are not sent to another host.")
            self.add_error(CREDENTIAL + self.vendor.credential_fields[0].name, text)

    def _field_named(self, name: str) -> str | None:
        return next((prefix + name for prefix in (CREDENTIAL, OPTION, "") if prefix + name in self.fields), None)

    def entered(self, prefix: str) -> dict[str, Any]:
        """The values of a group of fields that are not empty, by the vendor's names."""
        given = {name: value for name, value in self.cleaned_data.items() if name.startswith(prefix)}
        return {name.removeprefix(prefix): value for name, value in given.items() if value not in ("", None, False)}

    def settings(self) -> account_settings.Settings:
        """The valid form as the service takes it."""
        plain = {name: value for name, value in self.cleaned_data.items() if not name.startswith((CREDENTIAL, OPTION))}
        return account_settings.Settings(**plain, credentials=self.entered(CREDENTIAL), options=self.entered(OPTION))


def _initial(account: ProviderAccount | None, vendor: registry.ProviderClass) -> dict[str, Any]:
    defaults = {OPTION + field.name: field.default for field in vendor.option_fields if field.default}
    if account is None:
        return {"name": vendor.label, "base_url": vendor.default_base_url, **defaults}
    columns = ("name", "base_url", "sender", "email_sender", "messages_per_second", "requests_per_second", "sms_price",
               "email_price", "hook_networks")  # fmt: skip
    saved = {OPTION + name: value for name, value in account.options.items()}
    return {**{name: getattr(account, name) for name in columns}, **defaults, **saved}


def _credential(field: Field, *, saved: bool) -> forms.Field:
    label, hint = gettext(field.label), gettext(field.help) if field.help else ""
    if saved:
        hint = f"{hint} {gettext('Write-only. Leave empty to keep what is saved.')}".strip()
    required = field.required and not saved
    if field.kind == "choice":
        keep = [("", gettext("As saved") if saved else gettext("As entered below"))]
        choices = keep + [(value, gettext(text)) for value, text in field.choices]
        return forms.ChoiceField(label=label, choices=choices, required=required, help_text=hint)
    attributes = {"autocomplete": "off", "spellcheck": "false", "class": "mono"}
    if saved:
        attributes["placeholder"] = gettext("Saved")
    widget = forms.PasswordInput if field.kind == "secret" else forms.TextInput
    return forms.CharField(label=label, required=required, help_text=hint, widget=widget(attrs=attributes))


def _host(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
