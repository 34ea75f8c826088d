"""Forms about one contact: facts, consent, the do-not-contact list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from console.choices import TimeZoneField, country_choices
from console.models import Workspace
from contacts import wording, words
from contacts.models import Contact
from contacts.querysets import ADDRESS, CHANNELS
from contacts.services import fields, people
from contacts.states import Consent, SuppressionReason

MOST_SHOWN_FIELDS = 60
_PREFIX = "field-"
_IDENTITIES = ("key", "email", "phone")


class ContactForm(forms.Form):
    """What is known about a person. The rules are those of `contacts.services.people`; this form only asks."""

    first_name = forms.CharField(label=_("First name"), max_length=people.LIMITS["first_name"], required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=people.LIMITS["last_name"], required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False, help_text=_("Numbers of other countries begin with +."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.CharField(
        label=_("Email"), max_length=254, required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )  # fmt: skip
    key = forms.CharField(
        label=_("External id"), max_length=people.LIMITS["key"], required=False,
        help_text=_("The customer number of your own system. Imports find the person by it."),
    )  # fmt: skip
    country = forms.ChoiceField(label=_("Country"), required=False)
    language = forms.CharField(
        label=_("Language"), max_length=people.LIMITS["language"], required=False, help_text=_("Such as es or pt-BR.")
    )
    time_zone = TimeZoneField(label=_("Time zone"), required=False)
    new_label = forms.CharField(label=_("New field"), max_length=words.LONGEST_NAME, required=False)
    new_value = forms.CharField(label=_("Its value"), max_length=500, required=False)

    def __init__(self, *args: Any, workspace: Workspace, contact: Contact | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = [("", _now("Not known")), *country_choices(keep=contact.country if contact else "")]
        own = contact.attributes if contact else {}
        labels = {name: name for name in own} | fields.labels(workspace)
        self.own_names = [*own, *(name for name in labels if name not in own)][:MOST_SHOWN_FIELDS]
        for name in sorted(self.own_names):
            self.fields[_PREFIX + name] = forms.CharField(label=labels[name], max_length=2000, required=False)
        if contact and not self.is_bound:
            self.initial.update({name: getattr(contact, name) for name in people.FIELDS})
            self.initial.update({_PREFIX + name: own[name] for name in self.own_names if name in own})

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The workspace's own fields."""
        return [self[_PREFIX + name] for name in sorted(self.own_names)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        label, value = cleaned.get("new_label", ""), cleaned.get("new_value", "")
        if value and not words.field_name(label):
            self.add_error("new_label", _now("Name the field with letters, so that templates can use it."))
        elif label and not value:
            self.add_error("new_value", _now("Enter a value for the new field."))
        elif label and words.field_name(label) in (*people.FIELDS, "attributes"):
            self.add_error("new_label", _now("There is a field of this name above."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """For `people.create` and `people.update`."""
        cleaned = self.cleaned_data
        attributes: dict[str, Any] = dict(self.contact.attributes) if self.contact else {}
        attributes |= {name: cleaned[_PREFIX + name] for name in self.own_names}
        if cleaned["new_label"]:
            attributes[words.field_name(cleaned["new_label"])] = cleaned["new_value"]
        return {name: cleaned[name] for name in people.FIELDS} | {"attributes": attributes}

    def new_labels(self) -> Mapping[str, str]:
        """{name: label} of a field that this form introduces."""
        label = self.cleaned_data["new_label"]
        return {words.field_name(label): label} if label else {}

    def refuse(self, error: people.InvalidContact) -> None:
        """Put what the service refused beside its fields."""
        for name, sentence in error.errors.items():
            self.add_error(name if name in self.fields else None, sentence)


class ConsentForm(forms.Form):
    """A change of consent with what proves it."""

    state = forms.ChoiceField(label=_("May be written to"), widget=forms.RadioSelect)
    basis = forms.CharField(
        label=_("Legal basis"), max_length=40, required=False, help_text=_("Such as consent or existing customer.")
    )
    wording = forms.CharField(
        label=_("Wording"), max_length=80, required=False, help_text=_("The text the person agreed to, or its version.")
    )
    evidence = forms.CharField(
        label=_("Evidence"), max_length=300, required=False,
        help_text=_("Where and when it was said: a form, a call, a letter."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = self.fields["state"]
        assert isinstance(state, forms.ChoiceField)
        states = (Consent.GRANTED, Consent.PENDING, Consent.WITHDRAWN, Consent.UNKNOWN)
        state.choices = [(value.value, wording.CONSENT[value][0]) for value in states]


class StopForm(forms.Form):
    """Put one person's addresses on the do-not-contact list."""

    REASONS = (SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL)

    channels = forms.MultipleChoiceField(
        label=_("Channels"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one channel.")},
    )  # fmt: skip
    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect, initial=SuppressionReason.OPT_OUT.value)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels, reason = self.fields["channels"], self.fields["reason"]
        assert isinstance(channels, forms.MultipleChoiceField) and isinstance(reason, forms.ChoiceField)
        has = [channel for channel in CHANNELS if getattr(contact, ADDRESS[channel])]
        channels.choices = [(channel, wording.CHANNELS[channel]) for channel in has]
        self.initial.setdefault("channels", has)
        reason.choices = [(value.value, wording.SUPPRESSION_REASONS[value]) for value in self.REASONS]
