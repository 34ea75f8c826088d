"""Answers of Sinch's number validation (contract §12)."""

from __future__ import annotations

from campaigns.providers.adapter import e164
from campaigns.providers.base import NotSent
from campaigns.providers.remote import NumberCheck
from campaigns.states import Reason


def numbers_of(answer: object) -> list[NumberCheck]:
    """The numbers of one answer. NotSent when it is not in the vendor's form."""
    rows = answer.get("destinations") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.")
    return [_check(row) for row in rows if isinstance(row, dict)]


def _check(row: dict[str, object]) -> NumberCheck:
    carrier = row.get("carrier")
    carrier = carrier if isinstance(carrier, dict) else {}
    name = str(carrier.get("name") or "")
    return NumberCheck(
        e164(row.get("destination")),
        row.get("active") is True,
        "" if name == "UNKNOWN" else name,
        str(carrier.get("countryCode") or ""),
    )
