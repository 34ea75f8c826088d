"""The SMS routes: the body of `POST /sms/3/messages` and the query of `GET /sms/3/text/query` (contract §5, §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from campaigns.providers.base import Message, Outgoing
from campaigns.providers.messaging_service.email import options_of, webhooks
from campaigns.providers.messaging_service.errors import Layout
from campaigns.providers.messaging_service.receipts import phone
from campaigns.providers.messaging_service.timing import Window


@dataclass(frozen=True, slots=True)
class Settings:
    """What account and campaign add to every SMS."""

    delivery_url: str = ""
    events_url: str = ""
    intermediate_reports: bool = False
    validity_minutes: int | None = None
    window: Window | None = None
    send_at: str = ""
    flash: bool = False
    language: str = ""
    transliteration: str = ""
    track_links: bool = False
    short_domain: str = ""
    speed_per_minute: int | None = None
    platform: Mapping[str, str] = field(default_factory=dict)


def request(
    batch: Outgoing, messages: Sequence[Message], bulk_id: str, settings: Settings
) -> tuple[dict[str, Any], Layout]:
    """The body for `messages`, those with the same text under one item, and which of them stands where in it."""
    groups: dict[str, list[Message]] = {}
    for message in messages:
        groups.setdefault(message.text, []).append(message)
    shared = _shared(batch, settings)  # one object for all items: with a text for everyone there are a thousand
    items = [_item(text, group, settings) | shared for text, group in groups.items()]
    schedule: dict[str, Any] = {"bulkId": bulk_id}
    if settings.send_at:
        schedule["sendAt"] = settings.send_at
    if settings.speed_per_minute:
        schedule["sendingSpeedLimit"] = {"amount": settings.speed_per_minute, "timeUnit": "MINUTE"}
    options: dict[str, Any] = {"schedule": schedule, "includeSmsCountInResponse": True}
    if settings.track_links:  # the object alone would switch link shortening on
        options["tracking"] = _tracking(settings)
    return {"messages": items, "options": options}, list(groups.values())


def query(batch: Outgoing, message: Message, settings: Settings) -> list[tuple[str, str]]:
    """The parameters for one message. There is no message id here, so the bulk id carries our reference."""
    found = {
        "to": phone(message.address),
        "text": message.text,
        "from": batch.body.sender,
        "bulkId": message.reference,
        "flash": "true" if settings.flash else "",
        "languageCode": settings.language,
        "transliteration": settings.transliteration,
        "validityPeriod": str(settings.validity_minutes or ""),
        "sendAt": settings.send_at,
        "includeSmsCountInResponse": "true",
        "callbackData": orjson.dumps({"d": batch.campaign_reference, "ref": message.reference}).decode(),
    }
    if settings.delivery_url:
        found["notifyUrl"] = settings.delivery_url
        found["notifyContentType"] = "application/json"
        found["intermediateReport"] = "true" if settings.intermediate_reports else ""
    if settings.track_links:
        found["trackingUrl"] = settings.events_url
    return [(name, value) for name, value in found.items() if value]


def _item(text: str, messages: Sequence[Message], settings: Settings) -> dict[str, Any]:
    content: dict[str, Any] = {"text": text}
    if settings.transliteration:
        content["transliteration"] = settings.transliteration
    if settings.language:
        content["language"] = {"languageCode": settings.language}
    destinations = [{"to": phone(m.address), "messageId": m.reference} for m in messages]
    return {"destinations": destinations, "content": content}


def _shared(batch: Outgoing, settings: Settings) -> dict[str, Any]:
    """What every item of a request says alike."""
    shared: dict[str, Any] = {"sender": batch.body.sender} if batch.body.sender else {}
    if options := _options(batch, settings):
        shared["options"] = options
    if settings.delivery_url:
        shared["webhooks"] = webhooks(batch, settings.delivery_url, settings.intermediate_reports)
    return shared


def _options(batch: Outgoing, settings: Settings) -> dict[str, Any]:
    options = options_of(batch, settings.validity_minutes, settings.window, settings.platform)
    return options | ({"flash": True} if settings.flash else {})


def _tracking(settings: Settings) -> dict[str, Any]:
    tracking: dict[str, Any] = {"shortenUrl": True, "trackClicks": True}
    if settings.events_url:
        tracking["trackingUrl"] = settings.events_url
    if settings.short_domain:
        tracking["customDomain"] = settings.short_domain
    return tracking
