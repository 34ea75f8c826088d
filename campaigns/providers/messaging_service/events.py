"""messaging-service's reports, logs, engagement events and replies as events (contract §8 and §9).

Pushed and pulled reports and log rows carry the same statuses in slightly different shapes; one reader takes all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from campaigns.providers.adapter import e164, event_id
from campaigns.providers.base import Channel, Event, EventKind
from campaigns.providers.messaging_service.codes import UNSURE, Fate
from campaigns.providers.messaging_service.copies import is_copy
from campaigns.providers.messaging_service.meanings import integer, meaning_of, sms_parts, words_of
from campaigns.states import Reason

Row = Mapping[str, Any]

_KINDS = {
    Fate.ON_ITS_WAY: EventKind.ACCEPTED,
    Fate.SENT: EventKind.SENT,
    Fate.DELIVERED: EventKind.DELIVERED,
    Fate.UNDELIVERED: EventKind.UNDELIVERED,
    Fate.REJECTED: EventKind.FAILED,
    Fate.UNSURE: EventKind.OTHER,
}
_ENGAGEMENT = {
    "OPENED": EventKind.OPENED,
    "CLICKED": EventKind.CLICKED,
    "UNSUBSCRIBED": EventKind.OPT_OUT,
    "COMPLAINED": EventKind.COMPLAINT,
    "LATE_BOUNCE": EventKind.UNDELIVERED,
}
_DOMAIN_BLOCKED = "HIGH_BOUNCE_RATE_BLOCKED"


def parse_object(body: object) -> list[Event]:
    """The events of a pushed JSON body. ValueError when it is none of the vendor's shapes."""
    if not isinstance(body, dict):
        raise ValueError("not an object")
    if "notificationType" in body:
        return [_engagement(body)]
    if "eventDetails" in body:
        return [_domain_event(body)]
    return [row_event(row) for row in rows_of(body)]


def rows_of(answer: object) -> list[Row]:
    """The rows of a pushed or pulled list; the email routes also declare the name `emailResults`."""
    for name in ("results", "emailResults"):
        rows = answer.get(name) if isinstance(answer, dict) else None
        if isinstance(rows, list):
            return [row for row in rows if isinstance(row, dict)]
    raise ValueError("no list of results")


def row_event(row: Row) -> Event:
    """A report, or an inbound SMS: the one has a status, the other a sender."""
    return reply_event(row) if "from" in row and "status" not in row else report_event(row)


def report_event(row: Row) -> Event:
    status, error = row.get("status"), row.get("error")
    meaning = meaning_of(status, error) or UNSURE
    code, text = words_of(status, error)
    address = str(row.get("to") or row.get("destination") or "")
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    message_id = str(row.get("messageId") or "")
    if is_copy(message_id):
        return _of_copy(event_id("dr", f"{message_id}:{_id(status)}", row))
    known = f"{message_id}:{_id(status)}:{_id(error)}:{row.get('doneAt') or ''}" if message_id else ""
    return Event(
        _KINDS[meaning.fate],
        event_id("dr", known, row),
        reference=_reference(row) or message_id,
        provider_message_id=message_id,
        address=_address(address, channel),
        at=instant(row.get("doneAt")) or instant(row.get("sentAt")),
        reason=meaning.reason,
        code=code,
        text=text,
        parts=_parts(row) if channel is Channel.SMS else None,
        retry_after=meaning.retry_after,
        retry_limit=meaning.retry_limit,
        suppress=meaning.suppress,
        hold=meaning.hold,
        channel=channel,
    )


def log_event(row: Row) -> Event:
    """A log row. Found is found: whatever else it says, the provider has the message."""
    event = report_event(row)
    return replace(event, kind=EventKind.ACCEPTED) if event.kind is EventKind.OTHER else event


def reply_event(row: Row) -> Event:
    return Event(
        EventKind.REPLY,
        event_id("in", str(row.get("messageId") or ""), row),
        address=e164(row.get("from")),
        at=instant(row.get("receivedAt")),
        text=str(row.get("text") or ""),
        parts=_parts(row),
        channel=Channel.SMS,
    )


def _engagement(body: Row) -> Event:
    word = str(body["notificationType"])
    kind = _ENGAGEMENT.get(word, EventKind.OTHER)
    recipient = str(body.get("recipient") or "")
    channel = Channel.EMAIL if "@" in recipient else Channel.SMS
    message_id = str(body.get("messageId") or "")
    if is_copy(message_id) and kind not in (EventKind.OPT_OUT, EventKind.COMPLAINT):
        return _of_copy(event_id("ev", str(body.get("eventId") or ""), body))
    return Event(
        kind,
        event_id("ev", str(body.get("eventId") or ""), body),
        reference="" if is_copy(message_id) else _reference(body) or message_id,
        provider_message_id=message_id,
        address=_address(recipient, channel),
        at=_epoch(body.get("sendDateTime")),
        reason=Reason.NOT_DELIVERED if kind is EventKind.UNDELIVERED else Reason.NONE,
        code=word,
        text=str(body.get("url") or "")[:500],
        suppress=kind in (EventKind.OPT_OUT, EventKind.COMPLAINT),
        channel=channel,
    )


def _of_copy(known: str) -> Event:
    """What is told of a copy (cc, bcc) says nothing about the person whose message it is."""
    return Event(EventKind.OTHER, known, channel=Channel.EMAIL)


def _domain_event(body: Row) -> Event:
    """Bounces threaten, or have stopped, a sending domain: the latter stops every message for a day."""
    details = body["eventDetails"] if isinstance(body["eventDetails"], dict) else {}
    word = str(details.get("type") or "")
    return Event(
        EventKind.OTHER,
        event_id("ev", str(body.get("eventId") or ""), body),
        at=_epoch(body.get("createdAt")),
        reason=Reason.SENDER_REFUSED if word == _DOMAIN_BLOCKED else Reason.NONE,
        code=word,
        text=f"{details.get('domain') or ''} {details.get('bounceRate') or ''}".strip(),
        hold=word == _DOMAIN_BLOCKED,
        channel=Channel.EMAIL,
    )


def instant(value: object) -> datetime | None:
    """`2026-03-02T09:15:00.000+0000` and its spellings (`+00:00`, `Z`)."""
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _epoch(value: object) -> datetime | None:
    milliseconds = integer(value)
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _reference(row: Row) -> str:
    """Our reference out of `callbackData`, where it had to travel there (query route)."""
    try:
        data = orjson.loads(str(row.get("callbackData") or ""))
    except ValueError:
        return ""
    return str(data.get("ref") or "") if isinstance(data, dict) else ""


def _address(address: str, channel: Channel) -> str:
    return e164(address) if channel is Channel.SMS else address.strip().lower()


def _parts(row: Row) -> int | None:
    # Pull says messageCount, push says smsCount.
    return sms_parts(row.get("messageCount", row.get("smsCount")))


def _id(part: object) -> str:
    return str(part.get("id") or "") if isinstance(part, dict) else ""
