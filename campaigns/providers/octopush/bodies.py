"""What requests look like on the wire (contract §3.2, §4, §6, §10). Unset optional fields are left out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.providers.base import Body, Message
from campaigns.providers.octopush import fields, placeholders

_TRUE = frozenset({"true", "on", "yes", "1"})
_PURPOSES = {"marketing": "wholesale", "service": "alert"}
# The vendor's own value where a flag is not said.
_FLAGS: Mapping[str, bool] = {
    "with_replies": False,
    "auto_optimize_text": True,
    "auto_remove_blacklisted_numbers": False,
}


@dataclass(frozen=True, slots=True)
class Part:
    """The people of one request: all get `text`, with their own values where `slots` are named."""

    text: str
    messages: Sequence[Message]
    slots: tuple[str, ...] = ()


def answer(body: Body, name: str) -> str:
    """A delivery option of the campaign; the field's default where nothing was answered."""
    given = str(body.options.get(name) or "").strip()
    return given or next(field.default for field in fields.MESSAGE_FIELDS if field.name == name)


def flag(body: Body, name: str) -> bool:
    return answer(body, name).lower() in _TRUE


def parts_of(body: Body, messages: Sequence[Message]) -> list[Part]:
    """The requests that a batch becomes: one with placeholders, and one for each finished text that it cannot express
    (more than seven placeholders, a value that is empty or too long)."""
    template = placeholders.theirs(body)
    shared = [message for message in messages if template and placeholders.fits(message)]
    parts = [Part(template, shared, body.slots)] if shared else []
    there = {message.reference for message in shared}
    by_text: dict[str, list[Message]] = {}
    for message in messages:
        if message.reference not in there:
            by_text.setdefault(message.text, []).append(message)
    return parts + [Part(text, people) for text, people in by_text.items()]


def request_id(key: str, part: Part) -> str:
    """The vendor's idempotency key of one request of a batch: made of the batch's key and of who is told what, so that
    the same request has the same key whenever it is made again, and no other request has it. 36 characters, the most
    that we use (§11.16)."""
    said = "\n".join([part.text, *(message.address for message in part.messages)])
    return str(uuid.uuid5(uuid.UUID(key), said))


def direct(body: Body, part: Part, key: str) -> dict[str, Any]:
    """Body of `POST /sms-campaign/send`."""
    return {
        "recipients": [placeholders.contact(message, part.slots) for message in part.messages],
        **_content(body, part.text, key),
    }


def on_list(body: Body, kind: str, name: str, key: str) -> dict[str, Any]:
    """Body of `POST /sms-campaign-on-…/create`."""
    return {f"{kind}_name": name, **_content(body, placeholders.theirs(body), key)}


def upload(body: Body, kind: str, name: str, messages: Sequence[Message]) -> dict[str, Any]:
    """Body of `POST /contact/create`. Our values win over what is there: they are the master."""
    found: dict[str, Any] = {f"{kind}_name": name, "do_not_overwrite": False}
    if flag(body, "auto_remove_blacklisted_numbers"):
        found["auto_remove_blacklisted_numbers"] = True
    found["contacts"] = [placeholders.contact(message, body.slots) for message in messages]
    return found


def _content(body: Body, text: str, key: str) -> dict[str, Any]:
    """What both kinds of campaign say about their message."""
    found: dict[str, Any] = {
        "text": text,
        "type": answer(body, "type"),
        "purpose": _PURPOSES.get(body.purpose, "wholesale"),
    }
    if body.sender:
        found["sender"] = body.sender
    for name, default in _FLAGS.items():
        if (value := flag(body, name)) is not default:
            found[name] = value
    return found | {"request_id": key}
