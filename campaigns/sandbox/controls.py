"""The sandbox's own controls under /__sandbox__/, a prefix that no vendor has."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

import orjson
from aiohttp import web

from campaigns.sandbox.clock import iso_utc
from campaigns.sandbox.faults import BadFault
from campaigns.sandbox.log import peak_per_second
from campaigns.sandbox.settings import BadSetting
from campaigns.sandbox.vendor import Vendor
from campaigns.sandbox.world import World

PREFIX = "/__sandbox__"
SETTLE_SECONDS = 10.0  # real time that an advance waits at most for the callbacks it set off
LINES_PER_CHUNK = 500

Control = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadControl(ValueError):
    """A control request that makes no sense; the text says why."""


def register(app: web.Application, world: World) -> None:
    """Add the control routes."""
    controls = Controls(world)
    routes: tuple[tuple[str, str, Control], ...] = (
        ("GET", "health", controls.health),
        ("GET", "config", controls.show_config),
        ("POST", "config", controls.change_config),
        ("GET", "faults", controls.show_faults),
        ("POST", "faults", controls.arm_faults),
        ("DELETE", "faults", controls.clear_faults),
        ("POST", "reset", controls.reset),
        ("GET", "clock", controls.show_clock),
        ("POST", "clock", controls.advance_clock),
        ("GET", "log", controls.show_log),
        ("GET", "outbox", controls.show_log),
        ("GET", "refused", controls.show_refused),
        ("GET", "requests", controls.show_requests),
        ("GET", "violations", controls.show_violations),
        ("GET", "undelivered", controls.show_undelivered),
        ("POST", "reply", controls.reply),
    )
    for method, name, control in routes:
        app.router.add_route(method, f"{PREFIX}/{name}", _explained(control))


def _explained(control: Control) -> Control:
    """A control whose bad requests are answered with 400 and the reason."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return await control(request)
        except (BadControl, BadFault, BadSetting) as error:
            return _json({"error": str(error)}, 400)

    return serve


def configure(world: World, values: Mapping[str, Any]) -> None:
    """Change server settings by name and vendors' settings below the vendor's name. Raises BadControl, BadSetting."""
    general = {}
    for name, value in values.items():
        vendor = world.vendor(name)
        if vendor is None:
            general[name] = value
        elif isinstance(value, dict):
            vendor.configure(value)
        else:
            raise BadControl(f"settings of {name} must be an object")
    world.configure(general)


