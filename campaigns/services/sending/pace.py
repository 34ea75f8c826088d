"""Rate limits that hold across processes, and the hours in which marketing waits."""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db import transaction

from campaigns.models import Dispatch, Pace, ProviderAccount
from campaigns.querysets import sql
from console.models import Workspace

# Requests leave a little later than their slot, some more than others, but none by more than `batching.LATE`; without
# headroom a one-second window at the provider could hold one too many.
HEADROOM = 0.92
# So long after its slot everything leaves that keeps a distance: time to commit the intent.
LEAD_SECONDS = 0.1
# A wait this short is none. A limit far above what we reach asks for less between two batches, and the difference of
# two times since 1970 is not exact; each such wait cost a lane `LEAD_SECONDS`, and its slot when it was late by then.
INSTANT = 0.001
# A lane takes a batch only when it may leave this soon: what is not taken can still be paused, and is still there when
# the provider asks everybody to wait.
HORIZON_SECONDS = 0.3
# Requests that no lane makes in a second, when each brings one message: some 5,000 were seen. What allows more needs no
# distances, and what allows more than all lanes of the account make is none.
FASTEST_LANE = 10_000.0
# A call that can as well be made later waits for its slot no longer than this.
SOON_SECONDS = 0.5
# What was taken leaves this soon, or goes back.
LONGEST_SECONDS = 1.5
# What may leave in a second goes in so many parts, so that several dispatches share it; but in none smaller than these
# messages: small requests cost more than they share.
PARTS, SMALLEST_PART = 4, 3


@dataclass(frozen=True, slots=True)
class Limit:
    """`in_window`: units come many at a time, and those of any one second are counted; else one by one, evenly."""

    name: str
    per_second: float
    in_window: bool = False


def limits_of(account: ProviderAccount, dispatch: Dispatch, natural_rps: float) -> tuple[Limit | None, list[Limit]]:
    """The limit on requests, None where there is none or none that could be reached, and those on messages.
    `natural_rps`: the vendor's figure where the operator set none."""
    requests = Limit(f"account:{account.pk}:requests", account.requests_per_second or natural_rps)
    messages = []
    if account.messages_per_second:
        messages.append(Limit(f"account:{account.pk}:messages", account.messages_per_second, in_window=True))
    if dispatch.messages_per_second:
        messages.append(Limit(f"dispatch:{dispatch.pk}", dispatch.messages_per_second, in_window=True))
    reachable = 0 < requests.per_second < FASTEST_LANE * settings.LANES_PER_ACCOUNT
    return (requests if reachable else None), messages


def part_of(per_second: float, most_parts: float) -> int:
    """Messages that leave together under this limit, when there may be at most so many parts in a second."""
    parts = max(1, math.floor(min(PARTS, most_parts, per_second / SMALLEST_PART)))
    return max(1, math.floor(per_second / parts))


def wait_for(limits: Sequence[Limit], now: datetime) -> float:
    """Seconds until the first of the limits lets anything leave; 0 when it may now."""
    if not limits:
        return 0.0
    clock, params = _clock(now)
    look = f"SELECT next_at - {clock} FROM campaigns_pace WHERE name IN ({sql.marks(limits)})"
    found = sql.rows(look, [*params, *(limit.name for limit in limits)])
    return max([0.0, *(float(wait) for (wait,) in found)])


def reserve(
    wanted: Sequence[tuple[Limit, int]], now: datetime, ahead: float = 0.0, within: float = math.inf
) -> float | None:
    """Take so many slots in each of the limits; gives the seconds to wait before the first may leave, at least `ahead`.
    None when that were more than `within`: then nothing is taken. Call it in a transaction: until that ends nobody else
    takes slots of these limits.

    All limits begin to count at the same moment, that of the latest: what one of them delays would otherwise leave
    in a time that the others have given to somebody else.
    """
    if not wanted:
        return ahead
    units = {limit.name: (limit, n) for limit, n in wanted}
    clock, rows = _read(sorted(units), now)
    at = max([clock + ahead, *(next_at for next_at, _ in rows.values())])
    settled = False
    while not settled:  # a later moment for one limit is to fit the others as well
        before = at
        for limit, n in units.values():
            if limit.in_window:
                at = _room_at(limit, n, rows[limit.name][1], at)
        settled = at == before
    if at - clock > within:
        return None
    params: list[object] = []
    for name in sorted(units):
        limit, n = units[name]
        params += [name, *_after(limit, n, rows[name][1], at)]
    sql.run(
        f"INSERT INTO campaigns_pace (name, next_at, recent) VALUES {', '.join(['(%s, %s, %s)'] * len(units))} "
        "ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at, recent = excluded.recent",
        params,
    )
    return at - clock


