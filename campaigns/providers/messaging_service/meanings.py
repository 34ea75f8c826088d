"""What a `status` object, with its `error` object, says about a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from campaigns.providers.messaging_service.codes import (
    ERROR,
    GROUP,
    NOT_DELIVERED,
    NOT_SENT,
    PENDING_GROUPS,
    REJECTED,
    STATUS,
    UNSURE,
    Fate,
    Meaning,
)
from campaigns.states import Reason

_FAILURES = (Fate.UNDELIVERED, Fate.REJECTED)


def integer(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def sms_parts(value: object) -> int | None:
    """How many parts an SMS had; None where the number makes no sense. At most 255 (3GPP TS 23.040 §9.2.3.24.1)."""
    number = integer(value)
    return number if number is not None and 1 <= number <= 255 else None


def meaning_of(status: object, error: object = None) -> Meaning | None:
    """The meaning of a status and, for failures, of the delivery error that explains it. None without a status.
    Ids are compared, never names: names are worded differently from channel to channel."""
    if not isinstance(status, dict):
        return None
    number = integer(status.get("id"))
    meaning = STATUS.get(number) if number is not None else None
    meaning = meaning or _by_group(status)
    if meaning is None or meaning.fate not in _FAILURES or not isinstance(error, dict):
        return meaning
    return _explained(meaning, number, error)


def words_of(status: object, error: object = None) -> tuple[str, str]:
    """The vendor's own code and text: the error's when there is one, else the status'."""
    for part in (error, status):
        if isinstance(part, dict) and integer(part.get("id")):
            text = part.get("description") or part.get("name") or ""
            return str(part["id"]), str(text)[:500]
    return "", ""


def _by_group(status: Mapping[str, Any]) -> Meaning | None:
    group = integer(status.get("groupId"))
    if group is not None and group in GROUP:
        return GROUP[group]
    if status.get("groupName") in PENDING_GROUPS:
        return GROUP[1]
    return None if group is None and "id" not in status else UNSURE


def _explained(meaning: Meaning, status: int | None, error: Mapping[str, Any]) -> Meaning:
    number, permanent = integer(error.get("id")), error.get("permanent")
    if fault := ERROR.get(number or 0):
        suppress = fault.suppress == "always" or (fault.suppress == "permanent" and permanent is True)
        return replace(meaning, reason=fault.reason, suppress=meaning.suppress or suppress)
    if status == NOT_SENT and permanent is False:
        return replace(meaning, reason=Reason.PROVIDER_DOWN)
    if status == NOT_DELIVERED and number and permanent is True:
        return replace(meaning, reason=REJECTED.reason)
    return meaning
