"""Settings of the Sinch sandbox: what the vendor's portal would hold, and the switches of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.sandbox.settings import BadSetting, update

USER_FIELDS = frozenset({"token", "blocked", "email", "time_zone", "country", "credit", "administrator", "sub_account"})


def _users() -> dict[str, Any]:
    return {
        "sandbox": {"token": "sandbox-token", "email": "sandbox@vendor.example", "sub_account": "Sandbox"},
        "blocked": {"token": "sandbox-token", "blocked": True},
    }


def _flows() -> dict[str, str]:
    return {"3f8c1a52-7d0e-4b6b-9a57-0c8f1d2e4b90": "Hi {{name}}, your order {{order}} is ready."}


@dataclass
class SinchSettings:
    """URLs are empty when nothing is pushed. Delays are virtual seconds from the moment a message goes out.

    users: name -> token, blocked, email, time_zone, country, credit, administrator, sub_account.
    flows: id of a bot flow -> its text with `{{name}}` for each parameter, which the log shows filled in.
    credit: messages that a user without a credit of its own may send, None = any number.
    campaign_alias_strict: an unregistered campaignAlias is refused; else accepted without a campaignId.
    short_schedule_allowed: a schedule of 30 minutes or less is sent at once; else refused.
    requests_per_second and status_queries_per_second: per client address, 0 = unlimited.
    """

    callback_url: str = ""
    dlr_url: str = ""
    mo_url: str = ""
    callback_delay_s: float = 1.0
    dlr_delay_s: float = 2.0
    users: dict[str, Any] = field(default_factory=_users)
    flows: dict[str, str] = field(default_factory=_flows)
    credit: int | None = None
    campaign_alias_strict: bool = True
    short_schedule_allowed: bool = False
    requests_per_second: int = 700
    status_queries_per_second: int = 1


def change(settings: SinchSettings, values: Mapping[str, Any]) -> None:
    """Update settings; `users` are merged by name, and one that is null is removed. Raises BadSetting."""
    users = values.get("users", {})
    if not isinstance(users, dict):
        raise BadSetting("users must be an object")
    merged = dict(settings.users)
    for name, user in users.items():
        if user is None:
            merged.pop(name, None)
            continue
        if not isinstance(user, dict) or user.keys() - USER_FIELDS:
            raise BadSetting(f"user {name!r} must be an object with {', '.join(sorted(USER_FIELDS))}")
        merged[name] = {**merged.get(name, {}), **user}
    update(settings, {**values, "users": merged})
