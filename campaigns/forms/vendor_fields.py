"""A field of a provider (`campaigns.providers.base.Field`) as a field of a form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from campaigns.providers.base import Field


class MomentField(forms.CharField):
    """A date and a clock time without a zone, as the text "2026-12-24 18:00"."""

    widget = forms.TextInput(attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> str:
        typed = str(value or "").strip().replace("T", " ")
        if not typed:
            return ""
        try:
            return datetime.fromisoformat(typed).strftime("%Y-%m-%d %H:%M")
        except ValueError:
            raise ValidationError(gettext("Enter a date and a time, such as 2026-12-24 18:00.")) from None

    def prepare_value(self, value: Any) -> str:
        return str(value or "").replace(" ", "T")


def as_form_field(field: Field, offered: list[tuple[str, str]] | None = None) -> forms.Field:
    """`offered`: the choices of a field of kind "template" or "campaign"; None where none were read at the vendor, so
    that the id is typed."""
    common: dict[str, Any] = {
        "label": gettext(field.label),
        "help_text": gettext(field.help) if field.help else "",
        "required": field.required,
    }
    match field.kind:
        case "choice":
            choices = [(value, gettext(text)) for value, text in field.choices]
            if not field.required and not field.default:
                choices.insert(0, ("", gettext("The provider decides")))
            return forms.ChoiceField(choices=choices, **common)
        case "template" if offered is not None:
            return forms.ChoiceField(choices=[("", gettext("Choose one")), *offered], **common)
        case "campaign" if offered is not None:
            return forms.ChoiceField(choices=[("", gettext("As the account says")), *offered], **common)
        case "flag":
            return forms.BooleanField(**{**common, "required": False})
        case "number":
            return forms.IntegerField(min_value=1, **common)
        case "time":
            return MomentField(**common)
        case "secret":
            return forms.CharField(widget=forms.PasswordInput, **common)
        case "lines":
            area = forms.Textarea(attrs={"rows": 4, "class": "mono"})
            return forms.CharField(max_length=10_000, widget=area, **common)
    return forms.CharField(max_length=300, **common)
