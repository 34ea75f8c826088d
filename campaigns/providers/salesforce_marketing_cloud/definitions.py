"""Send definitions: what a send needs to know of one, and how it is offered for choosing (contract §4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.providers.base import Misconfigured
from campaigns.providers.remote import RemoteTemplate
from campaigns.states import Reason

PATH = "/messaging/v1/sms/definitions"
FRESH_SECONDS = 600.0  # a definition read longer ago is read again before it is sent with (rule 2)
PAGE_SIZE, MOST_PAGES = 50, 20
ACTIVE, DELETED = "active", "deleted"

PLACEHOLDER = re.compile(r"%%([A-Za-z0-9_ ]+)%%")
_SCRIPT = re.compile(r"%%\[.*?\]%%|%%=.*?=%%|<script.*?</script>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Definition:
    """`message` is None where the answer does not hold it, as in lists."""

    key: str
    name: str
    status: str
    message: str | None

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE

    @property
    def has_script(self) -> bool:
        """AMPscript decides the text, so nobody but Marketing Cloud knows it."""
        return bool(_SCRIPT.search(self.message or ""))

    def placeholders(self, profile: Collection[str]) -> tuple[str, ...]:
        """Names that need a value of ours: each once, without those that Marketing Cloud fills in by itself."""
        names = dict.fromkeys(PLACEHOLDER.findall(_SCRIPT.sub("", self.message or "")))
        return tuple(name for name in names if name not in profile)

    def as_template(self, profile: Collection[str]) -> RemoteTemplate:
        """As a campaign may choose it. The text is left out where it is not what would be sent."""
        names = self.placeholders(profile)
        text = self.message or ""
        known = not self.has_script and not set(PLACEHOLDER.findall(text)) - set(names)
        for name in names:
            text = text.replace(f"%%{name}%%", "{{" + name + "}}")
        return RemoteTemplate(
            self.key,
            self.name,
            "sms",
            placeholders=names,
            text=text if known else "",
            usable=self.is_active,
            note="" if self.is_active else self.status,
        )

    def require_sendable(self, names: Collection[str] | None, profile: Collection[str]) -> None:
        """Misconfigured when a send would wait or fail for everybody. `names`: the attributes that are sent with its
        own text; None when our text takes its place. (An inactive definition answers 202 and keeps the messages for
        three days.)"""
        if not self.is_active:
            text = f"The send definition “{self.key}” is {self.status or 'not active'}. Activate it in Marketing Cloud."
            raise Misconfigured(Reason.INVALID_CONTENT, text)
        if names is None:
            return
        missing = [name for name in self.placeholders(profile) if name not in names]
        if missing:
            text = f"The send definition “{self.key}” now also needs {', '.join(missing)}. Choose it again."
            raise Misconfigured(Reason.INVALID_CONTENT, text)


def definition_of(row: object) -> Definition:
    """A definition from an answer. ValueError when it is none. Case of the status differs between samples."""
    if not isinstance(row, Mapping) or not row.get("definitionKey"):
        raise ValueError("not a send definition")
    content = row.get("content")
    message = content.get("message") if isinstance(content, Mapping) else None
    return Definition(
        str(row["definitionKey"]),
        str(row.get("name") or row["definitionKey"]),
        str(row.get("status") or "").lower(),
        None if message is None else str(message),
    )


def page_of(answer: object) -> list[Definition]:
    """The definitions of one page of the list. ValueError when it is not in the vendor's form."""
    rows: Any = answer.get("definitions") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list):
        raise ValueError("not a list of send definitions")
    return [definition_of(row) for row in rows]
