"""A webhook endpoint in a thread: keeps what it is sent and answers as told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web


class Receiver:
    """Listens on a free port of the loopback interface. `statuses` are the next answers, then 200; every answer has
    `body` and comes after `delay` seconds."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Any]] = []
        self.content_types: set[str] = set()
        self.raw: list[tuple[dict[str, str], bytes]] = []  # headers (names in lower case) and body of every post
        self.statuses: deque[int] = deque()
        self.body, self.delay = b"", 0.0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/{path}"

    def at(self, path: str) -> list[Any]:
        """The bodies posted to `path`, in order of arrival."""
        return [body for where, body in self.received if where == path]

    def clear(self) -> None:
        self.received.clear()
        self.content_types.clear()
        self.raw.clear()
        self.statuses.clear()
        self.body, self.delay = b"", 0.0

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self._serve())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())

    async def _serve(self) -> web.ServerRunner:
        runner = web.ServerRunner(web.Server(self._receive, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._port = runner.addresses[0][1]
        return runner

    async def _receive(self, request: web.BaseRequest) -> web.Response:
        raw = await request.read()
        self.raw.append(({name.lower(): value for name, value in request.headers.items()}, raw))
        form = request.content_type == "application/x-www-form-urlencoded"
        body = dict(parse_qsl(raw.decode())) if form else json.loads(raw)
        self.content_types.add(request.content_type)
        self.received.append((request.path.removeprefix("/"), body))
        if self.delay:
            await asyncio.sleep(self.delay)
        return web.Response(status=self.statuses.popleft() if self.statuses else 200, body=self.body)
