"""Sinch Messaging's callbacks, delivery reports, replies and look-up rows as events (contract §5 to §10).

One reader for all of them: callback and delivery report differ only in what they carry, their URLs are typed by
hand in a portal, and a look-up answers with the same fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from campaigns.providers.adapter import e164, event_id
from campaigns.providers.base import Channel, Event, EventKind, Hook
from campaigns.providers.sinch_messaging.codes import DELIVERED, SENT, UNKNOWN, Meaning

# Epoch values above this are milliseconds, as in every sample of the vendor ("Unix_time").
_MILLISECONDS = 10**11
# Codes 102 and 301 allow one new attempt.
_NEW_ATTEMPTS = 1


def parse_hook(hook: Hook) -> list[Event]:
    """The events of a callback. ValueError when it is not the vendor's format."""
    if not hook.body.strip() and hook.query:  # an MO by GET
        return [_event(_from_query(hook.query))]
    return [_event(row) for row in rows_of(orjson.loads(hook.body))]


def rows_of(answer: object) -> list[Mapping[str, Any]]:
    """The objects of an answer: one object, an array, or an array under `messages` or `data`."""
    if isinstance(answer, dict):
        inner = next((answer[key] for key in ("messages", "data") if isinstance(answer.get(key), list)), None)
        answer = [answer] if inner is None else inner
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise ValueError("neither an object nor a list of objects")
    return answer


def status_event(row: Mapping[str, Any]) -> Event:
    """A look-up row. Found is found: a row without a code we know means that the provider has the message."""
    event = _status(row)
    return replace(event, kind=EventKind.ACCEPTED) if event.kind is EventKind.OTHER else event


def reply_event(row: Mapping[str, Any]) -> Event:
    """An MO, pushed or pulled."""
    answered = row.get("mt")
    answered = answered if isinstance(answered, dict) else {}
    return Event(
        EventKind.REPLY,
        event_id("mo", _text(row.get("id")), row),
        reference=_text(answered.get("correlationId") or row.get("mt.correlationId")),
        provider_message_id=_text(answered.get("id") or row.get("mt.id")),
        address=e164(row.get("source")),
        at=_time(row, "received"),
        text=_text(row.get("messageText")),
        channel=Channel.SMS,
    )


def _event(row: Mapping[str, Any]) -> Event:
    if "sentStatusCode" in row or "deliveredStatusCode" in row:
        return _status(row)
    if "source" in row:
        return reply_event(row)
    raise ValueError("neither a status nor a reply")


def _status(row: Mapping[str, Any]) -> Event:
    sent, delivered = _code(row.get("sentStatusCode")), _code(row.get("deliveredStatusCode"))
    final = delivered is not None
    code = delivered if final else sent
    meaning = (DELIVERED if final else SENT).get(-1 if code is None else code, UNKNOWN)
    found = row.get("id") or row.get("correlationId")
    return Event(
        meaning.kind,
        event_id("st", f"{found}:{sent}:{delivered}" if found else "", row),
        reference=_text(row.get("correlationId")),
        provider_message_id=_text(row.get("id")),
        address=e164(row.get("destination")),
        at=_delivered_at(row) if final else _sent_at(row),
        reason=meaning.reason,
        code="" if code is None else str(code),
        text=_text(row.get("deliveredStatus" if final else "sentStatus")),
        channel=Channel.SMS,
        suppress=meaning.suppress,
        hold=meaning.hold,
        **_new_attempt(meaning),
    )


def _new_attempt(meaning: Meaning) -> dict[str, Any]:
    if meaning.retry_after is None:
        return {}
    return {"retry_after": meaning.retry_after, "retry_limit": _NEW_ATTEMPTS}


def _sent_at(row: Mapping[str, Any]) -> datetime | None:
    # The table spells the keys sentAt and sentDate, the samples sentStatusAt and sentStatusDate: those win.
    return _time(row, "sentStatus") or _time(row, "sent")


def _delivered_at(row: Mapping[str, Any]) -> datetime | None:
    return _time(row, "delivered") or _time(row, "deliveredStatus")


def _time(row: Mapping[str, Any], what: str) -> datetime | None:
    """The instant under `<what>At` (epoch) or `<what>Date` (ISO 8601, UTC unless it says otherwise)."""
    epoch = _code(row.get(f"{what}At"))
    try:
        if epoch:
            return datetime.fromtimestamp(epoch / 1000 if epoch >= _MILLISECONDS else epoch, UTC)
        when = datetime.fromisoformat(_text(row.get(f"{what}Date")))
    except (ValueError, OverflowError, OSError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _code(value: object) -> int | None:
    """A number that may come as a string."""
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError:
        return None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _from_query(query: Mapping[str, str]) -> dict[str, Any]:
    """An MO that comes by GET; `mt` may be an object in JSON."""
    row: dict[str, Any] = dict(query)
    try:
        row["mt"] = orjson.loads(row.get("mt", ""))
    except ValueError:
        row.pop("mt", None)
    return row
