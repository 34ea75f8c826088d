"""When messages were delivered: from a sample of the ledger, so that a page costs the same at ten million rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from campaigns.models import Dispatch, Recipient
from campaigns.querysets import reading
from campaigns.states import RecipientStatus

SAMPLE = 400  # rows; the error of a share is then about 2 %, less than a line of the chart is thick
CHART_POINTS = 36


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivered message of the sample."""

    handed_over_at: datetime
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class Curve:
    """Messages delivered by then, in evenly spaced points from `start` to `end`; the last one is all of them."""

    values: tuple[float, ...]
    start: datetime
    end: datetime

    @property
    def middle(self) -> datetime:
        return self.start + (self.end - self.start) / 2


def sample(dispatch: Dispatch, points: int = SAMPLE) -> list[Delivery]:
    """Delivered messages spread evenly over the ledger, in the order of their delivery."""
    ids = reading.spread(dispatch.pk, RecipientStatus.DELIVERED, points)
    found = Recipient.objects.filter(pk__in=ids).values_list("handed_over_at", "final_at")
    deliveries = [Delivery(handed_over, final) for handed_over, final in found if handed_over and final]
    return sorted(deliveries, key=lambda delivery: delivery.delivered_at)


def typical_seconds(deliveries: Sequence[Delivery]) -> float | None:
    """Half of the receipts came within this many seconds; None without any."""
    waits = [max(0.0, (d.delivered_at - d.handed_over_at).total_seconds()) for d in deliveries]
    return median(waits) if waits else None


def curve(deliveries: Sequence[Delivery], delivered: int, points: int = CHART_POINTS) -> Curve | None:
    """How the number delivered grew to `delivered`; None when the sample is too small to draw."""
    if len(deliveries) < 2:
        return None
    start = min(d.handed_over_at for d in deliveries)
    moments = [d.delivered_at for d in deliveries]
    end = moments[-1]
    if end <= start:
        return None
    step = (end - start) / points
    shares = [bisect_right(moments, start + step * i) / len(moments) for i in range(points)]
    return Curve(tuple(delivered * share for share in [*shares, 1.0]), start, end)
