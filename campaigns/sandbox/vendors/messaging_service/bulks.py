"""Sending what was accepted: at once, at a time, at a limited speed, within windows; and changing one's mind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.messaging_service.checks import Schedule
from campaigns.sandbox.vendors.messaging_service.delivery import Delivery
from campaigns.sandbox.vendors.messaging_service.records import Bulk, Entry, SmsContent
from campaigns.sandbox.vendors.messaging_service.statuses import LATE_FOR_EMAIL, LATE_FOR_SMS
from campaigns.sandbox.vendors.messaging_service.windows import next_opening
from campaigns.sandbox.world import World

PROCESSING_SECONDS = 1.0  # from the last message sent until a bulk counts as finished


class BulkStatus(StrEnum):
    PENDING = "PENDING"
    PAUSED = "PAUSED"
    PROCESSING = "PROCESSING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"


CHANGEABLE = (BulkStatus.PENDING, BulkStatus.PAUSED)


@dataclass(slots=True)
class ScheduledBulk:
    """A bulk with a schedule. `plan` grows with every change, so that the event of an older plan does nothing."""

    bulk: Bulk
    entries: list[Entry]
    send_at: float
    interval: float
    status: BulkStatus = BulkStatus.PENDING
    plan: int = 0
    own_id: str = field(default_factory=uuid)


class Bulks:
    """Everything accepted passes here on its way to delivery."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world, self._delivery = world, delivery
        self.clear()

    def clear(self) -> None:
        self._scheduled: dict[tuple[str, str], list[ScheduledBulk]] = {}

    def dispatch(self, bulk: Bulk, channel: str, entries: list[Entry], schedule: Schedule) -> None:
        """Send at once, or keep as a scheduled bulk until its time."""
        if schedule.send_at is None and not schedule.interval:
            self._send(entries, bulk.at, 0.0)
            return
        send_at = bulk.at if schedule.send_at is None else schedule.send_at
        scheduled = ScheduledBulk(bulk, entries, send_at, schedule.interval)
        self._scheduled.setdefault((channel, bulk.request_id), []).append(scheduled)
        self._arm(scheduled)

    def find(self, channel: str, bulk_id: str) -> list[ScheduledBulk]:
        """The scheduled bulks under the client's id; one id may stand for several."""
        return self._scheduled.get((channel, bulk_id), [])

    def move(self, scheduled: ScheduledBulk, send_at: float) -> None:
        scheduled.send_at = send_at
        self._arm(scheduled)

    def set_status(self, scheduled: ScheduledBulk, status: BulkStatus) -> None:
        """Pause, resume or cancel one that is CHANGEABLE."""
        scheduled.status = status
        scheduled.bulk.cancelled = status == BulkStatus.CANCELED
        self._arm(scheduled)

    def _arm(self, scheduled: ScheduledBulk) -> None:
        scheduled.plan += 1
        if scheduled.status == BulkStatus.PENDING:
            due = max(scheduled.send_at, self._world.clock.now())
            self._world.agenda.at(due, self._release, scheduled, scheduled.plan, due)

    def _release(self, scheduled: ScheduledBulk, plan: int, at: float) -> None:
        if plan != scheduled.plan:
            return
        scheduled.status = BulkStatus.PROCESSING
        last = self._send(scheduled.entries, at, scheduled.interval)
        self._world.agenda.at(last + PROCESSING_SECONDS, self._finish, scheduled)

    def _finish(self, scheduled: ScheduledBulk) -> None:
        scheduled.status = BulkStatus.FINISHED

    def _send(self, entries: Sequence[Entry], at: float, interval: float) -> float:
        """Give messages to delivery, each at its moment from `at` on. Returns the last of these moments."""
        waves: dict[float, list[Entry]] = defaultdict(list)
        for position, entry in enumerate(entries):
            waves[self._moment(entry, at, at + int(position * interval))].append(entry)
        for moment, wave in waves.items():
            if moment <= at:
                self._delivery.launch(wave, at)
            else:
                self._world.agenda.at(moment, self._delivery.launch, wave, moment)
        return max(waves, default=at)

    def _moment(self, entry: Entry, start: float, moment: float) -> float:
        """When one message goes out: `moment` or when its window opens, or its end when that is too late."""
        content, options = entry.body, entry.body.options
        if options.window is not None:
            moment = next_opening(moment, options.window)
        if options.expires_after is not None and moment > start + options.expires_after:
            entry.outcome = LATE_FOR_SMS if isinstance(content, SmsContent) else LATE_FOR_EMAIL
            return start + max(0.0, options.expires_after)
        return moment