class Controls:
    """One method per control route."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._advancing = asyncio.Lock()

    async def health(self, request: web.Request) -> web.StreamResponse:
        """What the sandbox is doing. `errors` are faults of the sandbox itself; an empty list is healthy."""
        world = self._world
        return _json(
            {
                "ok": not world.errors,
                "errors": world.errors,
                "now": world.clock.now(),
                "accepted": len(world.log),
                "due_later": len(world.agenda),
                "callbacks": {
                    "waiting": world.courier.waiting,
                    "delivered": world.courier.delivered,
                    "failed_attempts": world.courier.failed_attempts,
                    "undelivered": len(world.courier.undelivered),
                },
            }
        )

    async def show_config(self, request: web.Request) -> web.StreamResponse:
        world = self._world
        shown = {slug: vendor.settings_shown() for slug, vendor in world.vendors.items()}
        return _json({**asdict(world.settings), **shown})

    async def change_config(self, request: web.Request) -> web.StreamResponse:
        """Server settings by name, vendors' settings below the vendor's name. Answers the whole configuration."""
        configure(self._world, await _read_object(request))
        return await self.show_config(request)

    async def show_faults(self, request: web.Request) -> web.StreamResponse:
        return _json({"faults": self._world.faults.armed()})

    async def arm_faults(self, request: web.Request) -> web.StreamResponse:
        """One fault or a list of them, used in this order. `vendor`: only requests to that one are hit."""
        values = await _read(request)
        for fault in values if isinstance(values, list) else [values]:
            if not isinstance(fault, dict):
                raise BadControl("a fault is an object with path and kind")
            vendor = {"vendor": self._vendor(str(fault["vendor"])).slug} if fault.get("vendor") else {}
            self._world.faults.arm({**fault, **vendor})
        return await self.show_faults(request)

    async def clear_faults(self, request: web.Request) -> web.StreamResponse:
        """Disarm all, or with `?vendor=` those of one."""
        self._world.faults.clear(self._vendor_slug(request) or "")
        return await self.show_faults(request)

    async def reset(self, request: web.Request) -> web.StreamResponse:
        async with self._advancing:
            self._world.reset()
        return _json({"ok": True})

    async def show_clock(self, request: web.Request) -> web.StreamResponse:
        now = self._world.clock.now()
        return _json({"now": now, "iso": iso_utc(now), "speed": self._world.clock.speed})

    async def advance_clock(self, request: web.Request) -> web.StreamResponse:
        """`advance_s`: virtual seconds to move on (0: only let happen what is due). Answers when everything that
        came due has happened and its callbacks are through, unless `settle` is false."""
        values = await _read_object(request)
        seconds = values.get("advance_s", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise BadControl("advance_s must be a number of seconds, 0 or more")
        async with self._advancing:
            settled = await self._advance(float(seconds), values.get("settle", True))
        return _json({"now": self._world.clock.now(), "settled": settled})

    async def _advance(self, seconds: float, settle: bool) -> bool:
        """Advance; whether all callbacks came through in time."""
        loop, courier = asyncio.get_running_loop(), self._world.courier
        deadline = loop.time() + (SETTLE_SECONDS if settle else 0)

        async def wait_for_callbacks() -> None:
            await courier.idle(max(0.0, deadline - loop.time()))

        await self._world.agenda.advance(seconds, wait_for_callbacks)
        return not courier.waiting

    async def show_log(self, request: web.Request) -> web.StreamResponse:
        """Accepted messages. Query: `vendor`; `after` = number of the last entry already seen; `limit`;
        `format=jsonl` streams one entry per line, for logs of any length."""
        after, limit = _integer(request, "after", 0), _integer(request, "limit", len(self._world.log))
        entries = self._world.log.entries(after, self._vendor_slug(request))
        if request.query.get("format") == "jsonl":
            return await _stream(request, entries, limit)
        chosen = [entry for _, entry in zip(range(limit), entries, strict=False)]
        return _json({"total": len(self._world.log), "entries": chosen})

    async def show_refused(self, request: web.Request) -> web.StreamResponse:
        """Messages that a vendor refused one by one inside an accepted request."""
        slug = self._vendor_slug(request)
        vendors = [v for v in self._world.vendors.values() if slug in (None, v.slug)]
        return _json({"entries": [entry for vendor in vendors for entry in vendor.refused()]})

    async def show_requests(self, request: web.Request) -> web.StreamResponse:
        """Requests to vendors. Query: `vendor`, `path`, `after`."""
        arrivals = self._world.requests.select(
            _integer(request, "after", 0), self._vendor_slug(request), request.query.get("path")
        )
        return _json(
            {
                "total": len(arrivals),
                "by_path": Counter(f"{a.method} {a.path}" for a in arrivals),
                "peak_per_second": peak_per_second(arrivals),
                "requests": [a.entry() for a in arrivals],
            }
        )

    async def show_violations(self, request: web.Request) -> web.StreamResponse:
        """What clients did against the contract, with references that were accepted more than once."""
        entries = self._world.violations.entries()
        for slug in self._world.vendors:
            for group in self._world.log.repeated_references(slug):
                detail = f"{group[0].reference} was accepted {len(group)} times"
                entries.append(
                    {
                        "vendor": slug,
                        "rule": "repeated_reference",
                        "detail": detail,
                        "request": group[1].submission.number,
                        "count": len(group),
                    }
                )
        return _json({"total": len(entries), "violations": entries})

    async def show_undelivered(self, request: web.Request) -> web.StreamResponse:
        return _json({"undelivered": self._world.courier.undelivered})

    async def reply(self, request: web.Request) -> web.StreamResponse:
        """A person writes back: `vendor`, `from`, `text`, and `answers` = provider id or reference, if known."""
        values = await _read_object(request)
        vendor = self._vendor(str(values.get("vendor", "")))
        source, text, answered = values.get("from"), values.get("text"), values.get("answers")
        if not isinstance(source, str) or not isinstance(text, str) or not isinstance(answered, str | None):
            raise BadControl("a reply needs from and text, both strings; answers is a string when given")
        try:
            return _json({"id": vendor.receive_reply(source, text, answered)})
        except ValueError as error:
            raise BadControl(str(error)) from None

    def _vendor_slug(self, request: web.Request) -> str | None:
        name = request.query.get("vendor")
        return self._vendor(name).slug if name else None

    def _vendor(self, name: str) -> Vendor:
        vendor = self._world.vendor(name)
        if vendor is None:
            raise BadControl(f"unknown vendor {name!r}; known are {', '.join(self._world.vendors)}")
        return vendor


async def _stream(request: web.Request, entries: Any, limit: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    lines: list[bytes] = []
    for _, entry in zip(range(limit), entries, strict=False):
        lines.append(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        if len(lines) == LINES_PER_CHUNK:
            await response.write(b"".join(lines))
            lines.clear()
            await asyncio.sleep(0)
    if lines:
        await response.write(b"".join(lines))
    await response.write_eof()
    return response


def _json(payload: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(payload), status=status, content_type="application/json")


async def _read(request: web.Request) -> Any:
    try:
        return orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadControl(f"not JSON: {error}") from None


async def _read_object(request: web.Request) -> dict[str, Any]:
    values = await _read(request)
    if not isinstance(values, dict):
        raise BadControl("the body must be an object")
    return values


def _integer(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise BadControl(f"{name} must be a number, not {text!r}")
    return int(text)
