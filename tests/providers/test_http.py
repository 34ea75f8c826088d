"""What an HTTP status means, what goes over the wire, and which addresses are never connected to."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.providers.base import MaybeSent, Misconfigured, NotSent, ProviderError, Refused
from campaigns.providers.http import Answer, HttpClient, retry_after
from campaigns.states import Reason
from tests.providers.http_cases import error_of, with_server
from tests.providers.raw_server import RawServer, Reader, Writer, answer, answering, serving


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
@pytest.mark.parametrize(
    ("body", "found"),
    [
        (rb'{"id": "a\u0000b\u0000\u0000"}', {"id": "ab"}),
        (rb'["\\u0000", "\\\u0000"]', ["\\u0000", "\\"]),  # an escaped backslash before it, and one behind it
    ],
)
def test_no_text_of_an_answer_has_a_zero_byte(body: bytes, found: object) -> None:
    assert Answer(200, {}, body).json() == found


def test_no_error_has_a_zero_byte() -> None:
    assert error_of(answering(answer("400 Bad", b"no\0pe"))).text == "no pe"


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
