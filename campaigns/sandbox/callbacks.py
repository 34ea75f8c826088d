"""The vendors' calls to the client's webhooks: a bounded number at a time, kept-alive connections, retries, and
a list of what could not be delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from campaigns.sandbox.clock import Agenda, Clock

CONCURRENCY = 32  # posts in flight at once, all vendors together
REMEMBERED_BODY = 4000  # characters of an undelivered body that the list keeps

RetryDelay = Callable[[int], float | None]
"""Virtual seconds before the n-th retry (n from 1), or None to give up."""


def only_200(status: int) -> bool:
    return status == 200


@dataclass(frozen=True)
class Manners:
    """How a vendor posts. accepts: the HTTP statuses that it takes for "delivered". headers: beside the JSON content
    type, or instead of it. sign: the headers that depend on the body. timeout: real seconds, where the vendor has
    its own patience. inspect: told of every answer its status (0 = none in time), its body and how many real seconds
    it took."""

    accepts: Callable[[int], bool] = only_200
    headers: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], Mapping[str, str]] | None = None
    timeout: float | None = None
    inspect: Callable[[int, bytes, float], None] | None = None

    def headers_of(self, body: bytes) -> dict[str, str]:
        return {**self.headers, **(self.sign(body) if self.sign is not None else {})}


PLAIN = Manners()


class Post:
    """One callback. The body is rendered when it goes out, so that a million waiting ones stay small."""

    __slots__ = ("attempts", "due", "kind", "manners", "render", "retry_delay", "url", "vendor")

    def __init__(
        self,
        vendor: str,
        kind: str,
        url: str,
        render: Callable[[], bytes],
        retry_delay: RetryDelay,
        due: float,
        manners: Manners = PLAIN,
    ) -> None:
        self.vendor, self.kind, self.url, self.render, self.retry_delay = vendor, kind, url, render, retry_delay
        self.due, self.manners, self.attempts = due, manners, 0


class Courier:
    """Posts callbacks, as JSON where a vendor's manners say nothing else. What answer within the timeout counts as
    delivered is the vendor's."""

    def __init__(self, clock: Clock, agenda: Agenda, report_error: Callable[[BaseException], None]) -> None:
        self._clock, self._agenda, self._report_error = clock, agenda, report_error
        self._queue: asyncio.Queue[Post] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self._generation = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.timeout = 5.0
        self.clear()

    def clear(self) -> None:
        """Forget what waits, is under way or failed, and start counting afresh."""
        self._generation += 1
        while not self._queue.empty():
            self._queue.get_nowait()
        self._waiting = 0
        self.delivered = self.failed_attempts = 0
        self.undelivered: list[dict[str, Any]] = []
        self._quiet.set()

    @property
    def waiting(self) -> int:
        """Posts queued or in flight."""
        return self._waiting

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(limit=CONCURRENCY)
        self._session = aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"})
        self._workers = [asyncio.create_task(self._work(self._session)) for _ in range(CONCURRENCY)]

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(
        self,
        vendor: str,
        kind: str,
        url: str,
        renders: Iterable[Callable[[], bytes]],
        retry_delay: RetryDelay,
        due: float,
        manners: Manners = PLAIN,
    ) -> None:
        """Queue one post for every body in `renders`. `due` is the virtual time they were to go out."""
        for render in renders:
            self._put(Post(vendor, kind, url, render, retry_delay, due, manners))

    async def ask(self, url: str, body: bytes, timeout: float) -> int | None:
        """Post once and wait for it: the HTTP status of the answer, None when there was none in time."""
        if self._session is None:
            return None
        patience = aiohttp.ClientTimeout(total=timeout)
        try:
            async with self._session.post(url, data=body, allow_redirects=False, timeout=patience) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def idle(self, timeout: float) -> bool:
        """Wait until nothing is queued or in flight; False when that took more than `timeout` seconds."""
        try:
            await asyncio.wait_for(self._quiet.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def _put(self, post: Post) -> None:
        self._waiting += 1
        self._quiet.clear()
        self._queue.put_nowait(post)

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            post = await self._queue.get()
            generation = self._generation
            try:
                problem = await self._attempt(session, post)
                if generation == self._generation:
                    self._settle(post, problem)
            except Exception as error:  # a body that cannot be rendered must not end the worker
                self._report_error(error)
            finally:
                if generation == self._generation:
                    self._waiting -= 1
                    if not self._waiting:
                        self._quiet.set()

    async def _attempt(self, session: aiohttp.ClientSession, post: Post) -> str | None:
        """Post once; what went wrong, or None."""
        manners, body, started = post.manners, post.render(), time.monotonic()
        try:
            async with session.post(
                post.url,
                data=body,
                headers=manners.headers_of(body),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=manners.timeout or self.timeout),
            ) as response:
                answer = await response.read()
                if manners.inspect is not None:
                    manners.inspect(response.status, answer, time.monotonic() - started)
                return None if manners.accepts(response.status) else f"HTTP {response.status}"
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            if post.manners.inspect is not None and isinstance(error, TimeoutError):
                post.manners.inspect(0, b"", time.monotonic() - started)
            return f"{type(error).__name__}: {error}"
        finally:
            post.attempts += 1
            post.due += (time.monotonic() - started) * self._clock.speed

    def _settle(self, post: Post, problem: str | None) -> None:
        if problem is None:
            self.delivered += 1
            return
        self.failed_attempts += 1
        delay = post.retry_delay(post.attempts)
        if delay is not None:
            post.due += delay
            self._agenda.at(post.due, self._put, post)
            return
        self.undelivered.append(
            {
                "vendor": post.vendor,
                "kind": post.kind,
                "url": post.url,
                "attempts": post.attempts,
                "error": problem,
                "at": round(self._clock.now(), 3),
                "body": post.render().decode()[:REMEMBERED_BODY],
            }
        )
