"""The body of `POST /email/4/messages` (contract §3, §12.1, §12.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from campaigns.providers.base import Body, Message, Outgoing
from campaigns.providers.messaging_service.errors import Layout

VENDOR, SEED = "vendor", "seed"
# Content that differs from person to person (headers with values) travels once for each of them; requests
# are cut so that one stays about this long.
_REQUEST_BYTES = 4 * 1024 * 1024
SLOT = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an account adds. `layout`: where `replyTo` and `webhooks` stand (contract §3.10)."""

    layout: str = VENDOR
    delivery_url: str = ""
    events_url: str = ""
    intermediate_reports: bool = False
    track_opens: bool = False
    track_clicks: bool = False
    validity_minutes: int | None = None
    client_priority: str = ""
    ip_pool: str = ""


def parts_of(batch: Outgoing) -> list[Sequence[Message]]:
    """The batch cut into requests: one, unless headers with values make the content repeat."""
    if not _headers_differ(batch.body):
        return [batch.messages]
    content = len(batch.body.html.encode()) + len(batch.body.text.encode()) + 1024
    size = max(1, _REQUEST_BYTES // content)
    return [batch.messages[at : at + size] for at in range(0, len(batch.messages), size)]


def request(
    batch: Outgoing, messages: Sequence[Message], bulk_id: str, settings: Settings
) -> tuple[dict[str, Any], Layout]:
    """The body for `messages` of a batch, and which of them stands where in it."""
    groups = [[m] for m in messages] if _headers_differ(batch.body) else [list(messages)]
    items = [_item(batch, group, settings) for group in groups]
    options: dict[str, Any] = {
        "schedule": {"bulkId": bulk_id},
        "tracking": {"trackOpens": settings.track_opens, "trackClicks": settings.track_clicks}
        | ({"trackingUrl": settings.events_url} if settings.events_url else {}),
    }
    if settings.client_priority:
        options["clientPriority"] = settings.client_priority
    return {"messages": items, "options": options}, groups


def webhooks(batch: Outgoing, url: str, intermediate: bool) -> dict[str, Any]:
    """Where delivery reports go; `callbackData` comes back in each of them."""
    return {
        "delivery": {"url": url, "intermediateReport": intermediate, "notify": True},
        "contentType": "application/json",
        "callbackData": orjson.dumps({"d": batch.campaign_reference, "b": batch.key}).decode(),
    }


def header_text(value: str, message: Message, slots: Sequence[str]) -> str:
    """A header with its slots filled: the vendor fills them in subject and bodies only."""
    values = dict(zip(slots, message.values, strict=False))
    return SLOT.sub(lambda match: values.get(match[1], match[0]), value)


def _headers_differ(body: Body) -> bool:
    return any(SLOT.search(value) for value in body.headers.values())


def _item(batch: Outgoing, messages: Sequence[Message], settings: Settings) -> dict[str, Any]:
    body = batch.body
    per_request: dict[str, Any] = {"preserveRecipients": False}
    if body.reply_to:
        per_request["replyTo"] = body.reply_to
    vendor = settings.layout == VENDOR
    destinations = [{"to": [_recipient(m, body.slots)]} | (per_request if vendor else {}) for m in messages]
    item: dict[str, Any] = {
        "sender": body.sender,
        "destinations": destinations,
        "content": _content(body, messages[0]),
    }
    beside: dict[str, Any] = {} if vendor else dict(per_request)
    options = _options(batch, settings)
    placed = _placed(batch, settings)
    if vendor:
        beside |= placed
    else:
        options |= placed
    return item | beside | ({"options": options} if options else {})


def _recipient(message: Message, slots: Sequence[str]) -> dict[str, str]:
    recipient = {"destination": message.address, "messageId": message.reference}
    if slots:
        recipient["placeholders"] = _string(dict(zip(slots, message.values, strict=True)))
    return recipient


def _content(body: Body, message: Message) -> dict[str, Any]:
    content = {"subject": body.subject}
    if body.html:
        content["html"] = body.html
    if body.text:
        content["text"] = body.text
    if body.headers:
        filled = {name: header_text(value, message, body.slots) for name, value in body.headers.items()}
        content["headers"] = _string(filled)
    return content


def _options(batch: Outgoing, settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.validity_minutes:
        options["validityPeriod"] = {"amount": settings.validity_minutes, "timeUnit": "MINUTES"}
    if batch.campaign_reference:
        options["campaignReferenceId"] = batch.campaign_reference
    return options


def _placed(batch: Outgoing, settings: Settings) -> dict[str, Any]:
    """The fields whose place the two layouts disagree on."""
    placed: dict[str, Any] = {}
    if settings.delivery_url:
        placed["webhooks"] = webhooks(batch, settings.delivery_url, settings.intermediate_reports)
    if settings.ip_pool:
        placed["ips"] = {"ipPoolId": settings.ip_pool}
    return placed


def _string(pairs: Mapping[str, str]) -> str:
    """A JSON object serialised into a string, as this API wants its maps."""
    return orjson.dumps(pairs).decode()
