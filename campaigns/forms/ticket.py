"""The form for what a provider calls one of our requests."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class TicketForm(forms.Form):
    value = forms.RegexField(
        r"^[\x21-\x7e]{1,200}$",
        strip=True,
        label=_("Id at the provider"),
        help_text=_("The provider's own console lists it with the time and the number of people."),
        error_messages={"invalid": _("An id is one word of plain letters, digits and signs.")},
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
