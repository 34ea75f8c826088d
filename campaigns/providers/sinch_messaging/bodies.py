"""What a send looks like on the wire (contract §3 and §15). Only positions that the contract marks as sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.providers.adapter import digits
from campaigns.providers.base import Message

MAX_EXTRA_INFO = 255


@dataclass(frozen=True, slots=True)
class Settings:
    """What all messages of a request share. `flow`: the vendor's content, whose placeholders are `names`;
    `times`: the time fields as `Timing.fields` gives them."""

    campaign_alias: str = ""
    sub_account: str = ""
    flash: bool = False
    extra_info: str = ""
    flow: str = ""
    names: tuple[str, ...] = ()
    times: Mapping[str, Any] = field(default_factory=dict)


def single(message: Message, settings: Settings, campaign_reference: str = "") -> dict[str, Any]:
    """Body of `POST /v1/send-sms`: one flat object."""
    body: dict[str, Any] = {"destination": digits(message.address)}
    if not settings.flow:
        body["messageText"] = message.text
    body["correlationId"] = message.reference
    extra_info = settings.extra_info or (f"campaign={campaign_reference}" if campaign_reference else "")
    if extra_info:
        body["extraInfo"] = extra_info[:MAX_EXTRA_INFO]
    if settings.flash:
        body["flashSMS"] = True
    return body | _params(message, settings) | _root(settings)


def bulk(messages: Sequence[Message], settings: Settings) -> dict[str, Any]:
    """Body of `POST /v1/send-bulk-sms`. A text that several messages share travels once, in `defaultValues`."""
    shared, times = Counter(message.text for message in messages).most_common(1)[0]
    defaults: dict[str, Any] = {"messageText": shared} if times > 1 and not settings.flow else {}
    if settings.flash:
        defaults["flashSMS"] = True
    items = []
    for message in messages:
        item: dict[str, Any] = {"destination": digits(message.address), "correlationId": message.reference}
        if not settings.flow and (times == 1 or message.text != shared):
            item["messageText"] = message.text
        if settings.extra_info:
            item["extraInfo"] = settings.extra_info
        if settings.flow:
            item |= _params(message, settings)
        items.append(item)
    body: dict[str, Any] = {"messages": items}
    if defaults:
        body["defaultValues"] = defaults
    return body | _root(settings)


def _params(message: Message, settings: Settings) -> dict[str, Any]:
    """`params` never stands without a flow (§16.16)."""
    if not settings.flow or not settings.names:
        return {}
    return {"params": dict(zip(settings.names, message.values, strict=True))}


def _root(settings: Settings) -> dict[str, Any]:
    """Fields that stand at the root in both forms."""
    found = {
        "flowId": settings.flow,
        "campaignAlias": settings.campaign_alias,
        "subAccount": settings.sub_account,
        **settings.times,
    }
    return {name: value for name, value in found.items() if value}
