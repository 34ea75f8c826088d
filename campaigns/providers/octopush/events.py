"""Octopush's callbacks as events (contract §8): told apart by their date field, matched by ticket and number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import orjson

from campaigns.providers.adapter import e164, event_id
from campaigns.providers.base import Channel, Event, EventKind, Hook
from campaigns.states import Reason

# The vendor's client names Central European Time as the zone of moments without one.
PARIS = ZoneInfo("Europe/Paris")
SMS_CHANNELS = ("", "sms")

# §8.3, §12.2. UNKNOWN_DELIVERY and UNDEFINED say that nothing more will be known; the row keeps its status.
STATUSES: Mapping[str, tuple[EventKind, Reason]] = {
    "DELIVERED": (EventKind.DELIVERED, Reason.NONE),
    "ACK": (EventKind.SENT, Reason.NONE),
    "NOT_DELIVERED": (EventKind.UNDELIVERED, Reason.NOT_DELIVERED),
    "NOT_ALLOWED": (EventKind.UNDELIVERED, Reason.REJECTED),
    "BAD_DESTINATION": (EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT),
    "BLACKLISTED_NUMBER": (EventKind.UNDELIVERED, Reason.PROVIDER_OPT_OUT),
    "UNKNOWN_DELIVERY": (EventKind.OTHER, Reason.RECEIPT_LOST),
    "UNDEFINED": (EventKind.OTHER, Reason.RECEIPT_LOST),
}

# The number is wrong, or its owner has opted out at Octopush: neither changes by trying again.
_NOT_AGAIN = (Reason.INVALID_RECIPIENT, Reason.PROVIDER_OPT_OUT)


def parse_hook(hook: Hook) -> list[Event]:
    """The event of a callback. ValueError when it is not the vendor's format."""
    row = _row_of(hook)
    if "delivery_date" in row:
        return [_delivery(row)]
    if "stop_date" in row:
        return [_stop(row)]
    if "reception_date" in row or "answer_date" in row:
        return [_reply(row)]
    raise ValueError("neither a delivery nor a reply nor a STOP")


def _row_of(hook: Hook) -> Mapping[str, Any]:
    if hook.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(hook.body.decode()))
    row = orjson.loads(hook.body)
    if not isinstance(row, dict):
        raise ValueError("not an object")
    return row


def _delivery(row: Mapping[str, Any]) -> Event:
    status = _text(row.get("status"))
    kind, reason = STATUSES.get(status, (EventKind.OTHER, Reason.NONE))
    if _text(row.get("channel")) not in SMS_CHANNELS:
        kind, reason = EventKind.OTHER, Reason.NONE
    return Event(
        kind,
        event_id("dl", "", row),
        provider_message_id=_text(row.get("message_id")),
        address=e164(row.get("number")),
        at=_local(row.get("delivery_date")),
        reason=reason,
        code=status,
        channel=Channel.SMS,
        suppress=reason in _NOT_AGAIN,
    )


def _reply(row: Mapping[str, Any]) -> Event:
    return Event(
        EventKind.REPLY,
        event_id("in", "", row),
        provider_message_id=_text(row.get("message_id")),
        address=e164(row.get("number")),
        at=_local(row.get("reception_date") or row.get("answer_date")),
        text=_text(row.get("text")),
        channel=Channel.SMS,
    )


def _stop(row: Mapping[str, Any]) -> Event:
    return Event(
        EventKind.OPT_OUT,
        event_id("st", "", row),
        provider_message_id=_text(row.get("message_id")),
        address=e164(row.get("number")),
        at=_local(row.get("stop_date")),
        text=_text(row.get("text")),
        channel=Channel.SMS,
    )


def _local(value: object) -> datetime | None:
    """`Y-m-d H:i:s` in Paris as an instant."""
    try:
        when = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=PARIS)).astimezone(UTC)


def _text(value: object) -> str:
    return "" if value is None else str(value)
