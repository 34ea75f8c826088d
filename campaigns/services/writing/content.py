"""From a frozen version and the values of a person to the finished message: the same for preview, wire and ledger."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from campaigns.models import Dispatch, Recipient, TemplateVersion
from campaigns.providers.remote import Attachment
from campaigns.rendering import Content, Escape, compile_content
from console.models import Workspace
from contacts.models import FIXED_FIELDS, Contact, ContactField

UNSUBSCRIBE = "unsubscribe_url"
# Values that we make per message; they are never missing and never stored.
COMPUTED = (UNSUBSCRIBE,)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished message. SMS has `text` only. `values`: (the vendor's placeholder, its value) where the vendor
    holds the content; the texts are then empty unless the vendor tells them."""

    text: str
    subject: str = ""
    html: str = ""
    values: tuple[tuple[str, str], ...] = ()


def known_names(workspace: Workspace) -> list[str]:
    """What a template of this workspace may use, in the order it is offered."""
    own = ContactField.objects.filter(workspace=workspace).values_list("name", flat=True)
    return [*FIXED_FIELDS, *own, *COMPUTED]


PARTS = {"sms": ("text",), "email": ("subject", "text", "html")}
UNSUBSCRIBE_HEADER = "List-Unsubscribe"
# A part that is one value of a vendor's placeholder is named after it, behind this sign.
MAPPED = "="


def parts_of(channel: str, *, text: str, subject: str = "", html: str = "") -> dict[str, tuple[str, Escape]]:
    """The parts of a message and how values are escaped in each."""
    if channel == "sms":
        return {"text": (text, Escape.NONE)}
    return {"subject": (subject, Escape.LINE), "text": (text, Escape.NONE), "html": (html, Escape.HTML)}


def mapped_parts(channel: str, mapping: Mapping[str, str]) -> dict[str, tuple[str, Escape]]:
    """One part per placeholder of content that the vendor holds. In an email the value is escaped, because the
    vendor puts it into HTML as it is."""
    escape = Escape.HTML if channel == "email" else Escape.NONE
    return {MAPPED + name: (expression, escape) for name, expression in mapping.items()}


@lru_cache(maxsize=256)
def _compiled(version_id: int) -> Content:
    return _compile(TemplateVersion.objects.get(pk=version_id))


def _compile(version: TemplateVersion) -> Content:
    # Names were checked when the version was saved; a field removed since then only makes its value missing.
    parts = parts_of(version.channel, text=version.text, subject=version.subject, html=version.html)
    return compile_content({**parts, **mapped_parts(version.channel, version.mapping), **header_parts(version)}, None)


def header_parts(version: TemplateVersion) -> dict[str, tuple[str, Escape]]:
    """The link of an email's unsubscribe header, where its text has one. Content that the vendor holds has headers of
    its own."""
    if version.channel != "email" or version.remote_id or UNSUBSCRIBE not in version.names:
        return {}
    return {UNSUBSCRIBE_HEADER: (f"<{{{{ {UNSUBSCRIBE} }}}}>", Escape.LINE)}


def headers_of(content: Content) -> dict[str, str]:
    """Headers with which mail programs show a button that unsubscribes by one click (RFC 8058): the link is each
    person's own, and `campaigns.views.unsubscribe` takes its POST."""
    if UNSUBSCRIBE_HEADER not in content.parts:
        return {}
    return {
        UNSUBSCRIBE_HEADER: content.slotted(UNSUBSCRIBE_HEADER),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def compiled(version: TemplateVersion | int) -> Content:
    """The compiled content of a version. Cached by its id, because a version never changes; one that is not saved yet
    is compiled anew."""
    if isinstance(version, TemplateVersion) and version.pk is None:
        return _compile(version)
    return _compiled(version if isinstance(version, int) else version.pk)


@lru_cache(maxsize=16)
def _attachments(version_id: int) -> tuple[Attachment, ...]:
    found = TemplateVersion.attachments.through.objects.filter(templateversion_id=version_id).order_by("id")
    files = found.values_list("attachment__name", "attachment__content_type", "attachment__data", "attachment__inline")
    return tuple(Attachment(name, kind, bytes(data), inline) for name, kind, data, inline in files)


def attachments_of(version: TemplateVersion) -> tuple[Attachment, ...]:
    """The files that travel with a version; cached, because a lane asks for every batch."""
    return _attachments(version.pk) if version.channel == "email" and version.pk else ()


def forget() -> None:
    """Empty the caches of versions."""
    _compiled.cache_clear()
    _attachments.cache_clear()


def stored_names(content: Content, besides: Iterable[str] = ()) -> tuple[str, ...]:
    """Names whose values the ledger freezes: the text's, and those that the provider wants besides."""
    return tuple(dict.fromkeys(name for name in (*content.names, *besides) if name not in COMPUTED))


def required_names(content: Content) -> tuple[str, ...]:
    """Names without a default: a person without such a value is left out."""
    return tuple(name for name in content.required if name not in COMPUTED)


def row_of(contact: Contact) -> dict[str, Any]:
    """The raw field values of a contact, as `prepare` freezes them."""
    return {**contact.attributes, **{name: getattr(contact, name) for name in FIXED_FIELDS}}


def unsubscribe_token(dispatch: Dispatch, recipient_id: int) -> str:
    """Signs a recipient of a dispatch with the dispatch's own secret, so that rotating SECRET_KEY breaks no link
    that people have in their mailboxes."""
    mac = hmac.new(dispatch.secret.encode(), str(recipient_id).encode(), hashlib.sha256).hexdigest()[:20]
    return f"{dispatch.key}-{recipient_id}-{mac}"


def unsubscribe_url(dispatch: Dispatch, recipient_id: int) -> str:
    return f"{settings.PUBLIC_URL}/u/{unsubscribe_token(dispatch, recipient_id)}/"


def row_for_wire(dispatch: Dispatch, recipient_id: int, frozen: str, content: Content) -> Mapping[str, Any]:
    """The values of a ledger row, with the computed ones that the content uses."""
    row: dict[str, Any] = orjson.loads(frozen) if frozen else {}
    if UNSUBSCRIBE in content.names:
        row[UNSUBSCRIBE] = unsubscribe_url(dispatch, recipient_id)
    return row


def rendered(content: Content, channel: str, row: Mapping[str, Any]) -> Rendered:
    """The finished message. MissingValue when a required value is empty."""
    values = content.values(row)
    texts = {part: content.render(part, values) for part in PARTS[channel]}
    mapped = tuple((part[1:], content.render(part, values)) for part in content.parts if part.startswith(MAPPED))
    return Rendered(**texts, values=mapped)


def text_of(recipient: Recipient) -> Rendered:
    """Exactly what left for this person (or would have)."""
    dispatch = recipient.dispatch
    content = compiled(dispatch.version_id)
    return rendered(content, dispatch.channel, row_for_wire(dispatch, recipient.pk, recipient.values, content))


def preview(version: TemplateVersion, contact: Contact) -> Rendered:
    """What this contact would get. MissingValue names what is empty."""
    content = compiled(version)
    row = {**row_of(contact), UNSUBSCRIBE: f"{settings.PUBLIC_URL}/u/preview/"}
    return rendered(content, version.channel, row)
