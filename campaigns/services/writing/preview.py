"""What one person would get, with the filled-in values marked; and who is worth looking at before sending.

The text is made by the same compiled content that `prepare` and the lanes use, so a preview cannot differ from
what leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from campaigns.content.filters import as_text, pipeline
from campaigns.models import TemplateVersion
from campaigns.rendering import Content, MissingValue, compile_content, parse
from campaigns.services.writing import content
from campaigns.services.writing.content import Rendered
from contacts.models import Contact

_LINK = re.compile(r"https?://\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE)
_AFTER_LINK = ".,;:!?)”"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a finished text. `kind`: "text", "value" (came from the person) or "link"."""

    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Preview:
    """`rendered` is None when `missing` names the values without which this person is left out.
    `defaults`: fields that are empty, so that the default stands in the text. `pieces`: the text, cut."""

    contact: Contact | None
    rendered: Rendered | None
    missing: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()


def of_version(version: TemplateVersion, contact: Contact | None) -> Preview:
    """What `contact` gets of a stored version. Without a contact every field shows its own name."""
    return _preview(content.compiled(version), version.channel, version.text, contact)


def of_source(channel: str, contact: Contact | None, *, text: str, subject: str = "", html: str = "") -> Preview:
    """The same of sources that are not stored yet; they must compile (TemplateError)."""
    parts = content.parts_of(channel, text=text, subject=subject, html=html)
    return _preview(compile_content(parts, None), channel, text, contact)


def filled(text: str, contact: Contact | None) -> str:
    """A line of text (a preheader) with the values of `contact`; it must compile. Missing values stay gaps."""
    template = parse(text, None)
    return "".join(piece.text for piece in _pieces(text, row_of(contact, template.names)))


def row_of(contact: Contact | None, names: tuple[str, ...]) -> dict[str, Any]:
    """The values a preview fills in; "[points]" stands for the field of nobody."""
    row = content.row_of(contact) if contact else {name: f"[{name}]" for name in names}
    return {**row, content.UNSUBSCRIBE: f"{settings.PUBLIC_URL}/u/preview/"}


def empty_fields(compiled: Content, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of the content that have no value in `row`: where the default stands."""
    return tuple(name for name in compiled.names if as_text(row.get(name)) is None)


def _preview(compiled: Content, channel: str, text: str, contact: Contact | None) -> Preview:
    row = row_of(contact, compiled.names)
    try:
        rendered = content.rendered(compiled, channel, row)
    except MissingValue as error:
        return Preview(contact, None, missing=error.names)
    return Preview(contact, rendered, defaults=empty_fields(compiled, row), pieces=tuple(_pieces(text, row)))


def _pieces(text: str, row: Mapping[str, Any]) -> Iterator[Piece]:
    for piece in parse(text, None).pieces:
        if isinstance(piece, str):
            yield from _links(piece)
        else:
            yield Piece(pipeline(piece.calls)(row.get(piece.name)) or "", "value")


def _links(text: str) -> Iterator[Piece]:
    at = 0
    for found in _LINK.finditer(text):
        link = found[0].rstrip(_AFTER_LINK)
        if found.start() > at:
            yield Piece(text[at : found.start()])
        yield Piece(link, "link")
        at = found.start() + len(link)
    if at < len(text):
        yield Piece(text[at:])
