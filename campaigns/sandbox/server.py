"""The HTTP server: all vendors and the controls on one port."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from campaigns.sandbox import controls
from campaigns.sandbox.gateway import endpoint
from campaigns.sandbox.settings import ServerSettings
from campaigns.sandbox.vendor import Handler, Vendor
from campaigns.sandbox.vendors import REGISTRATIONS
from campaigns.sandbox.wire import Answer, Call
from campaigns.sandbox.world import World

LARGEST_BODY = 256 * 1024 * 1024  # bytes: a thousand heavy newsletters
GARBAGE_THRESHOLDS = (100_000, 1_000_000, 1_000_000)
"""Only young objects are searched for garbage: the logs hold millions that live until a reset, which collects."""
DRAIN_SECONDS = 2.0  # for requests under way when the server stops


def build(world: World) -> web.Application:
    """The application that serves `world`."""
    app = web.Application(client_max_size=LARGEST_BODY)
    controls.register(app, world)
    for register in REGISTRATIONS:
        register(app, world)
    world.faults.kinds.update(*(vendor.fault_kinds for vendor in world.vendors.values()))
    unknown = {vendor: endpoint(world, vendor, _not_found(vendor)) for vendor in world.vendors.values()}

    async def nowhere(request: web.Request) -> web.StreamResponse:
        """A path that no vendor has, in the error format of the vendor whose prefix it is under."""
        for vendor, serve in unknown.items():
            if request.path.startswith(vendor.prefixes):
                return await serve(request)
        return web.json_response({"error": "no vendor has this path"}, status=404)

    app.router.add_route("*", "/{path:.*}", nowhere)
    app.cleanup_ctx.append(_courier_of(world))
    return app


async def serve(
    host: str, port: int, settings: ServerSettings, log_path: Path | None, config: Mapping[str, Any] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. Prints the address as soon as requests are answered. `config` is what the
    control interface takes at `config`."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    world = World(settings, log_path)
    app = build(world)
    controls.configure(world, config or {})
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=1024)
    await site.start()
    bound = runner.addresses[0][1]
    print(f"listening on http://{f'[{host}]' if ':' in host else host}:{bound}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    world.released.set()
    await runner.cleanup()
    world.log.close()


def _not_found(vendor: Vendor) -> Handler:
    def handler(call: Call) -> Answer:
        return vendor.error(404, call.path)

    return handler


def _courier_of(world: World) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(app: web.Application) -> AsyncIterator[None]:
        await world.courier.start()
        yield
        with contextlib.suppress(asyncio.CancelledError):
            await world.courier.stop()

    return run
