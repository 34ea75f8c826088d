"""The answer of a send as receipts (contract §4 and "Error mapping")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.providers.adapter import digits
from campaigns.providers.base import Channel, Message, Outcome, Receipt
from campaigns.providers.messaging_service.codes import DUPLICATE_MESSAGE_ID, Fate, Meaning
from campaigns.providers.messaging_service.meanings import meaning_of, sms_parts, words_of
from campaigns.states import Reason

Row = Mapping[str, Any]
_DUPLICATE = str(DUPLICATE_MESSAGE_ID)
_ON_THEIR_WAY = (Fate.ON_ITS_WAY, Fate.SENT, Fate.DELIVERED)


def match(rows: Sequence[Row], messages: Sequence[Message], channel: Channel) -> list[Row]:
    """The row of each message ({} where there is none), by our id, then by address: no order is promised."""
    by_id = {str(row.get("messageId")): row for row in rows}
    if all(message.reference in by_id for message in messages):
        return [by_id[message.reference] for message in messages]
    by_address = {address_key(str(row.get("destination") or ""), channel): row for row in rows}
    return [by_id.get(m.reference) or by_address.get(address_key(m.address, channel)) or {} for m in messages]


class Receipts:
    """Makes the receipts of one answer. Nearly all rows of an answer carry the same status, which is read once.
    `retry`: the ids went out before without an answer, so a "duplicate id" says that the message had arrived."""

    def __init__(self, channel: Channel, *, retry: bool) -> None:
        self._channel, self._retry = channel, retry
        self._read: dict[object, tuple[Meaning | None, str, str]] = {}

    def of(self, message: Message, row: Row) -> Receipt:
        found = str(row.get("messageId") or "")
        status = row.get("status")
        meaning, code, text = self._meaning(status, row.get("error"))
        if meaning is None:
            return Receipt(message.reference, Outcome.UNKNOWN, found, Reason.UNREADABLE_ANSWER)
        parts = _parts(row) if self._channel is Channel.SMS else None
        if meaning.fate in _ON_THEIR_WAY or (self._retry and code == _DUPLICATE):
            return Receipt(message.reference, Outcome.ACCEPTED, found, code=code, text=text, parts=parts)
        if meaning.fate is Fate.UNSURE:
            return Receipt(message.reference, Outcome.UNKNOWN, found, meaning.reason, code, text, parts=parts)
        return Receipt(
            message.reference,
            Outcome.REFUSED if meaning.retry_limit is None else Outcome.NOT_SENT,
            found,
            meaning.reason,
            code,
            text,
            retry_after=meaning.retry_after,
            retry_limit=meaning.retry_limit,
            parts=parts,
            suppress=meaning.suppress,
            hold=meaning.hold,
        )

    def _meaning(self, status: object, error: object) -> tuple[Meaning | None, str, str]:
        key = f"{status}{error}"
        if key not in self._read:
            self._read[key] = (meaning_of(status, error), *words_of(status))
        return self._read[key]


def address_key(address: str, channel: Channel) -> str:
    """An address in the form that both sides' spellings share."""
    return phone(address) if channel is Channel.SMS else address.strip().lower()


def phone(address: str) -> str:
    """Digits only, without a leading + or 00 (contract rule 5)."""
    plain = digits(address)
    return plain[2:] if plain.startswith("00") else plain


def _parts(row: Row) -> int | None:
    details = row.get("details")
    return sms_parts(details.get("messageCount")) if isinstance(details, dict) else None
