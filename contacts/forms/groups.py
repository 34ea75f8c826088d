"""Forms of lists and tags."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.states import GroupKind


class GroupForm(forms.Form):
    """Name and description; whether the name is free is asked of the service."""

    name = forms.CharField(label=_("Name"), max_length=80)
    description = forms.CharField(label=_("Description"), max_length=300, required=False)


class NewGroupForm(GroupForm):
    kind = forms.ChoiceField(
        label=_("Kind"), widget=forms.RadioSelect, initial=GroupKind.LIST.value,
        choices=[
            (GroupKind.LIST.value, _("List: people you write to together")),
            (GroupKind.TAG.value, _("Tag: a mark to find people by")),
        ],
    )  # fmt: skip
    field_order = ("kind", "name", "description")
