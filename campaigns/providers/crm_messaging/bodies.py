"""The body of `POST /api/SendMessages` (contract §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.providers.adapter import require
from campaigns.providers.base import Body, Channel, Message
from campaigns.providers.crm_messaging import times
from campaigns.providers.crm_messaging.checks import MAX_CARD
from campaigns.providers.crm_messaging.phones import Country, on_the_wire

MAX_ID = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """`card_field` "" = nothing is recorded in the CRM. `due` None = at once."""

    countries: tuple[Country, ...]
    national: bool
    card_field: str
    zone: ZoneInfo
    due: datetime | None = None


def unique_id(message: Message) -> str:
    """What the vendor calls the recipient: our contact, or our reference for a test to a typed address."""
    return message.contact or message.reference


def send_messages(body: Body, messages: Sequence[Message], settings: Settings) -> dict[str, Any]:
    """One call. ValueError when it would break a rule that only a bug can break (rules 5 and 13)."""
    ids = {unique_id(message) for message in messages}
    require(len(ids) == len(messages), "every recipient of a call has a uniqueId of its own")
    require(all(0 < len(one) <= MAX_ID for one in ids), "a uniqueId has 1 to 64 characters")
    call: dict[str, Any] = {"templateId": int(body.template_id)}
    if settings.due is not None:
        call["scheduleDate"] = times.on_the_wire(settings.due, settings.zone)
    call["recipients"] = [_recipient(body, message, settings) for message in messages]
    return call


def _recipient(body: Body, message: Message, settings: Settings) -> dict[str, Any]:
    """Only the address of the channel leaves: the other is personal data that the call does not need (rule 8)."""
    recipient: dict[str, Any] = {"uniqueId": unique_id(message)}
    card = message.fields.get(settings.card_field, "").strip() if settings.card_field else ""
    if 0 < len(card) <= MAX_CARD:
        recipient["cardNumber"] = card
    if body.channel is Channel.SMS:
        recipient["mobilePhone"] = on_the_wire(message.address, settings.countries, settings.national)
    else:
        recipient["email"] = message.address
    if body.names:
        recipient["payload"] = dict(zip(body.names, message.values, strict=True))
    return recipient
