"""One call to the vendor of an account that keeps lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from campaigns.models import ProviderAccount
from campaigns.providers.lists import ListProvider
from campaigns.services.connecting import accounts

T = TypeVar("T")


def ask(account: ProviderAccount, call: Callable[[ListProvider], Awaitable[T]]) -> T:
    """The answer of `call`. Raises ProviderError, or crypto.WrongKey when the credentials cannot be read."""

    async def run() -> T:
        async with _provider(account) as provider:
            return await call(provider)

    return asyncio.run(run())


def chunk_of(account: ProviderAccount) -> int:
    """Contacts that one upload takes."""
    return _provider(account).upload_chunk


def can_remove(account: ProviderAccount, kind: str) -> bool:
    """Whether single people can be taken off a list (or tag) again."""
    return _provider(account).can_remove(kind)


def _provider(account: ProviderAccount) -> ListProvider:
    # `Capabilities.remote_lists` promises it.
    return cast(ListProvider, accounts.open_provider(account, connections=2))
