"""What each failure below HTTP means: surely not sent, or perhaps. And nothing leaves twice."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from campaigns.providers import http
from campaigns.providers.base import MaybeSent, Missed, NotSent, ProviderError
from campaigns.providers.http import HttpClient
from campaigns.providers.wire import leave_by
from campaigns.states import Reason
from tests.providers.http_cases import (
    break_off,
    close_after_reading,
    error_of,
    hang,
    reset_after_reading,
    with_server,
)
from tests.providers.raw_server import Behaviour, RawServer, Reader, Writer, answer, answering, serving


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


def test_what_is_ready_too_late_for_its_slot_does_not_leave() -> None:
    async def use(client: HttpClient, server: RawServer) -> tuple[int, int]:
        await client.exchange("POST", "/send", body={})
        leave_by.set(time.monotonic() - 0.01)
        with pytest.raises(Missed):
            await client.exchange("POST", "/send", body={})
        leave_by.set(time.monotonic() + 10)
        found = await client.exchange("POST", "/send", body={})
        return found.status, len(server.requests)

    assert with_server(answering(answer()), use) == (200, 2)


def test_a_request_leaves_although_its_new_connection_took_longer_than_its_slot() -> None:
    """With a provider far away every new connection does; put back, it would never leave."""

    async def use(client: HttpClient, server: RawServer) -> int:
        leave_by.set(time.monotonic() - 0.01)
        return (await client.exchange("POST", "/send", body={})).status

    assert with_server(answering(answer()), use) == 200


def test_only_the_first_request_of_a_send_has_a_slot() -> None:
    """The others are made by what it answered, or after a pause."""

    async def use(client: HttpClient, server: RawServer) -> int:
        leave_by.set(time.monotonic() + 0.2)
        await client.exchange("POST", "/token", body={}, safe=True)
        await client.exchange("POST", "/send", body={})
        await asyncio.sleep(0.3)
        await client.exchange("POST", "/send", body={})
        return len(server.requests)

    assert with_server(answering(answer()), use) == 3


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
    """The second call gives up long before the first lets its connection go."""
    monkeypatch.setattr(http, "EXCHANGE_SECONDS", 1.0)

    async def use(client: HttpClient, server: RawServer) -> list[object]:
        first = asyncio.ensure_future(client.exchange("POST", "/send", body={}))
        while not server.requests:
            await asyncio.sleep(0.005)
        monkeypatch.setattr(http, "EXCHANGE_SECONDS", 0.1)
        second = await asyncio.gather(client.exchange("POST", "/send", body={}), return_exceptions=True)
        arrived = len(server.requests)
        return [*await asyncio.gather(first, return_exceptions=True), *second, arrived]

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
