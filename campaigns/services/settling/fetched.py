"""Events that were fetched from a provider, as the inbox keeps them: a list in JSON, beside callbacks as they came."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson

from campaigns.models import ProviderAccount, ProviderEvent
from campaigns.providers.base import Channel, Event, EventKind
from campaigns.querysets.callbacks import Stored
from campaigns.states import Reason

# The kind of such rows; no callback address of a vendor is named so.
FETCHED = "fetched"
_PER_ROW = 200  # events, so that applying one row again costs little
_KNOWN = frozenset(field.name for field in fields(Event))


def keep(account: ProviderAccount, events: Sequence[Event], now: datetime) -> None:
    """Put `events` into the inbox; the very same list a second time is one row."""
    rows = []
    for at in range(0, len(events), _PER_ROW):
        body = orjson.dumps(events[at : at + _PER_ROW])
        rows.append(
            ProviderEvent(
                account=account,
                kind=FETCHED,
                digest=hashlib.blake2b(FETCHED.encode() + b"\0" + body, digest_size=16).hexdigest(),
                headers={"content-type": "application/json"},
                body=base64.b64encode(body).decode(),
                received_at=now,
            )
        )
    ProviderEvent.objects.bulk_create(rows, ignore_conflicts=True)


def events_of(row: Stored) -> list[Event]:
    """The events of a row that `keep` wrote. ValueError when it is not readable."""
    return [_event(found) for found in orjson.loads(base64.b64decode(row.body))]


def _event(found: Mapping[str, Any]) -> Event:
    """A field that an older or newer release knows is left out."""
    given = {name: value for name, value in found.items() if name in _KNOWN}
    given["kind"] = EventKind(given["kind"])
    given["reason"] = Reason(given.get("reason") or "")
    given["at"] = datetime.fromisoformat(given["at"]) if given.get("at") else None
    given["channel"] = Channel(given["channel"]) if given.get("channel") else None
    return Event(**given)
