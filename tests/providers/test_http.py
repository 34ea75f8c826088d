"""The HTTP client of every vendor: what each failure means, and that nothing leaves twice."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.providers import http
from campaigns.providers.base import MaybeSent, Misconfigured, NotSent, ProviderError, Refused
from campaigns.providers.http import Answer, HttpClient, Verdict, retry_after
from campaigns.states import Reason
from tests.providers.raw_server import Behaviour, RawServer, Reader, Writer, answer, answering, reset, serving

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


# -- before anything leaves -----------------------------------------------------------------------
def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def error_at(url: str, **options: Any) -> ProviderError:
    async def run() -> ProviderError:
        async with HttpClient(url, **({"allow_private": True} | options)) as client:
            with pytest.raises(ProviderError) as caught:
                await client.exchange("POST", "/send", body={})
            return caught.value

    return asyncio.run(run())


def test_a_refused_connection_sent_nothing() -> None:
    error = error_at(f"http://127.0.0.1:{unused_port()}")
    assert isinstance(error, NotSent)
    assert error.reason is Reason.PROVIDER_DOWN


def test_an_unknown_host_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    error = error_at("http://api.example.test")
    assert isinstance(error, NotSent)
    assert error.text == "The provider's host name was not found."


def test_a_failed_tls_handshake_sent_nothing() -> None:
    async def talk_plainly(server: RawServer, reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async def run() -> ProviderError:
        async with serving(talk_plainly) as server:
            client = HttpClient(server.url.replace("http:", "https:"), allow_private=True)
            with pytest.raises(ProviderError) as caught:
                async with client:
                    await client.exchange("POST", "/send", body={})
            return caught.value

    error = asyncio.run(run())
    assert isinstance(error, NotSent)
    assert "secure connection" in error.text


def test_a_connect_timeout_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # a backlog that is full drops further attempts without an answer
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        error = error_at(f"http://127.0.0.1:{full.getsockname()[1]}")
    assert isinstance(error, NotSent)


def test_waiting_for_a_free_connection_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "EXCHANGE_SECONDS", 0.3)

    async def use(client: HttpClient, server: RawServer) -> list[object]:
        calls = [client.exchange("POST", "/send", body={}) for _ in range(2)]
        return [*await asyncio.gather(*calls, return_exceptions=True), len(server.requests)]

    first, second, arrived = with_server(hang, use, connections=1)
    assert isinstance(first, MaybeSent)
    assert isinstance(second, NotSent)
    assert arrived == 1


def test_an_idle_connection_that_the_server_closed_is_left_without_a_doubt() -> None:
    """The event loop is too busy to notice the end; the request goes over another connection, once."""

    async def close_when_idle(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(answer())
        await writer.drain()

    async def use(client: HttpClient, server: RawServer) -> tuple[int, int]:
        await client.exchange("POST", "/send", body={"n": 1})
        _let_the_end_arrive_unnoticed()
        found = await client.exchange("POST", "/send", body={"n": 2})
        return found.status, len(server.requests)

    def _let_the_end_arrive_unnoticed() -> None:
        time.sleep(0.05)

    async def threaded() -> tuple[int, int]:
        # The server needs a loop of its own, since the client's is blocked on purpose.
        started: asyncio.Future[RawServer] = asyncio.get_running_loop().create_future()
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def serve() -> None:
            async def run() -> None:
                async with serving(close_when_idle) as server:
                    loop.call_soon_threadsafe(started.set_result, server)
                    while not stop.is_set():
                        await asyncio.sleep(0.01)

            asyncio.run(run())

        thread = loop.run_in_executor(None, serve)
        server = await started
        try:
            async with HttpClient(server.url, allow_private=True) as client:
                return await use(client, server)
        finally:
            stop.set()
            await thread

    assert asyncio.run(threaded()) == (200, 2)


# -- after something left -------------------------------------------------------------------------
@pytest.mark.parametrize("behave", [close_after_reading, reset_after_reading, break_off])
def test_a_connection_that_breaks_after_the_request_leaves_a_doubt(behave: Behaviour) -> None:
    error = error_of(behave)
    assert isinstance(error, MaybeSent)
    assert error.reason is Reason.NO_ANSWER


def test_a_read_timeout_leaves_a_doubt() -> None:
    error = error_of(hang, read_seconds=0.2)
    assert isinstance(error, MaybeSent)
    assert error.text == "The provider did not answer in time."


def test_a_server_that_does_not_take_the_body_leaves_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "EXCHANGE_SECONDS", 0.3)

    async def read_nothing(server: RawServer, reader: Reader, writer: Writer) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(30)

    async def use(client: HttpClient, server: RawServer) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            await client.exchange("POST", "/send", body=b"x" * 40_000_000)
        return caught.value

    assert isinstance(with_server(read_nothing, use), MaybeSent)


def test_a_server_that_answers_drop_by_drop_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "EXCHANGE_SECONDS", 0.3)

    async def drip(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(answer(body=b"", length=10_000))
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.05)

    assert isinstance(error_of(drip), MaybeSent)


def test_an_unreadable_success_leaves_a_doubt() -> None:
    error = error_of(answering(answer(body=b"<html>fine</html>")))
    assert isinstance(error, MaybeSent)
    assert error.reason is Reason.UNREADABLE_ANSWER


def test_an_endless_success_leaves_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1000)
    assert isinstance(error_of(answering(answer(body=b"[" + b" " * 2000 + b"]"))), MaybeSent)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_request_that_may_have_arrived_is_repeated(method: str) -> None:
    """aiohttp repeats a GET on a kept-alive connection by itself, and a GET may be a send."""

    async def answer_once_then_close(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(answer())
        await writer.drain()
        await server.read(reader)

    async def use(client: HttpClient, server: RawServer) -> int:
        await client.exchange(method, "/send")
        with pytest.raises(MaybeSent):
            await client.exchange(method, "/send")
        return len(server.requests)

    assert with_server(answer_once_then_close, use) == 2


@pytest.mark.parametrize("behave", [close_after_reading, reset_after_reading, break_off])
def test_a_question_can_always_be_asked_again(behave: Behaviour) -> None:
    error = error_of(behave, method="GET", safe=True)
    assert isinstance(error, NotSent)
    assert error.reason is Reason.PROVIDER_DOWN


# -- statuses -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        ("401 Unauthorized", Misconfigured, Reason.AUTH),
        ("429 Too Many Requests", NotSent, Reason.RATE_LIMITED),
        ("503 Service Unavailable", NotSent, Reason.PROVIDER_DOWN),
        ("413 Too Large", Refused, Reason.REJECTED),
        ("500 Oops", MaybeSent, Reason.NO_ANSWER),
        ("599 Odd", MaybeSent, Reason.NO_ANSWER),
        ("302 Found", Misconfigured, Reason.REJECTED),
    ],
)
def test_a_status_means_what_the_vendors_table_says(status: str, kind: type[ProviderError], reason: Reason) -> None:
    error = error_of(answering(answer(status, b'{"why": "because"}')))
    assert type(error) is kind
    assert (error.reason, error.http_status) == (reason, int(status[:3]))
    assert error.text == '{"why": "because"}'


def test_a_status_in_doubt_is_no_doubt_for_a_question() -> None:
    error = error_of(answering(answer("500 Oops")), method="GET", safe=True)
    assert isinstance(error, NotSent)


def test_a_refusal_counts_although_its_body_breaks_off() -> None:
    async def refuse(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(answer("401 Unauthorized", b"{", length=500))
        await writer.drain()

    assert isinstance(error_of(refuse), Misconfigured)


def test_a_redirect_is_not_followed() -> None:
    async def use(client: HttpClient, server: RawServer) -> list[tuple[str, bytes]]:
        with pytest.raises(Misconfigured):
            await client.call("POST", "/send", {}, body={})
        return server.requests

    moved = answer("307 Moved", headers="Location: /elsewhere\r\n")
    assert len(with_server(answering(moved), use)) == 1


def test_the_asked_delay_comes_with_the_error() -> None:
    error = error_of(answering(answer("429 Slow Down", headers="Retry-After: 17\r\n")))
    assert isinstance(error, NotSent)
    assert error.retry_after == 17.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        (" 5 ", 5.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999", 86400.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert retry_after({"retry-after": value}, now) == seconds


def test_no_retry_after_header_asks_for_nothing() -> None:
    assert retry_after({}, datetime.now(UTC) - timedelta(days=1)) is None


# -- what goes over the wire ----------------------------------------------------------------------
def test_a_request_carries_our_name_and_its_headers() -> None:
    async def use(client: HttpClient, server: RawServer) -> str:
        await client.exchange("POST", "/send", body={"ñ": 1})
        return server.requests[0][0].lower()

    head = with_server(answering(answer()), use, headers={"AuthenticationToken": "t0ken"})
    assert "post /send http/1.1\r\n" in head
    assert "user-agent: despacho\r\n" in head
    assert "authenticationtoken: t0ken\r\n" in head
    assert "content-type: application/json\r\n" in head


def test_connections_are_kept_and_cookies_are_not() -> None:
    async def use(client: HttpClient, server: RawServer) -> RawServer:
        for _ in range(3):
            await client.exchange("POST", "/send", body={})
        return server

    server = with_server(answering(answer(headers="Set-Cookie: session=1\r\n")), use)
    assert server.connections == 1
    assert not any("cookie" in head.lower() for head, _ in server.requests)


def test_a_query_is_encoded_so_that_a_plus_stays_a_plus() -> None:
    async def use(client: HttpClient, server: RawServer) -> str:
        await client.exchange("GET", "/send", query=[("to", "+591"), ("text", "a b&c")])
        return server.requests[0][0].split()[1]

    assert with_server(answering(answer()), use) == "/send?to=%2B591&text=a+b%26c"


def test_no_error_holds_a_credential() -> None:
    echo = answering(answer("400 Bad", b'{"error": "token s3cr3t-token is odd"}'))
    error = error_of(echo, secrets=("s3cr3t-token",))
    assert "s3cr3t" not in error.text
    assert "is odd" in error.text


def test_an_answer_shows_its_beginning_only() -> None:
    assert len(Answer(500, {}, b"x " * 5000).excerpt()) == 500


# -- private addresses ----------------------------------------------------------------------------
def test_a_private_address_is_not_connected_to() -> None:
    async def run() -> tuple[ProviderError, int]:
        async with serving(answering(answer())) as server, HttpClient(server.url) as client:
            with pytest.raises(ProviderError) as caught:
                await client.exchange("POST", "/send", body={})
            return caught.value, server.connections

    error, connections = asyncio.run(run())
    assert isinstance(error, Misconfigured)
    assert "private network" in error.text
    assert connections == 0


def test_a_name_that_turns_private_after_the_check_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[ProviderError, int]:
        async with serving(answering(answer())) as server:
            port = int(server.url.rpartition(":")[2])
            private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: private)
            async with HttpClient(f"http://rebound.example.test:{port}") as client:
                with pytest.raises(ProviderError) as caught:
                    await client.exchange("POST", "/send", body={})
            return caught.value, server.connections

    error, connections = asyncio.run(run())
    assert isinstance(error, Misconfigured)
    assert connections == 0
