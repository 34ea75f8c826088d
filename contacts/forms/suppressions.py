"""The form that adds addresses to the do-not-contact list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from console import formats
from contacts import emails, phones, wording
from contacts.states import SuppressionReason

MOST_ADDRESSES = 1_000
_SHOWN_PROBLEMS = 5


class SuppressionForm(forms.Form):
    """Addresses, one in each line, a reason and a note."""

    REASONS = (
        SuppressionReason.OPT_OUT,
        SuppressionReason.COMPLAINT,
        SuppressionReason.HARD_BOUNCE,
        SuppressionReason.INVALID,
        SuppressionReason.MANUAL,
    )

    addresses = forms.CharField(
        label=_("Phone numbers and email addresses"), max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One in each line."),
    )  # fmt: skip
    reason = forms.ChoiceField(label=_("Reason"), initial=SuppressionReason.OPT_OUT.value)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        """`country`: where numbers without + are from."""
        super().__init__(*args, **kwargs)
        self.country = country
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)
        reason.choices = [(value.value, wording.SUPPRESSION_REASONS[value]) for value in self.REASONS]

    def clean_addresses(self) -> dict[str, list[str]]:
        """{channel: addresses as contacts store them}."""
        lines = [line.strip() for line in self.cleaned_data["addresses"].splitlines() if line.strip()]
        if len(lines) > MOST_ADDRESSES:
            most = {"n": formats.number(MOST_ADDRESSES)}
            raise ValidationError(_now("Add at most %(n)s at a time.") % most)
        found: dict[str, list[str]] = {"sms": [], "email": []}
        problems = []
        for line in lines:
            channel, address, problem = self._read(line)
            if problem:
                problems.append(f"{line[:60]}: {problem}")
            else:
                found[channel].append(address)
        if problems:
            more = len(problems) - _SHOWN_PROBLEMS
            rest = [_now("And %(n)s more.") % {"n": formats.number(more)}] if more > 0 else []
            raise ValidationError([*problems[:_SHOWN_PROBLEMS], *rest])
        return found

    def _read(self, line: str) -> tuple[str, str, Any]:
        """(channel, address, problem)."""
        if "@" in line:
            email = emails.parse(line)
            if isinstance(email, emails.EmailProblem):
                return "email", "", wording.EMAIL_PROBLEMS[email]
            return "email", email, ""
        phone = phones.parse(line, self.country)
        if isinstance(phone, phones.PhoneProblem):
            return "sms", "", wording.PHONE_PROBLEMS[phone]
        return "sms", phone.e164, ""
