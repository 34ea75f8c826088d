"""What happens below HTTP: connections, and the one fact that decides between "not sent" and "perhaps sent".

The fact is whether a single byte of the request may have left. Exception types do not tell it (the httpx
transport maps a reset after sending to `ConnectTimeout`), so `TrackedRequest` writes it down at the moment of
sending. The same hook closes two holes of aiohttp's pool:

* a kept-alive connection that the peer has closed meanwhile is noticed before the request is written to it,
  so that another connection can be taken without any doubt about a double;
* aiohttp repeats idempotent methods by itself after a disconnect, and a GET may be a send here.

And it is the last moment at which what has missed its slot in a rate limit can stay here.
"""

from __future__ import annotations

import functools
import math
import select
import ssl
import time
from contextvars import ContextVar
from weakref import WeakSet

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from campaigns.providers.addresses import GuardedSocket

# Below the idle limit of every vendor we know (the shortest documented one is 5 s).
KEEP_ALIVE_SECONDS = 4.0


class Trail:
    """What is known about one request: the time (monotonic) by which it must leave, whether it may have `left`, whether
    it was too late (`missed`), and whether a private address was refused."""

    __slots__ = ("leave_by", "left", "missed", "private")

    def __init__(self, leave_by: float = math.inf) -> None:
        self.leave_by = leave_by
        self.left = False
        self.missed = False
        self.private = False


trail: ContextVar[Trail] = ContextVar("trail")
# Set in the task of a send: by when (monotonic) the next request that it makes must leave.
leave_by: ContextVar[float] = ContextVar("leave_by", default=math.inf)
_used: WeakSet[ResponseHandler] = WeakSet()


class StaleConnectionError(aiohttp.ClientConnectionError):
    """The peer closed a kept-alive connection; nothing was written to it."""


class RepeatedRequestError(aiohttp.ClientError):
    """The library wanted to send a request again that may have arrived."""


class MissedSlotError(aiohttp.ClientConnectionError):
    """The request was ready too late for its slot in a rate limit; nothing was written."""


class TrackedRequest(aiohttp.ClientRequest):
    """Notes in the current `trail` that the request leaves, just before its first byte does."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        steps = trail.get()
        if steps.left:
            raise RepeatedRequestError("not repeated: the first try may have arrived")
        protocol = conn.protocol
        if protocol is not None:
            # Not on a connection that was opened for it: to a provider far away that takes longer than any slot, and
            # what is put back for it would find a new connection again, and never leave.
            if protocol in _used and time.monotonic() > steps.leave_by:
                steps.missed = True
                raise MissedSlotError("too late for its slot")
            if protocol in _used and _is_closed_or_talking(conn):
                raise StaleConnectionError("the provider closed an idle connection")
            _used.add(protocol)
        steps.left = True
        return await super().send(conn)


def _is_closed_or_talking(conn: Connection) -> bool:
    """True when an idle connection has something to read: its end, or an answer that nobody asked for."""
    transport = conn.transport
    if transport is None or transport.is_closing():
        return True
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@functools.cache
def tls_context() -> ssl.SSLContext:
    """One for the process: reading the certificate store takes tens of milliseconds."""
    return httpx.create_ssl_context()


def open_session(connections: int, allow_private: bool) -> aiohttp.ClientSession:
    """A session of at most `connections` connections, without cookies. Must be called inside the event loop."""

    def refused() -> None:
        trail.get().private = True

    connector = aiohttp.TCPConnector(
        limit=connections,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        ssl=tls_context(),
        socket_factory=None if allow_private else GuardedSocket(refused),
    )
    return aiohttp.ClientSession(
        connector=connector, request_class=TrackedRequest, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )
