"""Email replies, which arrive as forms with files (contract §9.4)."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message as Part
from email.policy import HTTP
from email.utils import parseaddr

import orjson

from campaigns.providers.adapter import event_id
from campaigns.providers.base import Channel, Event, EventKind, Hook


def parse_form(hook: Hook) -> list[Event]:
    """The reply in a `multipart/form-data` callback. ValueError when it is none. Attachments are left out."""
    fields = _fields(hook)
    if "from" not in fields:
        raise ValueError("no sender in the form")
    return [
        Event(
            EventKind.REPLY,
            event_id("in", fields.get("id", ""), dict(fields)),
            address=_sender(fields),
            text=fields.get("text") or fields.get("subject", ""),
            channel=Channel.EMAIL,
        )
    ]


def _fields(hook: Hook) -> dict[str, str]:
    content_type = hook.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise ValueError("not a form with files")
    form = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + hook.body, policy=HTTP)
    if not form.is_multipart():
        raise ValueError("an unreadable form")
    found: dict[str, str] = {}
    for part in form.get_payload():
        if isinstance(part, Part) and part.get_filename() is None:
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(payload, bytes):
                found[name] = payload.decode(part.get_content_charset("utf-8"), "replace").strip("\r\n")
    return found


def _sender(fields: dict[str, str]) -> str:
    """The envelope's sender when it is given: the `From` line may name anybody."""
    try:
        envelope = orjson.loads(fields.get("envelope", ""))
    except ValueError:
        envelope = None
    sender = envelope.get("from") if isinstance(envelope, dict) else None
    return parseaddr(str(sender or fields["from"]))[1].lower()
