"""Another time for messages that the provider keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.services.writing import local_time
from console.errors import UserError


class MoveForm(forms.Form):
    """A day and a time on the clocks of `zone`. After `is_valid`: `at`."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, data: Mapping[str, Any] | None = None, *, zone: str, at: datetime | None = None) -> None:
        local = local_time.in_zone(at, zone) if at else None
        super().__init__(data, initial={"day": local.date(), "time": local.time()} if local else {})
        self.zone = zone
        self.at: datetime | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.at = local_time.resolve(cleaned["day"], cleaned["time"], self.zone).at
            except UserError as error:
                self.add_error(error.field if error.field in self.fields else None, error.message)
        return cleaned
