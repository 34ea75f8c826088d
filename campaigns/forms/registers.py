"""A campaign of the vendor's register, and a position of the fault dial."""

from __future__ import annotations

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from campaigns.services.connecting import training

# Our own limit (Sinch contract §16.17): the vendor only recommends short names without special characters.
_ALIAS = RegexValidator(r"^[A-Za-z0-9_-]{1,50}$", _("Use letters, digits, “-” and “_” only, at most 50."))


class RegisterForm(forms.Form):
    """Name and alias of a campaign at the vendor."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As the provider's reports show it."))
    alias = forms.CharField(
        label=_("Alias"), max_length=50, required=False, validators=[_ALIAS],
        help_text=_("What messages are filed by, such as spring26. Without one no message can name this campaign."),
    )  # fmt: skip


class DialForm(forms.Form):
    """A fault and how many requests it hits."""

    fault = forms.CharField(max_length=40)
    times = forms.IntegerField(min_value=1, max_value=training.MOST_TIMES, required=False)
