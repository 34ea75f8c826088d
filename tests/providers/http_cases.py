"""An HTTP client against a server of bare sockets, and the ways such a server can fail it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from campaigns.providers.base import Misconfigured, NotSent, ProviderError
from campaigns.providers.http import HttpClient, Verdict
from campaigns.states import Reason
from tests.providers.raw_server import Behaviour, RawServer, Reader, Writer, answer, reset, serving

STATUSES = {
    401: Verdict(Misconfigured, Reason.AUTH),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
    503: Verdict(NotSent, Reason.PROVIDER_DOWN),
}
Use = Callable[[HttpClient, RawServer], Awaitable[Any]]


def with_server(behave: Behaviour, use: Use, **options: Any) -> Any:
    """The result of `use(client, server)` against a server that behaves so."""

    async def run() -> Any:
        async with serving(behave) as server, HttpClient(server.url, allow_private=True, **options) as client:
            return await use(client, server)

    return asyncio.run(run())


def error_of(behave: Behaviour, *, method: str = "POST", safe: bool = False, **options: Any) -> ProviderError:
    """The error of one call against such a server."""

    async def use(client: HttpClient, server: RawServer) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            await client.call(method, "/send", STATUSES, safe=safe, body={"a": 1} if method == "POST" else None)
        return caught.value

    return with_server(behave, use, **options)


async def hang(server: RawServer, reader: Reader, writer: Writer) -> None:
    await server.read(reader)
    await asyncio.sleep(30)


async def close_after_reading(server: RawServer, reader: Reader, writer: Writer) -> None:
    await server.read(reader)


async def reset_after_reading(server: RawServer, reader: Reader, writer: Writer) -> None:
    await server.read(reader)
    reset(writer)


async def break_off(server: RawServer, reader: Reader, writer: Writer) -> None:
    await server.read(reader)
    writer.write(answer(body=b'{"id": ', length=4000))
    await writer.drain()
