"""How each kind of fault is carried out on the connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from campaigns.sandbox.faults import STATUSES, Fault
from campaigns.sandbox.wire import Answer

POLL = 0.1  # seconds between looks whether the client of a hanging request is still there
PIECES = 20  # of a slowly dripping body
PROXY_KINDS = ("html_502", "cut_502")
WILD: dict[str, Callable[[Any], Any]] = {
    "zero_bytes": lambda value: f"{value}\0" if isinstance(value, str) else value,
    "wild_numbers": lambda value: -(10**12) - value if type(value) is int else value,
}

BAD_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Broken(web.Response):
    """Stands for the answer on a connection that we broke; nobody receives it. `client_gone`: they were first."""

    client_gone = False


def is_gone(request: web.Request) -> bool:
    """Whether the client has closed the connection."""
    return request.transport is None or request.transport.is_closing()


async def misbehave(
    fault: Fault,
    request: web.Request,
    process: Callable[[], Awaitable[Answer]],
    refuse: Callable[[int], Answer],
    released: asyncio.Event,
) -> web.StreamResponse:
    """Carry out a fault that is more than waiting. `process` acts on the request and gives the true answer,
    `refuse` gives the vendor's error answer for a status; `released` ends all hanging at once."""
    kind = fault.kind
    if kind in STATUSES or kind in PROXY_KINDS:
        if fault.accept:
            await process()
        answer = _error(fault, refuse)
        return await _cut(request, answer) if kind == "cut_502" else to_response(answer)
    if kind.endswith("_before_accept"):
        if kind.startswith("timeout"):
            await hang(request, fault.seconds, released)
        return reset(request)
    answer = await process()
    if kind.endswith("_after_accept"):
        if kind.startswith("timeout"):
            await hang(request, fault.seconds, released)
        return reset(request)
    if kind == "cut_body":
        return await _cut(request, answer)
    if kind == "slow_drip":
        return await _drip(request, answer, fault.seconds, released)
    return to_response(_spoil(kind, answer))


def to_response(answer: Answer) -> web.Response:
    headers = {"Content-Type": answer.content_type, **answer.headers}
    return web.Response(body=answer.body(), status=answer.status, headers=headers)


def reset(request: web.Request) -> Broken:
    """Break the connection with a TCP reset."""
    broken = Broken()
    broken.client_gone = is_gone(request)
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return broken


def _error(fault: Fault, refuse: Callable[[int], Answer]) -> Answer:
    if fault.kind in PROXY_KINDS:
        return Answer(BAD_GATEWAY_PAGE, 502, content_type="text/html")
    answer = refuse(STATUSES[fault.kind])
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _spoil(kind: str, answer: Answer) -> Answer:
    """An answer that is well-formed HTTP and wrong inside."""
    if kind == "wrong_count":
        if isinstance(answer.payload, list):
            answer.payload = answer.payload[:-1]
        elif isinstance(answer.payload, dict):
            for rows in ("messages", "responses"):
                if rows in answer.payload:
                    answer.payload[rows] = answer.payload[rows][:-1]
        return answer
    if kind in WILD:
        answer.payload = _changed(orjson.loads(answer.body()), WILD[kind])
        return answer
    text = answer.body().decode()
    answer.payload = text[: len(text) // 2] if kind == "truncated_json" else "{" + text[1:].replace(":", ";", 1)
    return answer


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """JSON with each of its texts and numbers changed."""
    if isinstance(value, dict):
        return {name: _changed(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, change) for inner in value]
    return change(value)


async def pause(seconds: float, released: asyncio.Event) -> None:
    """Wait, but no longer than until `released`."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(released.wait(), seconds)


async def hang(request: web.Request, seconds: float, released: asyncio.Event) -> None:
    """Say nothing until the client gives up, all hanging is released, or the time is over."""
    end = asyncio.get_running_loop().time() + seconds
    while not (is_gone(request) or released.is_set() or asyncio.get_running_loop().time() >= end):
        await pause(POLL, released)


async def _cut(request: web.Request, answer: Answer) -> web.StreamResponse:
    body = answer.body()
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return reset(request)


async def _drip(request: web.Request, answer: Answer, seconds: float, released: asyncio.Event) -> web.StreamResponse:
    body = answer.body()
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    response.content_length = len(body)
    await response.prepare(request)
    size = max(1, len(body) // PIECES)
    starts = range(0, len(body), size)
    try:
        for start in starts:
            await pause(seconds / len(starts), released)
            await response.write(body[start : start + size])
    except ConnectionError:
        return reset(request)
    return response
