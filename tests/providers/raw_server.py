"""A server of bare sockets, for what no HTTP library can be asked to do: hang, break off, close without a word."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Behaviour = Callable[["RawServer", Reader, Writer], Awaitable[None]]


@dataclass
class RawServer:
    """`requests` that were read completely, `connections` that were opened."""

    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0

    async def read(self, reader: Reader) -> tuple[str, bytes]:
        """One request: its head as text, and its body."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next((int(v) for k, _, v in _headers(head) if k.lower() == "content-length"), 0)
        request = head, await reader.readexactly(length)
        self.requests.append(request)
        return request


def _headers(head: str) -> list[tuple[str, str, str]]:
    return [line.partition(": ") for line in head.split("\r\n")[1:] if line]


def answer(status: str = "200 OK", body: bytes = b"{}", headers: str = "", length: int | None = None) -> bytes:
    """An HTTP answer; `length` lies about the body's."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body


def reset(writer: Writer) -> None:
    """Closes with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def answering(*answers: bytes) -> Behaviour:
    """Answers the requests of every connection in turn; the last answer repeats."""
    waiting = list(answers)

    async def behave(server: RawServer, reader: Reader, writer: Writer) -> None:
        while True:
            await server.read(reader)
            writer.write(waiting.pop(0) if len(waiting) > 1 else waiting[0])
            await writer.drain()

    return behave


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[RawServer]:
    """A server on a free port of the loopback whose connections all behave so."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        try:
            await behave(server, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    server = RawServer(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
