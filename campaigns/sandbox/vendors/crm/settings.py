"""Settings of the CRM sandbox: what the tenant has in the vendor's console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import available_timezones

from campaigns.sandbox.settings import BadSetting, update
from campaigns.sandbox.vendors.crm.templates import SEEDED, read_template


@dataclass
class CrmSettings:
    """users: name -> password. blocked: names whose right password gets 403. time_zone: the tenant's, in which the
    API tells wall-clock times. templates: id -> channel, text, subject, active, behaviour; merged into the seeded."""

    users: dict[str, Any] = field(default_factory=lambda: {"sandbox": "sandbox", "blocked": "sandbox"})
    blocked: list[str] = field(default_factory=lambda: ["blocked"])
    time_zone: str = "Europe/Athens"
    templates: dict[str, Any] = field(default_factory=lambda: {name: dict(values) for name, values in SEEDED.items()})


def change(settings: CrmSettings, values: Mapping[str, Any]) -> None:
    """Update settings; `templates` are merged by id. Raises BadSetting."""
    trial = CrmSettings(**asdict(settings))
    update(trial, values)
    if trial.time_zone not in available_timezones():
        raise BadSetting(f"unknown time zone {trial.time_zone!r}")
    templates = values.get("templates", {})
    for name, template in templates.items():
        try:
            read_template(str(name), template)
        except (ValueError, TypeError) as error:
            raise BadSetting(str(error)) from None
    update(settings, {**values, "templates": {**settings.templates, **templates}})
