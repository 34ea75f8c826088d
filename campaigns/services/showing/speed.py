"""How fast a dispatch goes: rate, average, end and the points of the chart, all from `Pulse` (5-second buckets)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Max, Min, Sum

from campaigns.models import Dispatch, Pulse

BUCKET = 5  # seconds a Pulse row stands for
RECENT = 60  # seconds that "now" looks back
CHART_POINTS = 36


@dataclass(frozen=True, slots=True)
class Speed:
    """`now` and `average` are messages per second; `limit` too (None = none set). `first_at` and `last_at` bound
    the hand-overs; `sent` and `parts` are their sums, from which costs are counted."""

    now: float
    average: float
    limit: float | None
    sent: int
    parts: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def best(self) -> float:
        """The rate to foretell by: the last minute's, else the average."""
        return self.now or self.average


@dataclass(frozen=True, slots=True)
class Curve:
    """Messages per second in evenly spaced points from `start` to `end`."""

    values: tuple[float, ...]
    start: datetime
    end: datetime

    @property
    def middle(self) -> datetime:
        return self.start + (self.end - self.start) / 2


def limit_of(dispatch: Dispatch) -> float | None:
    """The lowest messages-per-second limit that binds the dispatch: its own or its account's."""
    limits = [dispatch.messages_per_second, dispatch.account.messages_per_second]
    return min((limit for limit in limits if limit), default=None)


def of(dispatch: Dispatch, now: datetime, idle: timedelta = timedelta(0)) -> Speed:
    """The speed of `dispatch` at `now`. `idle` is the time it stood still, which the average leaves out."""
    pulses = Pulse.objects.filter(dispatch=dispatch)
    sums = pulses.aggregate(sent=Sum("n"), parts=Sum("parts"), first=Min("at"), last=Max("at"))
    if not sums["sent"]:
        return Speed(0.0, 0.0, limit_of(dispatch), 0, 0, None, None)
    first, last = _moment(sums["first"]), _moment(sums["last"] + 1)
    over = dispatch.finished_at is not None
    end = last if over else max(last, now)
    seconds = max(BUCKET, (end - first).total_seconds() - idle.total_seconds())
    return Speed(
        now=0.0 if over else _recent(dispatch, first, now),
        average=sums["sent"] / seconds,
        limit=limit_of(dispatch),
        sent=sums["sent"],
        parts=sums["parts"],
        first_at=first,
        last_at=last,
    )


def curve(dispatch: Dispatch, speed: Speed, now: datetime, points: int = CHART_POINTS) -> Curve | None:
    """The chart of the whole dispatch so far; None before the first hand-over."""
    if speed.first_at is None or speed.last_at is None:
        return None
    end = speed.last_at if dispatch.finished_at else max(speed.last_at, now)
    first = int(speed.first_at.timestamp()) // BUCKET
    last = max(first, -(-int(end.timestamp()) // BUCKET) - 1)  # the bucket that holds the second before `end`
    width = -(-(last - first + 1) // points)  # buckets per point, rounded up
    rows = Pulse.objects.filter(dispatch=dispatch, at__gte=first, at__lte=last).values_list("at", "n")
    values = _spread(rows, first, last, width, end.timestamp())
    return Curve(values, _moment(first), _moment(first + width * len(values)))


def many_now(dispatches: Iterable[Dispatch], now: datetime) -> dict[int, float]:
    """Messages per second of each running dispatch over the last minute, or since its start when that is less; by
    one query."""
    started = {dispatch.pk: dispatch.started_at or now for dispatch in dispatches}
    rows = Pulse.objects.filter(dispatch__in=list(started), at__gt=_since(now)).values("dispatch")
    return {row["dispatch"]: row["n"] / _covered(started[row["dispatch"]], now) for row in rows.annotate(n=Sum("n"))}


def _recent(dispatch: Dispatch, first: datetime, now: datetime) -> float:
    """Messages per second over the last minute, or since the start when that is less."""
    sent = Pulse.objects.filter(dispatch=dispatch, at__gt=_since(now)).aggregate(n=Sum("n"))["n"] or 0
    return float(sent) / _covered(first, now)


def _since(now: datetime) -> int:
    """The last bucket that is too old for "now"."""
    return int(now.timestamp() - RECENT) // BUCKET


def _covered(first: datetime, now: datetime) -> float:
    """Seconds of the last minute since `first`; a whole bucket at least."""
    return max(BUCKET, (now - max(first, _moment(_since(now) + 1))).total_seconds())


def _spread(rows: Iterable[tuple[int, int]], first: int, last: int, width: int, end: float) -> tuple[float, ...]:
    """Rates of groups of `width` buckets. The last group has only the seconds that have passed by `end`."""
    sums = [0] * -(-(last - first + 1) // width)
    for at, n in rows:
        sums[(at - first) // width] += n
    whole = width * BUCKET
    begun = (first + (len(sums) - 1) * width) * BUCKET
    seconds = [whole] * (len(sums) - 1) + [min(whole, max(BUCKET, end - begun))]
    return tuple(n / length for n, length in zip(sums, seconds, strict=True))


def _moment(bucket: int) -> datetime:
    return datetime.fromtimestamp(bucket * BUCKET, UTC)
