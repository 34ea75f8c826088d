"""The one HTTP client of every vendor, and the one mapping from what went wrong to what it means.

    nothing of the request left        -> NotSent       (DNS, refused, TLS, connect timeout, no free connection)
    something left, no readable answer -> MaybeSent     (write error, read timeout, reset, unreadable 2xx)
    an HTTP status                     -> the vendor's table, else `OTHER_STATUSES`

A call that only asks (`safe`) can always be asked again, so for it every failure above is NotSent.
Errors carry texts for people; credentials never get into them, nor into a log.

Requests go straight to httpx's transport: the layer above it (`AsyncClient`) would add cookies, redirects,
authentication and a log line with the URL, all unwanted here, for a quarter of the time of a small request.
"""

from __future__ import annotations

import asyncio
import math
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from campaigns.providers.addresses import PRIVATE
from campaigns.providers.base import MaybeSent, Misconfigured, Missed, NotSent, ProviderError, Refused
from campaigns.providers.wire import StaleConnectionError, Trail, leave_by, open_session, tls_context, trail
from campaigns.states import Reason

USER_AGENT = "Despacho"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
# For the whole exchange, waiting for a connection included: the other limits do not end a peer that takes
# the body slowly or answers drop by drop. Below a lane's lease, so that the outcome is known before it ends.
EXCHANGE_SECONDS = 45.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024
LONGEST_RETRY_AFTER = 24 * 3600.0
_EXCERPT = 500
# A zero byte in JSON, behind an even number of backslashes. No text column of PostgreSQL takes one: an answer with one
# could not be written, and left its whole batch in doubt.
_ZERO = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an HTTP status means for the request: which error it is, and for which reason."""

    error: type[ProviderError]
    reason: Reason


Statuses = Mapping[int, Verdict]
# By hundreds, for what a vendor's table leaves out. A redirect is never followed: it would carry the
# credentials elsewhere, and it means that the base URL is not the API.
OTHER_STATUSES: Statuses = {
    1: Verdict(MaybeSent, Reason.UNREADABLE_ANSWER),
    3: Verdict(Misconfigured, Reason.REJECTED),
    4: Verdict(Refused, Reason.REJECTED),
    5: Verdict(MaybeSent, Reason.NO_ANSWER),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read completely. Header names are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body parsed, without the zero bytes in its texts. ValueError when it is no JSON."""
        return orjson.loads(_ZERO.sub(rb"\1", self.body) if rb"\u0000" in self.body else self.body)

    def excerpt(self) -> str:
        """The beginning of the body as text, for people."""
        return " ".join(self.body[: 4 * _EXCERPT].decode("utf-8", "replace").replace("\0", " ").split())[:_EXCERPT]


Explain = Callable[[Answer], tuple[str, str]]  # a vendor's error body -> its code and its text


def explain_plainly(answer: Answer) -> tuple[str, str]:
    return "", answer.excerpt()


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a `Retry-After` header asks for (a number or an HTTP date, RFC 9110 §10.2.3), or None."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


