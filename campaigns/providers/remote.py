"""What a vendor keeps for us or tells us on request: stored content, tickets, events to fetch, access tokens.

Pure, like `base`: no Django, no settings, no models.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RemoteTemplate:
    """Content that the vendor holds: a definition, a template, a flow.

    `id` is what a send names. `text`, `subject` and `html` are empty where the vendor does not tell them; otherwise
    they hold each of `placeholders` as `{{name}}`, whatever the vendor's own way of writing it.
    `usable` False: it exists, but a send would be refused or would wait; `note` is the vendor's word for why.
    """

    id: str
    name: str
    channel: str
    placeholders: tuple[str, ...] = ()
    text: str = ""
    subject: str = ""
    html: str = ""
    usable: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with an email. `inline`: shown in the HTML, where `cid:<name>` stands for it."""

    name: str
    content_type: str
    data: bytes
    inline: bool = False


class Course(StrEnum):
    """How far the vendor is with a ticket, which stands for all messages of one request."""

    OPEN = "open"  # ask again
    DONE = "done"  # handed on; the vendor will not tell more
    FAILED = "failed"  # none of its messages will leave
    UNCLEAR = "unclear"  # some may have left; a person decides
    MISSING = "missing"  # the vendor does not know it: not yet, or not any more


@dataclass(frozen=True, slots=True)
class Followed:
    """The answer about one ticket. `text` and `code` are the vendor's words.

    template_id, people: what was sent and to how many, where the vendor tells ("" and None where not): an id that a
    person typed may be another request's. due_at: when the vendor will send, for a request that it keeps until then.
    """

    ticket: str
    course: Course
    code: str = ""
    text: str = ""
    template_id: str = ""
    people: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A request, or a part of one, that the vendor keeps until `send_at`. `id` and `status` are the vendor's."""

    id: str
    status: str
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """What the vendor says of one number. `active`: it belongs to a carrier's mobile range, which does not mean that
    a phone answers. `carrier` and `country` are empty where the vendor does not know them."""

    address: str
    active: bool
    carrier: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class RemoteCampaign:
    """A campaign in the vendor's register; messages are filed under its `alias`."""

    id: int
    name: str
    alias: str


class CampaignRegister(Protocol):
    """The vendor's register of campaigns. It sends nothing; every call may raise a ProviderError."""

    async def everything(self) -> list[RemoteCampaign]: ...
    async def get(self, campaign_id: int) -> RemoteCampaign | None: ...
    async def create(self, name: str, alias: str = "") -> RemoteCampaign: ...
    async def change(self, campaign_id: int, name: str, alias: str = "") -> RemoteCampaign: ...
    async def delete(self, campaign_id: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds that it lives from now."""

    value: str
    seconds: float


Renew = Callable[[], Awaitable[Token]]


class TokenStore(Protocol):
    """Where the access token of one account is kept, for all processes."""

    async def token(self, renew: Renew, *, margin: float = 120.0, refused: str = "") -> str:
        """A token that lives at least `margin` seconds more and is not `refused`; only one caller at a time renews."""
        ...


class LocalTokens:
    """A `TokenStore` of this process alone: for tools and tests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._value, self._until = "", 0.0

    async def token(self, renew: Renew, *, margin: float = 120.0, refused: str = "") -> str:
        async with self._lock:
            if not self._value or self._value == refused or self._until - self._clock() < margin:
                made = await renew()
                self._value, self._until = made.value, self._clock() + made.seconds
            return self._value


def filled(text: str, names: Sequence[str], values: Sequence[str]) -> str:
    """`text` of a remote template with each `{{name}}` replaced by its value."""
    for name, value in zip(names, values, strict=True):
        text = text.replace("{{" + name + "}}", value)
    return text
