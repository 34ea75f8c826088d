"""Carries batches to a provider: an asyncio loop in a thread of its own, so that the lane's database work goes on
while answers are awaited. No database here."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import Future
from types import TracebackType

from campaigns.providers.base import MaybeSent, Missed, NotSent, Outgoing, Provider, ProviderError, Receipt
from campaigns.providers.batching import LATE
from campaigns.providers.wire import leave_by
from campaigns.states import Reason

# Python's threads give way after this long, not after 5 ms: a lane waits for the courier's thread after each of its
# statements, and sent 5 % less. Of the whole process, because Python knows no other.
SWITCH_SECONDS = 0.001

Answer = list[Receipt] | ProviderError


class Courier:
    """Context manager around one open provider. `send` may be called from any thread."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.missed = 0  # batches that missed their slot
        self._braked_until = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="courier", daemon=True)

    def __enter__(self) -> Courier:
        sys.setswitchinterval(SWITCH_SECONDS)
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

    def send(self, batch: Outgoing, leave_at: float | None = None) -> Future[Answer]:
        """Start sending, at `leave_at` (monotonic) where it has a slot in a rate limit; a batch that misses its slot
        stays here. The future never raises a ProviderError: it is the answer."""
        return asyncio.run_coroutine_threadsafe(self._send(batch, leave_at), self._loop)

    def brake(self, seconds: float) -> None:
        """The provider asks to wait: what has a slot in this time stays here."""
        self._braked_until = max(self._braked_until, time.monotonic() + seconds)

    async def _send(self, batch: Outgoing, leave_at: float | None) -> Answer:
        if leave_at is not None and not await self._is_in_time(leave_at):
            return Missed()
        if leave_at is not None:
            leave_by.set(leave_at + LATE)
        try:
            receipts = await self._provider.send(batch)
        except Missed as error:
            self.missed += 1
            return error
        except ProviderError as error:
            if isinstance(error, NotSent) and error.retry_after:
                self.brake(error.retry_after)
            return error
        except asyncio.CancelledError:
            return MaybeSent(Reason.NO_ANSWER, "The request was interrupted.")
        return receipts

    async def _is_in_time(self, leave_at: float) -> bool:
        await asyncio.sleep(max(0.0, leave_at - time.monotonic()))
        if time.monotonic() < self._braked_until:
            return False
        if time.monotonic() - leave_at <= LATE:
            return True
        self.missed += 1
        return False

    def _call(self, coroutine: object) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()  # type: ignore[arg-type]
