"""What the chosen provider account adds to the message step: its delivery options, and content that it holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext

from campaigns.forms.vendor_fields import as_form_field
from campaigns.models import Campaign, ProviderAccount
from campaigns.providers.base import Field
from campaigns.providers.remote import RemoteTemplate
from campaigns.services.writing import delivery, remote_content
from campaigns.services.writing.remote_content import Answer, Listing

PREFIX = "delivery_"
FIXED = "="  # no name of a field


class DeliveryForm(forms.Form):
    """The provider's `message_fields` that fit the campaign. `delivery_for` names the account that they belong to:
    when another one was chosen meanwhile, its own defaults are shown (`moved`) instead of what was posted."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        campaign: Campaign,
        account: ProviderAccount,
        permissions: Collection[str],
        listing: Listing,
    ) -> None:
        self.campaign, self.vendor_fields = campaign, delivery.fields_of(account, campaign)
        self.moved = data is not None and str(data.get("delivery_for", "")) != str(account.pk)
        kept = campaign.options if campaign.account_id == account.pk else {}
        initial = {PREFIX + f.name: kept.get(f.name, f.default) for f in self.vendor_fields}
        super().__init__(None if self.moved else data, initial={**initial, "delivery_for": account.pk})
        self.fields["delivery_for"] = forms.CharField(widget=forms.HiddenInput, required=False)
        offered = [(t.id, t.name or t.id) for t in listing.templates if t.usable] if listing.at else None
        aliases = delivery.aliases_of(account, kept)
        for field in self.vendor_fields:
            made = as_form_field(field, aliases if field.kind == "campaign" else offered)
            made.disabled = field.guarded and delivery.GUARD not in permissions
            self.fields[PREFIX + field.name] = made

    @property
    def has_required(self) -> bool:
        """True when something must be answered that has no answer by itself."""
        return any(field.required and not field.default for field in self.vendor_fields)

    def shown(self) -> list[BoundField]:
        return [self[PREFIX + field.name] for field in self.vendor_fields]

    def is_valid(self) -> bool:
        """Also for an account whose options nobody has seen yet: its defaults stand."""
        return self.moved or super().is_valid()

    def options(self) -> dict[str, str]:
        """The answers as the adapter reads them: texts; flags as "true"; what is empty is left out."""
        if self.moved:
            return {f.name: f.default for f in self.vendor_fields if f.default}
        answers = {f.name: _as_text(self.cleaned_data.get(PREFIX + f.name), f) for f in self.vendor_fields}
        return {name: text for name, text in answers.items() if text}


def _as_text(value: object, field: Field) -> str:
    if isinstance(value, bool):
        # A flag that is on by itself must be able to say no.
        return "true" if value else ("false" if field.default else "")
    return "" if value is None else str(value).strip()