Recent = list[tuple[float, int]]  # (until when it counts, units), in the order in which they leave


def _read(names: Sequence[str], now: datetime) -> tuple[float, dict[str, tuple[float, Recent]]]:
    """The time, and (next_at, recent) of each limit, which are locked."""
    clock, params = _clock(now)
    look = f"SELECT {clock}, name, next_at, recent FROM campaigns_pace WHERE name IN ({sql.marks(names)})"
    look += " ORDER BY name FOR UPDATE" if sql.is_postgres() else ""
    found = sql.rows(look, [*params, *names])
    if len(found) < len(names):
        Pace.objects.bulk_create([Pace(name=name) for name in names], ignore_conflicts=True)
        found = sql.rows(look, [*params, *names])
    return max(float(row[0]) for row in found), {
        name: (float(next_at), [(end, n) for end, n in orjson.loads(recent)] if recent else [])
        for _, name, next_at, recent in found
    }


def _room_at(limit: Limit, units: int, recent: Recent, at: float) -> float:
    """The first moment from `at` on at which so many more fit into the window. More than fit into an empty one leave
    alone, and count for longer."""
    for moment in [at, *sorted(end for end, _ in recent if end > at)]:
        there = sum(n for end, n in recent if end > moment)
        if not there or there + units <= limit.per_second:
            return moment
    return at


def _after(limit: Limit, units: int, recent: Recent, at: float) -> tuple[float, str]:
    """(next_at, recent) once so many have left at `at`."""
    if not limit.in_window:
        return at + units / (limit.per_second * HEADROOM), ""
    counts_until = at + max(1.0, units / limit.per_second) / HEADROOM
    kept = [(end, n) for end, n in recent if end > at] + [(counts_until, units)]
    return _room_at(limit, 1, kept, at), orjson.dumps(kept).decode()


def take(limit: Limit, now: datetime) -> float:
    """Take one slot, whenever it comes; gives the seconds to wait for it."""
    with transaction.atomic():
        return reserve([(limit, 1)], now) or 0.0


def spacing(requests: Limit, messages: Sequence[Limit], people: int) -> float:
    """Seconds between the requests of a batch that goes one message a request: as the limit on requests wants it,
    which has given this time to nobody else. A batch that a limit on messages would spread over more than a second
    (it was lowered since) takes its time. 0 where no lane is as fast as the limits allow."""
    slowest = min([requests.per_second, *(limit.per_second for limit in messages if people > limit.per_second)])
    return 1 / (slowest * HEADROOM) if slowest < FASTEST_LANE else 0.0


def _clock(now: datetime) -> tuple[str, list[float]]:
    """The time in SQL, in seconds since 1970. The database's where it serves several hosts, whose clocks differ."""
    if sql.is_postgres():
        return "EXTRACT(EPOCH FROM clock_timestamp())::float8", []
    return "%s", [now.timestamp()]


def take_soon(limit: Limit, now: datetime) -> float | None:
    """Take one slot if it is free soon; gives the seconds to wait for it, None when others were first.
    For calls that can as well be made a second later, so that nobody queues for them."""
    at = now.timestamp()
    length = 1 / (limit.per_second * HEADROOM)
    larger = "GREATEST" if sql.is_postgres() else "MAX"
    found = sql.rows(
        "INSERT INTO campaigns_pace (name, next_at, recent) VALUES (%s, %s, '') "
        f"ON CONFLICT (name) DO UPDATE SET next_at = {larger}(campaigns_pace.next_at, %s) + %s "
        "WHERE campaigns_pace.next_at <= %s RETURNING next_at",
        [limit.name, at + length, at, length, at + SOON_SECONDS],
    )
    return max(0.0, float(found[0][0]) - length - at) if found else None


def hold_back(limit: Limit, until: datetime) -> None:
    """No slot before `until`; never shortens what was asked before."""
    at = until.timestamp()
    larger = "GREATEST" if sql.is_postgres() else "MAX"
    sql.run(
        "INSERT INTO campaigns_pace (name, next_at, recent) VALUES (%s, %s, '') "
        f"ON CONFLICT (name) DO UPDATE SET next_at = {larger}(campaigns_pace.next_at, %s)",
        [limit.name, at, at],
    )


def quiet_until(workspace: Workspace, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in, by the workspace's zone; None outside of them."""
    start, end = workspace.quiet_from, workspace.quiet_to
    if start is None or end is None or start == end:
        return None
    local = now.astimezone(zoneinfo.ZoneInfo(workspace.time_zone))
    today = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    clock = local.time().replace(second=0, microsecond=0)
    if start < end:
        return today if start <= clock < end else None
    if clock >= start:
        return today + timedelta(days=1)
    return today if clock < end else None
