"""Another limit of costs for a dispatch that has reached its own."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _


class BudgetForm(forms.Form):
    cost_cap = forms.DecimalField(
        label=_("Most it may cost"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=4,
        localize=True,
        help_text=_("All of it, with what is spent already. Empty: no limit."),
    )
