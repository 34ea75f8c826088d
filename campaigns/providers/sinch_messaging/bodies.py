"""What a send looks like on the wire (contract §3 and §15). Only positions that the contract marks as sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.providers.adapter import digits
from campaigns.providers.base import Message

MAX_EXTRA_INFO = 255


@dataclass(frozen=True, slots=True)
class Settings:
    """What an account adds to every message."""

    campaign_alias: str = ""
    expires_in_minutes: int | None = None
    sub_account: str = ""
    flash: bool = False


def single(message: Message, settings: Settings, campaign_reference: str = "") -> dict[str, Any]:
    """Body of `POST /v1/send-sms`: one flat object."""
    body: dict[str, Any] = {
        "destination": digits(message.address),
        "messageText": message.text,
        "correlationId": message.reference,
    }
    if campaign_reference:
        body["extraInfo"] = f"campaign={campaign_reference}"[:MAX_EXTRA_INFO]
    if settings.flash:
        body["flashSMS"] = True
    return body | _common(settings)


def bulk(messages: Sequence[Message], settings: Settings) -> dict[str, Any]:
    """Body of `POST /v1/send-bulk-sms`. A text that several messages share travels once, in `defaultValues`."""
    shared, times = Counter(message.text for message in messages).most_common(1)[0]
    items = []
    for message in messages:
        item = {"destination": digits(message.address), "correlationId": message.reference}
        if times == 1 or message.text != shared:
            item["messageText"] = message.text
        items.append(item)
    defaults: dict[str, Any] = {"messageText": shared} if times > 1 else {}
    if settings.flash:
        defaults["flashSMS"] = True
    body: dict[str, Any] = {"messages": items}
    if defaults:
        body["defaultValues"] = defaults
    return body | _common(settings)


def _common(settings: Settings) -> dict[str, Any]:
    """Fields that stand at the root in both forms."""
    found = {
        "campaignAlias": settings.campaign_alias,
        "expiresInMinutes": settings.expires_in_minutes,
        "subAccount": settings.sub_account,
    }
    return {name: value for name, value in found.items() if value}
