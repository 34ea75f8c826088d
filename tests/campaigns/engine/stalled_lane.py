"""A lane that stands still for as long as the state machine in `model` likes, such as on a host that is suspended."""

from __future__ import annotations

import math
from enum import StrEnum

from campaigns.models import Lane, ProviderAccount
from campaigns.services.connecting import accounts
from campaigns.services.sending import lanes
from tests.campaigns.engine.played_provider import Courier


class Before(StrEnum):
    """Where it stands still: it has claimed; it has committed its intent; its requests are made."""

    INTENT = "intent"
    REQUEST = "request"
    OUTCOME = "outcome"


class StalledLane:
    """Made: it claims what is due and goes as far as `before`. `go_on`: the rest of its life, as in `lanes.run`."""

    def __init__(self, lane: Lane, before: Before, courier: Courier, clock: lanes.Clock) -> None:
        self._lane, self._courier = lane, courier
        account = ProviderAccount.objects.get(pk=lane.account_id)
        provider = accounts.open_provider(account)
        self._slice = lanes._Slice(lane, account, provider, courier, clock, courier.draining)  # type: ignore[arg-type]
        courier.waits = before is Before.REQUEST
        self._since = clock()
        self._claimed = self._slice._claim(self._since) if self._slice._may_try(self._since) else []
        self._stands_before = before
        if before is not Before.INTENT:
            self._take_off()

    def go_on(self) -> None:
        try:
            if self._stands_before is Before.INTENT:
                self._take_off()
            self._courier.go_on()
            self._slice.renewed = self._slice.looked = -math.inf  # it was long ago
            self._slice.run()
        finally:
            Lane.objects.filter(pk=self._lane.pk, token=self._lane.token).update(lease_until=None, token="")

    def _take_off(self) -> None:
        self._slice._take_off(self._claimed, self._since)

    def __repr__(self) -> str:
        return f"<lane that stands before its {self._stands_before}: {[f.batch.number for f in self._claimed]}>"
