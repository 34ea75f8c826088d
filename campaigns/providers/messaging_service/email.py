"""The body of `POST /email/4/messages` (contract §3, §12.1, §12.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from campaigns.providers.base import Body, Message, Outgoing
from campaigns.providers.messaging_service.copies import copy_id
from campaigns.providers.messaging_service.errors import Layout
from campaigns.providers.messaging_service.timing import Window

VENDOR, SEED = "vendor", "seed"
MAX_ADDRESSES = 1000  # of to, cc and bcc in one request
# Content that differs from person to person (headers with values) travels once for each of them; requests
# are cut so that one stays about this long.
_REQUEST_BYTES = 4 * 1024 * 1024
SLOT = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")

# `attachments` and `inlineImages` of a content, as the request carries them.
Files = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What account and campaign add. `layout`: where `replyTo` and `webhooks` stand (contract §3.10)."""

    layout: str = VENDOR
    delivery_url: str = ""
    events_url: str = ""
    intermediate_reports: bool = False
    track_opens: bool = False
    track_clicks: bool = False
    pixel: str = ""
    validity_minutes: int | None = None
    window: Window | None = None
    send_at: str = ""
    client_priority: str = ""
    ip_pool: str = ""
    platform: Mapping[str, str] = field(default_factory=dict)
    skip_storage: bool = False
    mask_values: bool = False
    landing_page: str = ""
    template_version: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    amp: str = ""

    @property
    def copies(self) -> int:
        """Addresses besides its own that each message goes to."""
        return len(self.cc) + len(self.bcc)


def content_repeats(body: Body) -> bool:
    """True when the content differs from person to person, so that a request carries it once for each."""
    return any(SLOT.search(value) for value in body.headers.values())


def headers_for_all(body: Body) -> dict[str, str]:
    """The headers without the one-click link, which is each person's own."""
    one_click = ("list-unsubscribe", "list-unsubscribe-post")
    return {name: value for name, value in body.headers.items() if name.lower() not in one_click}


def names_of(body: Body) -> tuple[str, ...]:
    """What the values of a message are called on the wire."""
    return body.names if body.template_id else body.slots


def parts_of(batch: Outgoing, settings: Settings, files: Files) -> list[Sequence[Message]]:
    """The batch cut into requests: one, unless copies or repeated content would make it too large."""
    size = MAX_ADDRESSES // (1 + settings.copies)
    if content_repeats(batch.body):
        content = len(batch.body.html.encode()) + len(batch.body.text.encode()) + len(settings.amp.encode())
        content += sum(len(value) for items in files.values() for item in items for value in item.values())
        size = min(size, max(1, _REQUEST_BYTES // (content + 1024)))
    return [batch.messages[at : at + size] for at in range(0, len(batch.messages), size)]


def request(
    batch: Outgoing, messages: Sequence[Message], bulk_id: str, settings: Settings, files: Files
) -> tuple[dict[str, Any], Layout]:
    """The body for `messages` of a batch, and which of them stands where in it."""
    groups = [[m] for m in messages] if content_repeats(batch.body) else [list(messages)]
    items = [_item(batch, group, settings, files) for group in groups]
    schedule = {"bulkId": bulk_id} | ({"sendAt": settings.send_at} if settings.send_at else {})
    options: dict[str, Any] = {"schedule": schedule, "tracking": _tracking(settings)}
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


def options_of(
    batch: Outgoing, validity: int | None, window: Window | None, platform: Mapping[str, str]
) -> dict[str, Any]:
    """`messages[].options` that email and SMS share (contract §3.7)."""
    options: dict[str, Any] = {}
    if validity:
        options["validityPeriod"] = {"amount": validity, "timeUnit": "MINUTES"}
    if batch.campaign_reference:
        options["campaignReferenceId"] = batch.campaign_reference
    if window:
        options["deliveryTimeWindow"] = window.on_the_wire()
    if platform:
        options["platform"] = dict(platform)
    return options


def header_text(value: str, message: Message, slots: Sequence[str]) -> str:
    """A header with its slots filled: the vendor fills them in subject and bodies only."""
    values = dict(zip(slots, message.values, strict=False))
    return SLOT.sub(lambda match: values.get(match[1], match[0]), value)


def _tracking(settings: Settings) -> dict[str, Any]:
    tracking: dict[str, Any] = {"trackOpens": settings.track_opens, "trackClicks": settings.track_clicks}
    if settings.events_url:
        tracking["trackingUrl"] = settings.events_url
    if settings.pixel:
        tracking["trackingPixelPosition"] = settings.pixel
    return tracking


def _item(batch: Outgoing, messages: Sequence[Message], settings: Settings, files: Files) -> dict[str, Any]:
    body = batch.body
    per_request: dict[str, Any] = {"preserveRecipients": False}
    if body.reply_to:
        per_request["replyTo"] = body.reply_to
    vendor = settings.layout == VENDOR
    destinations = [_destination(m, body, settings) | (per_request if vendor else {}) for m in messages]
    item: dict[str, Any] = {"sender": body.sender} if body.sender else {}
    item |= {"destinations": destinations, "content": _content(body, messages[0], settings) | dict(files)}
    beside: dict[str, Any] = {} if vendor else dict(per_request)
    options = options_of(batch, settings.validity_minutes, settings.window, settings.platform)
    placed = _placed(batch, settings)
    if vendor:
        beside |= placed
    else:
        options |= placed
    if settings.mask_values and names_of(body):
        beside["placeholdersMasking"] = [{"name": name} for name in names_of(body)]
    return item | beside | ({"options": options} if options else {})


def _destination(message: Message, body: Body, settings: Settings) -> dict[str, Any]:
    recipient = {"destination": message.address, "messageId": message.reference}
    names = names_of(body)
    if names:
        recipient["placeholders"] = _string(dict(zip(names, message.values, strict=True)))
    destination = {"to": [recipient]}
    number = 0
    for role, addresses in (("cc", settings.cc), ("bcc", settings.bcc)):
        for address in addresses:
            number += 1
            copy = recipient | {"destination": address, "messageId": copy_id(message.reference, number)}
            destination.setdefault(role, []).append(copy)
    return destination


def _content(body: Body, message: Message, settings: Settings) -> dict[str, Any]:
    texts = {
        "subject": body.subject,
        "html": body.html,
        "text": body.text,
        "ampHtml": settings.amp if body.html else "",
    }
    content: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if body.template_id:
        content["templateId"] = body.template_id
        if settings.template_version:
            content["templateLanguageVersion"] = settings.template_version
    if body.headers:
        filled = {name: header_text(value, message, names_of(body)) for name, value in body.headers.items()}
        content["headers"] = _string(filled)
    if settings.landing_page:
        content["optoutLandingPageId"] = settings.landing_page
    return content


def _placed(batch: Outgoing, settings: Settings) -> dict[str, Any]:
    """The fields whose place the two layouts disagree on."""
    placed: dict[str, Any] = {}
    if settings.delivery_url:
        placed["webhooks"] = webhooks(batch, settings.delivery_url, settings.intermediate_reports)
    if settings.ip_pool:
        placed["ips"] = {"ipPoolId": settings.ip_pool}
    if settings.skip_storage:
        placed["storage"] = {"skipActive": True, "skipPassive": True}
    return placed


def _string(pairs: Mapping[str, str]) -> str:
    """A JSON object serialised into a string, as this API wants its maps."""
    return orjson.dumps(pairs).decode()
