"""Settings of the Marketing Cloud sandbox: installed packages, and the switches of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.sandbox.settings import BadSetting, update

SCOPES = (
    "sms_read", "sms_write", "sms_send",
    *(f"event_notification_{what}_{right}" for what in ("callback", "subscription")
      for right in ("create", "read", "update", "delete")),
)  # fmt: skip
CLIENT_FIELDS = frozenset({"secret", "scope"})
REQUEST, DAYS = "request", "72h"


def _clients() -> dict[str, Any]:
    return {
        "sandbox": {"secret": "sandbox", "scope": " ".join(SCOPES)},
        "noscope": {"secret": "sandbox", "scope": ""},
    }


@dataclass
class SalesforceSettings:
    """Delays are virtual seconds from the moment a message leaves the queue.

    clients: id -> secret, scope (space-separated). token_seconds: the life of a token.
    dedupe_scope: where a messageKey must be unique, `request` or `72h` (also across requests).
    sign_wrongly: notifications carry a signature that does not fit. repeat_batches: each is posted twice.
    gets_per_second: status look-ups per client before a 429; 0 = unlimited.
    subscription_delay_s: until a new subscription gets its first events. idle_close_s: real seconds of the fault that
    closes idle connections.
    """

    clients: dict[str, Any] = field(default_factory=_clients)
    token_seconds: int = 1079
    dedupe_scope: str = DAYS
    sign_wrongly: bool = False
    repeat_batches: bool = False
    sent_delay_s: float = 1.0
    transient_delay_s: float = 2.0
    final_delay_s: float = 3.0
    late_delay_s: float = 4.0
    gets_per_second: int = 5
    subscription_delay_s: float = 0.0
    idle_close_s: float = 5.0
    mid: int = 510003344
    eid: int = 510003300


def change(settings: SalesforceSettings, values: Mapping[str, Any]) -> None:
    """Update settings; `clients` are merged by id, and one that is null is removed. Raises BadSetting."""
    clients = values.get("clients", {})
    if not isinstance(clients, dict):
        raise BadSetting("clients must be an object")
    if values.get("dedupe_scope", REQUEST) not in (REQUEST, DAYS):
        raise BadSetting(f"dedupe_scope must be {REQUEST!r} or {DAYS!r}")
    merged = dict(settings.clients)
    for name, client in clients.items():
        if client is None:
            merged.pop(name, None)
            continue
        if not isinstance(client, dict) or client.keys() - CLIENT_FIELDS:
            raise BadSetting(f"client {name!r} must be an object with {', '.join(sorted(CLIENT_FIELDS))}")
        merged[name] = {"secret": "", "scope": "", **merged.get(name, {}), **client}
    update(settings, {**values, "clients": merged})
