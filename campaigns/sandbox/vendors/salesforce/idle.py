"""Connections that are closed after a short idleness, as the real service does (contract §1)."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from campaigns.sandbox.wire import Call


class IdleConnections:
    """`used` notes every request; `close_after` ends the connection of one once it has been quiet for so long."""

    def __init__(self) -> None:
        self._last_use: WeakKeyDictionary[asyncio.Transport, float] = WeakKeyDictionary()

    def used(self, call: Call) -> None:
        if call.request.transport is not None:
            self._last_use[call.request.transport] = asyncio.get_running_loop().time()

    def close_after(self, call: Call, seconds: float) -> None:
        """Real seconds."""
        if call.request.transport is not None:
            asyncio.get_running_loop().call_later(seconds, self._look, call.request.transport, seconds)

    def _look(self, transport: asyncio.Transport, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        left = self._last_use.get(transport, 0.0) + seconds - loop.time()
        if left <= 0:
            transport.close()
        else:
            loop.call_later(left, self._look, transport, seconds)
