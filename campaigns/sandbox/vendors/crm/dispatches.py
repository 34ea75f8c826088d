"""Dispatches: one for every call that was accepted, and the status that each has at a moment of virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.sandbox.log import Submission
from campaigns.sandbox.vendors.crm.templates import DETOUR, FAILS, FAILS_EARLY, SLOW, STUCK, Template
from campaigns.sandbox.vendors.crm.times import wall_clock, whole_seconds

DRAFT, PENDING, QUEUED, UNDOCUMENTED, ERROR = 1, 2, 3, 4, 7
INITIAL_SECONDS = 1.0  # in Draft
QUEUING_SECONDS = 1.0
DETOUR_SECONDS = 5.0
SLOW_SECONDS = 60.0
INVISIBLE_SECONDS = 20.0
REFUSED = "Gateway refused the batch"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a dispatch is. `started` and `finished` are the moments of queuing, None as long as they lie ahead."""

    status: int
    started: float | None = None
    finished: float | None = None
    error: str | None = None


class Dispatch(Submission):
    """What the recipients of one call share. `send_at` is virtual time; `valid` the recipients that passed."""

    __slots__ = ("hidden_until", "id", "send_at", "template", "valid")

    def __init__(self, number: int, at: float, dispatch_id: int, template: Template, send_at: float, valid: int):
        super().__init__(number, at, str(dispatch_id))
        self.id, self.template, self.send_at, self.valid = dispatch_id, template, send_at, valid
        self.hidden_until = 0.0

    def hide(self, now: float) -> None:
        """Not visible to questions for a while (the fault `late_visibility`)."""
        self.hidden_until = now + INVISIBLE_SECONDS

    def standing(self, now: float) -> Standing:
        """1 for the first second, 2 until it is time, 3, and 3 with finished queuing a second later."""
        if not self.valid:
            return Standing(QUEUED, self.at, self.at)
        behaviour = self.template.behaviour
        if now < self.at + INITIAL_SECONDS:
            return Standing(DRAFT)
        start = max(self.send_at, self.at + INITIAL_SECONDS) + (SLOW_SECONDS if behaviour == SLOW else 0.0)
        if behaviour == STUCK or now < start:
            return Standing(PENDING)
        if behaviour == FAILS_EARLY:
            return Standing(ERROR, error=REFUSED)
        if behaviour == FAILS:
            return Standing(ERROR, start, error=REFUSED)
        if behaviour == DETOUR:
            if now < start + DETOUR_SECONDS:
                return Standing(UNDOCUMENTED)
            start += DETOUR_SECONDS
        end = start + QUEUING_SECONDS
        return Standing(QUEUED, start, end if now >= end else None)

    def shown(self, now: float, zone: ZoneInfo) -> dict[str, Any]:
        """The answer of `GET /api/Dispatches/{id}`."""
        standing = self.standing(now)
        moved = standing.finished or standing.started
        return {
            "dispatchId": self.id,
            "campaignMessageId": self.template.id,
            "scheduleId": None,
            "createdAt": wall_clock(self.at, zone),
            "startedQueuingAt": wall_clock(standing.started, zone),
            "finishedQueuingAt": wall_clock(standing.finished, zone),
            "messageTypeId": self.template.channel,
            "isTest": False,
            "isInitialized": standing.status != DRAFT,
            "hasStartedQueuing": standing.started is not None,
            "hasFinishedQueuing": standing.finished is not None,
            "totalRecipients": self.valid,
            "sendStatusId": standing.status,
            "errorMessage": standing.error,
            "lastUpdate": whole_seconds(moved, zone),
            "queueAt": whole_seconds(self.send_at, zone),
            "sendAt": whole_seconds(self.send_at, zone),
            "legacyCode1": None,
            "gatewayId": "gw-1" if standing.finished is not None else "",
            "gatewayId1": "",
            "creationDate": whole_seconds(self.at, zone),
            "modifiedDate": whole_seconds(moved or self.at, zone),
        }
