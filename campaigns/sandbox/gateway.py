"""The way of a request: noted on arrival, read, perhaps hit by a fault, processed in one go, answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import ClientError, web

from campaigns.sandbox.faults import Fault
from campaigns.sandbox.log import Arrival
from campaigns.sandbox.misbehaviour import Broken, is_gone, misbehave, pause, reset, to_response
from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.wire import Answer, Call, ErrorAnswer
from campaigns.sandbox.world import World

IN_FLIGHT_GRACE = 0.5  # seconds after a 429 in which requests may come that left before it was read


def add_route(app: web.Application, world: World, vendor: Vendor, method: str, path: str, handler: Handler) -> None:
    """Serve `method path` of `vendor` by `handler`, with all that faults, latency and the logs need."""
    app.router.add_route(method, path, endpoint(world, vendor, handler))


def endpoint(world: World, vendor: Vendor, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler around a vendor's handler."""

    async def serve(request: web.Request) -> web.StreamResponse:
        arrival = world.requests.add(
            world.clock.now(), time.time(), vendor.slug, request.method, request.path, request.remote or ""
        )
        if world.holds:
            _watch_retry_after(world, arrival)
        try:
            body = await request.read()
        except (ClientError, OSError):
            arrival.client_gone = True
            return reset(request)
        fault = world.faults.take(request.path, vendor.slug)
        if fault is not None:
            arrival.fault = fault.kind
        response = await _respond(world, vendor, request, arrival, fault, lambda: _process(
            world, vendor, handler, request, arrival, body
        ))  # fmt: skip
        if isinstance(response, Broken):
            arrival.client_gone = response.client_gone
        elif is_gone(request):
            arrival.client_gone = True
        else:
            arrival.status = response.status
        return response

    return serve


async def _respond(
    world: World,
    vendor: Vendor,
    request: web.Request,
    arrival: Arrival,
    fault: Fault | None,
    process: Callable[[], Awaitable[Answer]],
) -> web.StreamResponse:
    """The answer after the latency, half of it before and half after the processing, so that a client that
    hangs up in the middle may find either."""
    half = world.settings.latency_ms / 2000
    before = half + fault.seconds if fault is not None and fault.kind == "latency" else half
    if before:
        await pause(before, world.released)
        if world.settings.drop_on_disconnect and is_gone(request):
            return reset(request)
    if fault is None or fault.kind == "latency" or fault.kind in vendor.fault_kinds:
        response: web.StreamResponse = to_response(await process())
    else:
        if fault.retry_after is not None:
            _hold(world, arrival.path, fault.retry_after)
        response = await misbehave(
            fault, request, process, lambda status: vendor.error(status, arrival.path), world.released
        )
    if half:
        await pause(half, world.released)
    return response


async def _process(
    world: World, vendor: Vendor, handler: Handler, request: web.Request, arrival: Arrival, body: bytes
) -> Answer:
    """Let the vendor act. A handler is no coroutine: between its log entry and its answer nothing else happens,
    unless the vendor says so itself (`Answer.until`)."""
    arrival.processed = True
    call = Call(arrival, request, body, world.clock.now())
    if arrival.fault is not None and arrival.fault in vendor.fault_kinds:
        call.fault = arrival.fault
    try:
        answer = handler(call)
        return await answer.until() if answer.until is not None else answer
    except ErrorAnswer as error:
        return error.answer
    except Exception as error:
        world.report_error(error)
        return vendor.error(500, request.path)


def _hold(world: World, path: str, seconds: int) -> None:
    """Remember that requests to `path` are told to stay away for `seconds` of real time."""
    now = time.time()
    world.holds[path] = (now + IN_FLIGHT_GRACE, now + seconds)


def _watch_retry_after(world: World, arrival: Arrival) -> None:
    """Note a request that comes although a Retry-After has not run out."""
    start, end = world.holds.get(arrival.path, (0.0, 0.0))
    if start < arrival.real_at < end:
        detail = f"{arrival.path}: {end - arrival.real_at:.1f} s too early"
        world.violations.add(arrival.vendor, "retry_after_ignored", detail, arrival.number)
