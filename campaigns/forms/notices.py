"""What somebody wants to hear of the dispatches and accounts of each of their workspaces."""

from __future__ import annotations

from typing import Any

from django import forms

from campaigns.models import NoticeLevel
from campaigns.services.showing import notices
from console.models import Membership, User


class NoticesForm(forms.Form):
    """One member's choices, a field a kind that the role may hear of. `membership.workspace` is the heading."""

    def __init__(self, membership: Membership, levels: dict[str, str], data: Any = None) -> None:
        super().__init__(data, prefix=f"notices-{membership.pk}", initial=levels)
        self.membership = membership
        for kind in notices.kinds_of(membership):
            self.fields[kind.value] = forms.ChoiceField(label=kind.label, choices=NoticeLevel.choices)

    def save(self) -> None:
        notices.choose(self.membership, self.cleaned_data)


def of_person(user: User, data: Any = None) -> list[NoticesForm]:
    """A form a workspace, by name."""
    return [NoticesForm(membership, levels, data) for membership, levels in notices.choices_of(user)]
