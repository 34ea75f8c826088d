"""Everything the vendors share: time, agenda, logs, faults, callbacks, settings."""

from __future__ import annotations

import asyncio
import gc
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from campaigns.sandbox.callbacks import Courier
from campaigns.sandbox.clock import Agenda, Clock
from campaigns.sandbox.faults import Faults
from campaigns.sandbox.log import MessageLog, RequestLog, ViolationLog
from campaigns.sandbox.settings import ServerSettings, update
from campaigns.sandbox.vendor import Vendor

ERRORS_KEPT = 20


class World:
    """State of one server. Vendors put themselves into `vendors` when they register."""

    def __init__(self, settings: ServerSettings, log_path: Path | None = None) -> None:
        self._initial = settings
        self.settings = replace(settings)
        self.clock = Clock(settings.speed)
        self.agenda = Agenda(self.clock, self.report_error)
        self.courier = Courier(self.clock, self.agenda, self.report_error)
        self.log = MessageLog(log_path)
        self.requests = RequestLog()
        self.violations = ViolationLog()
        self.faults = Faults()
        self.vendors: dict[str, Vendor] = {}
        self.errors: list[str] = []
        self.holds: dict[str, tuple[float, float]] = {}  # path -> real time in which Retry-After forbids requests
        self.released = asyncio.Event()

    def vendor(self, name: str) -> Vendor | None:
        """A vendor by its slug or an alias."""
        for vendor in self.vendors.values():
            if name == vendor.slug or name in vendor.aliases:
                return vendor
        return None

    def configure(self, values: dict[str, Any]) -> None:
        """Change server settings. Raises BadSetting."""
        update(self.settings, values)
        self.courier.timeout = self.settings.callback_timeout_s
        if self.settings.speed != self.clock.speed:
            self.clock.set_speed(self.settings.speed)
            self.agenda.rearm()

    def reset(self) -> None:
        """Forget everything but the command line. Hanging requests are let go."""
        self.released.set()
        self.released = asyncio.Event()
        self.settings = replace(self._initial)
        self.clock.reset(self.settings.speed)
        self.agenda.clear()
        self.courier.clear()
        self.courier.timeout = self.settings.callback_timeout_s
        for log in (self.log, self.requests, self.violations, self.faults):
            log.clear()
        self.errors.clear()
        self.holds.clear()
        for vendor in self.vendors.values():
            vendor.reset()
        gc.collect()

    def report_error(self, error: BaseException) -> None:
        """A fault of the sandbox itself: shown by /__sandbox__/health, so that no test blames the client."""
        text = "".join(traceback.format_exception(error))
        print(text, file=sys.stderr, flush=True)
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append(text)
