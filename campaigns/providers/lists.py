"""Campaigns on a list that the vendor holds (`Capabilities.remote_lists`): what an adapter offers for them.

Two phases make them safe: contacts are brought to a list of ours, a campaign on it is created and computed, and only
`launch` lets anything leave. Everything before it can be repeated. A campaign chooses it by its delivery option `mode`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol, Self, runtime_checkable

from campaigns.providers.base import Body, Message, Refused

LIST, TAG = "list", "tag"
# The delivery option that chooses: "direct", or one of `ListProvider.list_kinds`.
MODE = "mode"


class ListGone(Refused):
    """The list does not exist (any more): bring the contacts there again."""


class Stage(StrEnum):
    COMPUTING = "computing"
    READY = "ready"
    FAILED = "failed"
    SENT = "sent"
    GONE = "gone"  # the vendor does not know it


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the vendor is with a campaign. `count` (people) and `cost` (euros) are known when it is READY."""

    stage: Stage
    count: int | None = None
    cost: Decimal | None = None
    text: str = ""


@runtime_checkable
class ListProvider(Protocol):
    """The calls, in their order. All but `launch` raise NotSent for whatever may be tried again."""

    list_kinds: ClassVar[tuple[str, ...]]
    upload_chunk: ClassVar[int]  # contacts that one `upload` takes

    def can_remove(self, kind: str) -> bool:
        """Whether single people can be taken off again; else they are brought to a fresh list without them."""
        ...

    async def open_list(self, kind: str, name: str) -> None:
        """Make sure that the list is there."""
        ...

    async def upload(self, kind: str, name: str, body: Body, messages: Sequence[Message]) -> None:
        """Bring people there with their values; harmless to repeat. ListGone when the list is not there."""
        ...

    async def remove(self, kind: str, name: str, addresses: Sequence[str]) -> None:
        """Take people off the list; those who are not on it do not matter."""
        ...

    async def create(self, kind: str, name: str, body: Body, key: str) -> str:
        """The ticket of a new campaign; "" when one was made with this `key` (at most 36 characters) before and its
        ticket cannot be told. ListGone when the list is not there."""
        ...

    async def progress(self, ticket: str) -> Progress: ...
    async def launch(self, kind: str, ticket: str) -> None:
        """Let it go. MaybeSent is settled by `progress`: READY means that it did not go."""
        ...

    async def abandon(self, ticket: str) -> None:
        """Withdraw a campaign that was not launched."""
        ...

    async def funds(self) -> Decimal | None:
        """Money left on the account, None where that is not known."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
