"""What a send looks like on the wire (contract §3.1, §10.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.providers.adapter import digits
from campaigns.providers.base import Body, Message

_SLOT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the recipients of a request share. `names`: the attributes, in the order of `Message.values`;
    `text`: what takes the place of the definition's text, "" = nothing. `shared`: attributes of the whole request."""

    definition_key: str
    names: tuple[str, ...] = ()
    text: str = ""
    resubscribe: bool = False
    shared: Mapping[str, str] = field(default_factory=dict)


def settings_of(body: Body, *, resubscribe: bool = False, shared: Mapping[str, str]) -> Settings:
    """A definition's own text with values for its placeholders, or ours with its slots as attributes."""
    if body.template_id:
        return Settings(body.template_id, body.names, resubscribe=resubscribe, shared=shared)
    text = _SLOT.sub(r"%%\1%%", body.text)
    return Settings(definition_key(body), body.slots, text, resubscribe, shared)


def definition_key(body: Body) -> str:
    """The definition that a campaign is sent with: its content, or the carrier of our own text."""
    return body.template_id or body.options.get("definition_key", "").strip()


def many(messages: Sequence[Message], settings: Settings) -> dict[str, Any]:
    """Body of `POST /messaging/v1/sms/messages/`. Only known keys: the vendor refuses any other (109122)."""
    body: dict[str, Any] = {
        "definitionKey": settings.definition_key,
        "recipients": [_recipient(message, settings) for message in messages],
        "subscriptions": {"resubscribe": settings.resubscribe},
    }
    if settings.text:
        body["content"] = {"message": settings.text}
    if settings.shared:
        body["attributes"] = dict(settings.shared)
    return body


def contact_key(message: Message) -> str:
    """Our contact's stable id, never the number (rule 4); a test to a typed address is a contact of its own."""
    return message.contact or message.reference


def _recipient(message: Message, settings: Settings) -> dict[str, Any]:
    row: dict[str, Any] = {
        "contactKey": contact_key(message),
        "to": digits(message.address),
        "messageKey": message.reference,
    }
    if settings.names:
        row["attributes"] = dict(zip(settings.names, message.values, strict=True))
    return row
