"""Carries batches to a provider: an asyncio loop in a thread of its own, so that the lane's database work goes on
while answers are awaited. No database here."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType

from campaigns.providers.base import MaybeSent, Outgoing, Provider, ProviderError, Receipt
from campaigns.states import Reason

Answer = list[Receipt] | ProviderError


class Courier:
    """Context manager around one open provider. `send` may be called from any thread."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="courier", daemon=True)

    def __enter__(self) -> Courier:
        self._thread.start()
        self._call(self._provider.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._provider.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, batch: Outgoing, delay: float = 0.0) -> Future[Answer]:
        """Start sending after `delay` seconds. The future never raises a ProviderError: it is the answer."""
        return asyncio.run_coroutine_threadsafe(self._send(batch, delay), self._loop)

    async def _send(self, batch: Outgoing, delay: float) -> Answer:
        if delay > 0:
            await asyncio.sleep(delay)
        try:
            receipts = await self._provider.send(batch)
        except ProviderError as error:
            return error
        except asyncio.CancelledError:
            return MaybeSent(Reason.NO_ANSWER, "The request was interrupted.")
        return receipts

    def _call(self, coroutine: object) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()  # type: ignore[arg-type]
