"""Event notifications, look-up answers and rows of the not-sent list as events (contract §5, §6.3, §10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson

from campaigns.providers.adapter import e164, event_id
from campaigns.providers.base import Channel, Event, EventKind
from campaigns.providers.salesforce_marketing_cloud import codes
from campaigns.providers.salesforce_marketing_cloud.codes import Meaning

CENTRAL = timezone(timedelta(hours=-6))  # what the REST routes mean without saying so, in summer too (§1)
_NEW_ATTEMPTS = 1
_QUEUED, _SENT, _NOT_SENT = "smsqueued", "smssent", "smsnotsent"
_TRANSIENT = "smstransient"
_FINAL = ("smsdelivered", "smsbounced")


def handshake_of(body: bytes) -> tuple[str, str] | None:
    """(callback id, verification key) of the call that opens a callback; None for anything else (§6.1)."""
    try:
        values = orjson.loads(body)
    except ValueError:
        return None
    if not isinstance(values, dict):
        return None
    callback_id, key = values.get("callbackId"), values.get("verificationKey")
    if not isinstance(callback_id, str) or not isinstance(key, str):
        return None
    return (callback_id, key) if callback_id and key else None


def handshake_event(callback_id: str, verification_key: str) -> Event:
    known = {"callback": callback_id, "key": verification_key}
    return Event(
        EventKind.HANDSHAKE, event_id("ens", "", known), provider_message_id=callback_id, text=verification_key
    )


def form_event(code: str, form: str, body: bytes) -> Event:
    """Notes in which form the signature key signs; told again with every notification until it is kept."""
    return Event(EventKind.HANDSHAKE, event_id("ens", "", {"form": form, "body": body.hex()}), code=code, text=form)


def parse_batch(body: bytes) -> list[Event]:
    """The events of a notification, an array. ValueError when it is not the vendor's format."""
    rows = orjson.loads(body)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and _kind(row) for row in rows):
        raise ValueError("not an array of events")
    return [_notified(row) for row in rows]


def status_event(reference: str, row: object) -> Event:
    """The answer of a look-up: found is found. ValueError when it is not in the vendor's form."""
    if not isinstance(row, Mapping) or not _kind(row):
        raise ValueError("not a status")
    info = _info(row)
    if _kind(row) == _NOT_SENT:
        code = _number(info.get("statusCode"))
        return _event(row, info, reference, codes.not_sent(code), code, info.get("statusMessage"), _central(row))
    kind = EventKind.ACCEPTED if _kind(row) == _QUEUED else EventKind.SENT
    return _event(row, info, reference, Meaning(kind), None, "", _central(row))


def not_sent_rows(answer: object) -> tuple[list[Event], int | None]:
    """The events of one page of the not-sent list and its cursor. ValueError when it is not in the vendor's form."""
    if not isinstance(answer, Mapping) or not isinstance(rows := answer.get("messages"), list):
        raise ValueError("not a list of messages")
    events = []
    for row in rows:
        info = _info(row)
        code = _number(row.get("statusCode"))
        reference, meaning = _text(info.get("messageKey")), codes.not_sent(code)
        events.append(_event(row, info, reference, meaning, code, row.get("statusMessage"), _central(row)))
    # The answer spells the cursor lastEventID, the parameter lastEventId.
    return events, _number(answer.get("lastEventID", answer.get("lastEventId")))


def _notified(row: Mapping[str, Any]) -> Event:
    info, kind = _info(row), _kind(row)
    code = _number(info.get("statusCode"))
    words = info.get("reason") or info.get("statusMessage")
    if kind == _NOT_SENT:
        meaning = codes.not_sent(code)
    elif kind == _SENT:
        meaning = codes.ON_ITS_WAY
    elif kind == _FINAL[0] and code is None:
        meaning = Meaning(EventKind.DELIVERED)
    elif kind in (*_FINAL, _TRANSIENT):
        meaning = codes.carrier(code, final=kind != _TRANSIENT)
    else:  # an event that nobody documents: kept, never guessed
        meaning = Meaning(EventKind.OTHER)
    return _event(row, info, _text(info.get("messageKey")), meaning, code, words, _epoch(row))


def _event(
    row: Mapping[str, Any],
    info: Mapping[str, Any],
    reference: str,
    meaning: Meaning,
    code: int | None,
    text: object,
    at: datetime | None,
) -> Event:
    # What the vendor's own advice is to compare (§6.2): an event may come more than once.
    same = {
        "composite": row.get("compositeId"),
        "kind": _kind(row),
        "key": reference,
        "code": code,
        "ordinal": info.get("ordinal"),
    }
    return Event(
        meaning.kind,
        event_id("ens", "", same),
        reference=reference,
        provider_message_id=reference,
        address=e164(info.get("to")),
        at=at,
        reason=meaning.reason,
        code="" if code is None else str(code),
        text=_text(text),
        retry_after=meaning.retry_after,
        retry_limit=None if meaning.retry_after is None else _NEW_ATTEMPTS,
        suppress=meaning.suppress,
        channel=Channel.SMS,
    )


def _kind(row: Mapping[str, Any]) -> str:
    """`TransactionalSendEvents.SMSQueued` → `smsqueued`: the routes and the notifications differ in case."""
    return _text(row.get("eventCategoryType")).rpartition(".")[2].lower()


def _info(row: object) -> Mapping[str, Any]:
    """`info`, which published samples also spell `Info`."""
    if not isinstance(row, Mapping):
        raise ValueError("not an object")
    found = row.get("info") or row.get("Info") or {}
    return found if isinstance(found, Mapping) else {}


def _epoch(row: Mapping[str, Any]) -> datetime | None:
    number = _number(row.get("timestampUTC"))
    try:
        return None if not number else datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _central(row: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(row.get("timestamp")))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=CENTRAL)).astimezone(UTC)


def _number(value: object) -> int | None:
    """A number that may come as a string."""
    try:
        return int(str(value))
    except ValueError:
        return None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def responses_of(answer: object) -> Sequence[Mapping[str, Any]]:
    """The rows of a send answer (§3.2). ValueError when there are none at all."""
    rows = answer.get("responses") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError("no responses")
    return rows


def error_code(row: Mapping[str, Any]) -> int:
    """`errorcode`, a number or a string; absent = 0."""
    return _number(row.get("errorcode")) or 0