class HttpClient:
    """A client for one account, to be opened with `async with` inside the event loop that uses it.

    base_url: scheme, host and perhaps a path prefix. connections: the most that are open at once.
    headers: sent with every request. secrets: strings that must not appear in any error text.
    explain: reads a vendor's error body.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        explain: Explain = explain_plainly,
        allow_private: bool = False,
        connections: int = 200,
        read_seconds: float | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        # Not compressed: answers are small, and an answer cannot then grow when it is unpacked.
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
        self._headers |= headers or {}
        self._secrets = tuple(s for s in secrets if len(s) >= 4)
        self._explain = explain
        self._allow_private = allow_private
        self._connections = connections
        self._timeout = httpx.Timeout(read_seconds or READ_SECONDS, connect=CONNECT_SECONDS, pool=EXCHANGE_SECONDS)
        self._urls: dict[str, httpx.URL] = {}  # parsing one costs as much as writing the body
        self._transport: AiohttpTransport | None = None

    async def __aenter__(self) -> Self:
        self._transport = AiohttpTransport(
            verify=tls_context(), client=lambda: open_session(self._connections, self._allow_private)
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    # -- calls ------------------------------------------------------------------------------------
    async def exchange(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        form: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
    ) -> Answer:
        """One request, whatever its HTTP status. `body` is sent as JSON (bytes as they are). Of the requests of a send
        only the first has a slot to leave in (`wire.leave_by`), not those that ask for a token before it.
        Raises NotSent (Missed), MaybeSent or Misconfigured when there is no answer."""
        request = self._request(method, path, body, form, query, headers)
        steps = Trail() if safe else Trail(leave_by.get())
        token = trail.set(steps)
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS):
                return await self._answer(request)
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
            raise self._lost(error, steps, safe) from error
        finally:
            trail.reset(token)
            if steps.left and not safe:
                leave_by.set(math.inf)

    async def call(self, method: str, path: str, statuses: Statuses, *, safe: bool = False, **parts: Any) -> Any:
        """One request and its JSON answer; every status but 2xx is raised as the table says."""
        answer = await self.exchange(method, path, safe=safe, **parts)
        self.check(answer, statuses, safe=safe)
        return self.parsed(answer, safe=safe)

    def check(self, answer: Answer, statuses: Statuses, *, safe: bool = False) -> None:
        """Raises what a status other than 2xx means."""
        if answer.ok:
            return
        verdict = statuses.get(answer.status) or OTHER_STATUSES.get(answer.status // 100) or OTHER_STATUSES[5]
        code, text = self._explain(answer)
        details = (self.redact(text), code or str(answer.status), answer.status)
        if verdict.error is NotSent or (safe and verdict.error is MaybeSent):
            reason = verdict.reason if verdict.error is NotSent else Reason.PROVIDER_DOWN
            raise NotSent(reason, *details, retry_after=retry_after(answer.headers))
        raise verdict.error(verdict.reason, *details)

    def parsed(self, answer: Answer, *, safe: bool = False) -> Any:
        """The JSON of a 2xx answer. One that cannot be read leaves a send in doubt."""
        try:
            return answer.json()
        except ValueError as error:
            raise self.unreadable(answer, safe=safe) from error

    def unreadable(self, answer: Answer, *, safe: bool = False) -> ProviderError:
        """The error for a 2xx answer that does not say what it must."""
        text = self.redact(f"Unreadable answer: {answer.excerpt()}")
        if safe:
            return NotSent(Reason.PROVIDER_DOWN, text, http_status=answer.status)
        return MaybeSent(Reason.UNREADABLE_ANSWER, text, http_status=answer.status)

    def redact(self, text: str) -> str:
        """`text` without any of the account's secrets, in case a vendor echoes them."""
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text

    # -- inside -----------------------------------------------------------------------------------
    def _request(
        self,
        method: str,
        path: str,
        body: object,
        form: Mapping[str, str] | None,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        content = None
        sent = self._headers | dict(headers or {})
        if body is not None:
            content = body if isinstance(body, bytes) else orjson.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        elif form is not None:
            content = urlencode(form).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return httpx.Request(
            method,
            self._url(path, query),
            headers=sent,
            content=content,
            extensions={"timeout": self._timeout.as_dict()},
        )

    def _url(self, path: str, query: Sequence[tuple[str, str]]) -> httpx.URL:
        if query:
            return httpx.URL(f"{self._base}{path}?{urlencode(query)}")
        if path not in self._urls:
            self._urls[path] = httpx.URL(self._base + path)
        return self._urls[path]

    async def _answer(self, request: httpx.Request) -> Answer:
        response = await self._send(request)
        try:
            return await _read(response)
        finally:
            await response.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if self._transport is None:
            raise RuntimeError("open the provider with `async with` first")
        # Each turn takes one dead connection out of the pool; nothing has left on any of them.
        for _ in range(self._connections):
            try:
                return await self._transport.handle_async_request(request)
            except httpx.TransportError as error:
                if not isinstance(error.__cause__, StaleConnectionError):
                    raise
        return await self._transport.handle_async_request(request)

    def _lost(self, error: Exception, steps: Trail, safe: bool) -> ProviderError:
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        if steps.private:
            return Misconfigured(Reason.REJECTED, PRIVATE)
        if steps.missed:
            return Missed()
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)) or isinstance(cause, aiohttp.InvalidURL):
            return Misconfigured(Reason.REJECTED, "The base URL is not a web address.")
        text = self.redact(_what_happened(cause, steps.left))
        if steps.left and not safe:
            return MaybeSent(Reason.NO_ANSWER, text)
        return NotSent(Reason.PROVIDER_DOWN, text)


async def _read(response: httpx.Response) -> Answer:
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise httpx.ReadError("the answer is too long")
            chunks.append(chunk)
    except (httpx.HTTPError, aiohttp.ClientError, OSError):
        # A refusal is a refusal even when its body broke off; only a success needs its body.
        if response.is_success:
            raise
    return Answer(response.status_code, response.headers, b"".join(chunks))


def _what_happened(cause: BaseException, left: bool) -> str:
    """One English sentence about a request that got no answer."""
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "The provider's host name was not found."
    if isinstance(cause, (aiohttp.ClientSSLError, ssl.SSLError)):
        return "No secure connection to the provider could be made: its certificate or protocol was refused."
    if isinstance(cause, aiohttp.ClientConnectorError):
        return f"The provider could not be reached: {cause.os_error.strerror or 'no connection'}."
    if isinstance(cause, (TimeoutError, httpx.TimeoutException)):
        return "The provider did not answer in time." if left else "The provider could not be reached in time."
    if left:
        return "The connection broke before the provider's answer was complete."
    return "The connection to the provider could not be used."
