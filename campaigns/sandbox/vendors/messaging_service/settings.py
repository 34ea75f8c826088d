"""Settings of the messaging-service sandbox: the account's credentials, subscriptions and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALL_SCOPES = (
    "message:send", "email:message:send", "email:manage", "email:logs:read", "sms:message:send", "sms:manage",
    "sms:logs:read", "inbound-message:read", "sms:inbound-message:read",
)  # fmt: skip

PUBLISHED_LIMITS = {
    "/email/4/messages": [4000, 1],
    "/email/1/bulks": [100, 60],
    "/email/1/bulks/status": [100, 60],
    "/email/4/reports": [120, 60],
    "/email/4/logs": [120, 60],
    "/sms/3/logs": [120, 60],
    "/email/1/content": [500, 1],
    "/email/1/suppressions": [100, 1],
}


@dataclass
class ServiceSettings:
    """URLs are the account's subscriptions, used where a request names none; empty = nothing is pushed.

    delivery_url, tracking_url, mo_url: delivery reports, email events, SMS replies.
    report_delay_s: virtual seconds from sending to the report. logs_delay_s: until a message shows in the logs.
    duplicate: every push comes twice. anti_flood: refuse the 7th identical or 21st different SMS in an hour.
    push_retries: retries of a push after 1 min + 1 min × n². price: what reports say, in `currency`.
    rate_limits: path -> [requests, seconds], 0 requests = unlimited. templates: templateId -> sender, subject,
    text, html. api_keys: key -> scopes. basic_users: name -> password. oauth_clients: id -> secret.
    """

    delivery_url: str = ""
    tracking_url: str = ""
    mo_url: str = ""
    report_delay_s: float = 2.0
    logs_delay_s: float = 0.0
    duplicate: bool = False
    anti_flood: bool = True
    push_retries: int = 5
    price: float = 0.0
    currency: str = "UNKNOWN"
    token_lifetime_s: float = 3600.0
    rate_limits: dict[str, Any] = field(default_factory=lambda: dict(PUBLISHED_LIMITS))
    templates: dict[str, Any] = field(default_factory=dict)
    api_keys: dict[str, Any] = field(default_factory=lambda: {"sandbox-key": list(ALL_SCOPES), "sandbox-noscope": []})
    basic_users: dict[str, Any] = field(default_factory=lambda: {"sandbox": "sandbox"})
    oauth_clients: dict[str, Any] = field(default_factory=lambda: {"sandbox": "sandbox"})
