"""The vendor's templates as an operator types them into the account: no call lists them (contract §2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from campaigns.providers.base import Channel, Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.remote import RemoteTemplate
from campaigns.states import Reason

TAG = re.compile(r"[A-Za-z0-9_]{1,64}")
_TAG_IN_TEXT = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_CHANNELS = {channel.value: channel for channel in Channel}
_NAME_LENGTH = 40
_HIGHEST_ID = 2**31 - 1


class BadLine(ValueError):
    """A line that describes no template. `problem` says why."""

    def __init__(self, text: str, line: str) -> None:
        super().__init__(text)
        self.problem = Problem(Reason.INVALID_CONTENT, text, "templates", {"line": line[:60]})


@lru_cache(maxsize=64)
def read(lines: str) -> tuple[RemoteTemplate, ...]:
    """The templates in the order of the lines: `id | channel | tags | text`. BadLine for the first that is wrong."""
    found: dict[str, RemoteTemplate] = {}
    for line in _lines(lines):
        template = _template(line)
        if template.id in found:
            raise BadLine(_("“%(line)s”: this template is named twice."), line)
        found[template.id] = template
    return tuple(found.values())


def problems(lines: str) -> list[Problem]:
    """What is wrong with the lines, for the account form."""
    try:
        read(lines)
    except BadLine as error:
        return [error.problem]
    return []


def find(lines: str, template_id: str, channel: Channel) -> RemoteTemplate | None:
    """The template of this id and channel; None when no line describes it."""
    try:
        return next((t for t in read(lines) if t.id == template_id and t.channel == channel), None)
    except BadLine:
        return None


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _template(line: str) -> RemoteTemplate:
    template_id, channel, tags, text = ([part.strip() for part in line.split("|", 3)] + [""] * 3)[:4]
    if not (template_id.isascii() and template_id.isdigit() and 0 < int(template_id) <= _HIGHEST_ID):
        raise BadLine(_("“%(line)s”: a line begins with the template's number."), line)
    if channel.lower() not in _CHANNELS:
        raise BadLine(_("“%(line)s”: the second part is sms or email; the API sends nothing else."), line)
    names = tuple(dict.fromkeys(tag.strip() for tag in tags.split(",") if tag.strip()))
    if not all(TAG.fullmatch(name) for name in names):
        raise BadLine(_("“%(line)s”: a tag has letters, digits and “_” only, at most 64."), line)
    text = _TAG_IN_TEXT.sub(r"{{\1}}", text)
    if unknown := set(_TAG_IN_TEXT.findall(text)) - set(names):
        raise BadLine(
            _("“%(line)s”: the text uses a tag that is not among the tags."), f"{sorted(unknown)[0]} · {line}"
        )
    return RemoteTemplate(str(int(template_id)), _name(template_id, names, text), channel.lower(), names, text)


def _name(template_id: str, names: tuple[str, ...], text: str) -> str:
    """What tells it apart in a list: the beginning of its text, else its tags."""
    about = text if len(text) <= _NAME_LENGTH else f"{text[: _NAME_LENGTH - 1].rstrip()}…"
    return " · ".join(part for part in (template_id, about or ", ".join(names)) if part)
