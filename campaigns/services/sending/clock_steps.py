"""When the machine's clock is set back, everything that waits for a time would wait that much longer: leases of dead
workers, slots of a rate limit, batches that were ready. One tick notices, and takes the step from all of them.

Set ahead, nothing has to be done: leases end early, what they held is asked about, and nobody gets anything twice.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Model

from campaigns.models import Batch, Dispatch, Lane, ListRun, Pace, ProviderAccount, ProviderEvent, Ticket
from console.models import Heartbeat

log = logging.getLogger(__name__)

# What waits for a time. Not the start of a campaign: a person has chosen it, by the right clock.
_WAITS: tuple[tuple[type[Model], str], ...] = (
    (Lane, "lease_until"),
    (Batch, "lease_until"),
    (Batch, "not_before"),
    (Batch, "look_up_at"),
    (Dispatch, "lease_until"),
    (ProviderAccount, "hold_until"),
    (ProviderAccount, "probe_until"),
    (ProviderAccount, "broken_since"),
    (ProviderAccount, "answers_since"),
    (ProviderAccount, "asked_since"),
    (ProviderEvent, "retry_at"),
    (Ticket, "follow_at"),
    (ListRun, "next_at"),
)


def margin() -> timedelta:
    """How far ahead of us a sign of life may lie. So long any wait may be, and what was written since by the new clock
    is not taken for something of the old one."""
    return timedelta(seconds=2 * settings.LEASE_SECONDS)


def mend(now: datetime, beat: str = "beat") -> timedelta | None:
    """Notice by the last sign of life of `beat`, which lies ahead of us, that the clock was set back; gives the step.
    Less than the margin is left alone."""
    latest = now + margin()
    last = Heartbeat.objects.filter(name=beat, at__gt=latest).values_list("at", flat=True).first()
    if last is None:
        return None
    step: timedelta = last - now
    with transaction.atomic():
        if not Heartbeat.objects.filter(name=beat, at=last).update(at=now):
            return None  # another tick was first
        for model, field in _WAITS:
            late = model._default_manager.filter(**{f"{field}__gt": latest})
            late.update(**{field: F(field) - step})
        late_slots = Pace.objects.filter(next_at__gt=latest.timestamp())
        late_slots.update(next_at=F("next_at") - step.total_seconds(), recent="")
    log.error("the clock was set back", extra={"seconds": step.total_seconds()})
    return step