class RemoteForm(forms.Form):
    """Content that the vendor holds, and what goes into each of its placeholders.

    Where the vendor lists it, it is chosen; else its id, placeholders and perhaps text are typed. The inputs of the
    placeholders belong to one choice (`mapped_for`): after another is chosen they start from what we guess (`moved`).
    """

    mapped_for = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        campaign: Campaign,
        account: ProviderAccount,
        listing: Listing,
        known: Sequence[str],
    ) -> None:
        self.campaign, self.listing, self.known = campaign, listing, known
        self.listed = delivery.lists_templates(account, campaign.channel)
        version = campaign.version if campaign.version and campaign.version.remote_id else None
        self.kept = remote_content.described(version) if version else None
        self.kept_mapping: Mapping[str, str] = version.mapping if version else {}
        super().__init__(data, initial=self._initial())
        self._add_choice()
        self.chosen = self._chosen()
        self.moved = data is not None and str(data.get("mapped_for", "")) != self._fingerprint()
        self._add_placeholders()

    def _initial(self) -> dict[str, Any]:
        if self.kept is None:
            return {}
        names = ", ".join(self.kept.placeholders)
        return {"remote_id": self.kept.id, "remote_names": names, "remote_text": self.kept.text}

    def _add_choice(self) -> None:
        if self.listed:
            choices = [(t.id, t.name or t.id) for t in self.listing.templates if t.usable]
            self.fields["remote_id"] = forms.ChoiceField(
                label=gettext("What the provider holds"), choices=[("", gettext("Choose one")), *choices]
            )
            return
        self.fields["remote_id"] = forms.CharField(
            label=gettext("Id at the provider"), max_length=200, help_text=gettext("As the provider's portal shows it.")
        )
        self.fields["remote_names"] = forms.CharField(
            label=gettext("Its placeholders"), max_length=1000, required=False,
            help_text=gettext("Their names, separated by commas; empty when it has none."),
        )  # fmt: skip
        self.fields["remote_text"] = forms.CharField(
            label=gettext("Its text"), max_length=4000, required=False, strip=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=gettext("For the preview, with each placeholder as {{name}}. The provider sends its own."),
        )  # fmt: skip

    def _chosen(self) -> RemoteTemplate | None:
        """What the form stands on, posted or kept; None while nothing is chosen."""
        remote_id = str(self["remote_id"].value() or "").strip()
        if not remote_id:
            return None
        if self.listed:
            return self.listing.find(remote_id)
        names, text = str(self["remote_names"].value() or ""), str(self["remote_text"].value() or "")
        return remote_content.typed(remote_id, self.campaign.channel, names, text.replace("\r\n", "\n").strip())

    def _fingerprint(self) -> str:
        return f"{self.chosen.id}:{','.join(self.chosen.placeholders)}" if self.chosen else ""

    def _add_placeholders(self) -> None:
        self.initial["mapped_for"] = self._fingerprint()
        choices = [(FIXED, gettext("The same text for everybody")), *((name, name) for name in self.known)]
        for number, name in enumerate(self.chosen.placeholders if self.chosen else ()):
            answer = self._answer(name)
            self.fields[f"field_{number}"] = forms.ChoiceField(
                label=name, choices=choices, initial=answer.field or FIXED
            )
            self.fields[f"default_{number}"] = forms.CharField(
                label=gettext("Text, or what stands for an empty field"), max_length=300, required=False,
                initial=answer.default,
            )  # fmt: skip
        if self.moved:  # nobody has seen these inputs, so what is shown is what counts
            self.data = {**{name: self.data[name] for name in self.data}, **self._as_posted()}

    def _answer(self, name: str) -> Answer:
        if name in self.kept_mapping and self.kept and self.chosen and self.kept.id == self.chosen.id:
            return remote_content.answer_of(self.kept_mapping[name])
        return remote_content.guess(name, self.known)

    def _as_posted(self) -> dict[str, Any]:
        mapped = [name for name in self.fields if name.startswith(("field_", "default_"))]
        return {**{name: self.fields[name].initial for name in mapped}, "mapped_for": self._fingerprint()}

    def placeholders(self) -> list[tuple[str, BoundField, BoundField]]:
        """(name, field, default) of each placeholder."""
        names = self.chosen.placeholders if self.chosen else ()
        return [(name, self[f"field_{n}"], self[f"default_{n}"]) for n, name in enumerate(names)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.chosen is None or self.errors:
            return cleaned
        for number, name in enumerate(self.chosen.placeholders):
            field, default = cleaned.get(f"field_{number}"), str(cleaned.get(f"default_{number}") or "")
            if field == FIXED and not default:
                text = gettext("Choose a field for %(name)s, or write the text that stands there.")
                self.add_error(f"default_{number}", ValidationError(text % {"name": name}))
            elif "{{" in default or "}}" in default:
                self.add_error(f"default_{number}", ValidationError(gettext("A text here holds no double braces.")))
        return cleaned

    def answers(self) -> dict[str, Answer]:
        """Of a valid form: placeholder → what stands for it."""
        assert self.chosen is not None
        given = self.cleaned_data
        return {
            name: Answer(given[f"field_{n}"].removeprefix(FIXED), given[f"default_{n}"])
            for n, name in enumerate(self.chosen.placeholders)
        }

    def forget_errors(self) -> None:
        """Nobody is told about inputs that have just appeared."""
        self._errors = ErrorDict(renderer=self.renderer)
