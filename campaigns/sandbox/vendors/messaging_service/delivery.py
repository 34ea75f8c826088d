"""From sent to final: reports kept for pulling and pushed to webhooks, then opens, clicks and complaints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import orjson

from campaigns.sandbox.vendors.messaging_service.records import STEP_SECONDS, EmailContent, Entry, Wave
from campaigns.sandbox.vendors.messaging_service.reports import PendingReports
from campaigns.sandbox.vendors.messaging_service.rows import Rows
from campaigns.sandbox.vendors.messaging_service.settings import ServiceSettings
from campaigns.sandbox.vendors.messaging_service.statuses import ENROUTE, NO_ERROR
from campaigns.sandbox.world import World

REPORTS_PER_PUSH = 100

Report = tuple[Entry, int, int, float]
"""Message, status, error, since when."""


class Delivery:
    """Launches waves of messages and tells what becomes of them."""

    def __init__(self, world: World, settings: ServiceSettings, rows: Rows, pending: PendingReports) -> None:
        self._world, self._settings, self._rows, self._pending = world, settings, rows, pending

    def launch(self, messages: list[Entry], at: float) -> None:
        """These messages go out at `at`."""
        wave = Wave(at, at + self._settings.report_delay_s, messages)
        watched = False
        for message in messages:
            message.wave = wave
            watched = watched or message.body.webhooks.intermediate
        if watched:
            midway = (wave.sent_at + wave.done_at) / 2
            self._world.agenda.at(midway, self._report_midway, wave, midway)
        self._world.agenda.at(wave.done_at, self._report, wave, 0)

    def _report_midway(self, wave: Wave, at: float) -> None:
        """Reports that are not final, for those who asked for them."""
        self._push([(m, ENROUTE, NO_ERROR, at) for m in wave.messages if m.body.webhooks.intermediate], at)

    def _report(self, wave: Wave, step: int) -> None:
        """The reports of one step, and the way to the next."""
        at = wave.done_at + step * STEP_SECONDS
        reports = [(m, *m.outcome.steps[step], at) for m in wave.messages if len(m.outcome.steps) > step]
        wanted = [report for report in reports if report[0].body.webhooks.notify]
        self._pending.add(at, step, [message for message, *_ in wanted])
        self._push(wanted, at)
        if any(len(message.outcome.steps) > step + 1 for message, *_ in reports):
            self._world.agenda.at(at + STEP_SECONDS, self._report, wave, step + 1)
        for message, *_ in reports:
            if message.outcome.events and len(message.outcome.steps) == step + 1:
                self._schedule_events(message, at)

    def _push(self, reports: Sequence[Report], at: float) -> None:
        """Reports to their webhooks, up to a hundred per request."""
        by_url: dict[str, list[Report]] = defaultdict(list)
        account_url = self._settings.delivery_url
        for report in reports:
            url = report[0].body.webhooks.url or account_url
            if url:
                by_url[url].append(report)
        for url, group in by_url.items():
            parts = [group[i : i + REPORTS_PER_PUSH] for i in range(0, len(group), REPORTS_PER_PUSH)]
            self.send("delivery", url, [partial(self._render, part) for part in parts], at)

    def _render(self, reports: Iterable[Report]) -> bytes:
        return orjson.dumps({"results": [self._rows.pushed(*report) for report in reports]})

    def _schedule_events(self, message: Entry, at: float) -> None:
        content = message.body
        if not isinstance(content, EmailContent):
            return
        url = content.tracking.url or self._settings.tracking_url
        muted = {"OPENED": not content.tracking.opens, "CLICKED": not content.tracking.clicks}
        if not url:
            return
        for kind in message.outcome.events:
            at += STEP_SECONDS
            if not muted.get(kind):
                self._world.agenda.at(at, self._push_event, message, kind, url, at)

    def _push_event(self, message: Entry, kind: str, url: str, at: float) -> None:
        body = orjson.dumps(self._rows.event(message, kind, at))
        self.send("event", url, [lambda: body], at)

    def send(self, kind: str, url: str, renders: Sequence[Callable[[], bytes]], due: float) -> None:
        """Push bodies to a webhook, each once more when duplicates are switched on."""
        copies: list[Any] = [*renders, *renders] if self._settings.duplicate else list(renders)
        self._world.courier.send(Entry.vendor, kind, url, copies, self._retry_delay, due)

    def _retry_delay(self, retry: int) -> float | None:
        """1 min + 1 min × n² before the n-th retry; how many there are is not published."""
        return 60.0 + 60.0 * retry**2 if retry <= self._settings.push_retries else None
