"""Rate limits that hold across processes, and the hours in which marketing waits."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.models import Dispatch, Pace, ProviderAccount
from campaigns.querysets import sql
from console.models import Workspace

# Requests leave a little later than their slot, some more than others; without headroom a one-second window
# at the provider could hold one too many.
HEADROOM = 0.95
# A lane takes a batch only when it may leave this soon: what is not taken can still be paused.
HORIZON_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    per_second: float


def limits_of(account: ProviderAccount, dispatch: Dispatch, natural_rps: float) -> tuple[Limit | None, list[Limit]]:
    """The limit on requests and those on messages. `natural_rps`: the vendor's figure where the operator set none."""
    requests = Limit(f"account:{account.pk}:requests", account.requests_per_second or natural_rps)
    messages = []
    if account.messages_per_second:
        messages.append(Limit(f"account:{account.pk}:messages", account.messages_per_second))
    if dispatch.messages_per_second:
        messages.append(Limit(f"dispatch:{dispatch.pk}", dispatch.messages_per_second))
    return (requests if requests.per_second > 0 else None), messages


def wait_for(limits: Sequence[Limit], now: datetime) -> float:
    """Seconds until the first of the limits lets anything leave; 0 when it may now."""
    if not limits:
        return 0.0
    clock, params = _clock(now)
    look = f"SELECT next_at - {clock} FROM campaigns_pace WHERE name IN ({sql.marks(limits)})"
    found = sql.rows(look, [*params, *(limit.name for limit in limits)])
    return max([0.0, *(float(wait) for (wait,) in found)])


def reserve(wanted: Sequence[tuple[Limit, int]], now: datetime) -> float:
    """Take so many slots in each of the limits (generic cell rate algorithm); gives the seconds to wait before the
    first may leave. The following ones come every 1/rate seconds. Call it in a transaction: until that ends nobody
    else takes slots of these limits.

    All limits begin to count at the same moment, that of the latest: what one of them delays would otherwise leave
    in a time that the others have given to somebody else.
    """
    if not wanted:
        return 0.0
    wanted = sorted(wanted, key=lambda each: each[0].name)
    names = [limit.name for limit, _ in wanted]
    clock, params = _clock(now)
    look = f"SELECT next_at - {clock} FROM campaigns_pace WHERE name IN ({sql.marks(names)})"
    look += " ORDER BY name FOR UPDATE" if sql.is_postgres() else ""
    found = sql.rows(look, [*params, *names])
    if len(found) < len(names):
        Pace.objects.bulk_create([Pace(name=name) for name in names], ignore_conflicts=True)
        found = sql.rows(look, [*params, *names])
    wait = max([0.0, *(float(left) for (left,) in found)])
    rows = ", ".join([f"(%s, {clock} + %s)"] * len(wanted))
    values = [
        [name, *params, wait + units / (limit.per_second * HEADROOM)]
        for (limit, units), name in zip(wanted, names, strict=True)
    ]
    sql.run(
        f"INSERT INTO campaigns_pace (name, next_at) VALUES {rows} "
        "ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at",
        [value for row in values for value in row],
    )
    return wait


def take(limit: Limit, now: datetime) -> float:
    """Take one slot, whenever it comes; gives the seconds to wait for it."""
    with transaction.atomic():
        return reserve([(limit, 1)], now)


def spacing(requests: Limit, messages: Sequence[Limit], people: int) -> float:
    """Seconds between the requests of a batch that goes one message a request: as the limit on requests wants it,
    which has given this time to nobody else. A batch that a limit on messages would spread over more than a second
    (it was lowered since) takes its time."""
    slowest = min([requests.per_second, *(limit.per_second for limit in messages if people > limit.per_second)])
    return 1 / (slowest * HEADROOM)


def _clock(now: datetime) -> tuple[str, list[float]]:
    """The time in SQL, in seconds since 1970. The database's where it serves several hosts, whose clocks differ."""
    if sql.is_postgres():
        return "EXTRACT(EPOCH FROM clock_timestamp())::float8", []
    return "%s", [now.timestamp()]


def take_soon(limit: Limit, now: datetime) -> float | None:
    """Take one slot if it is free within the horizon; gives the seconds to wait for it, None when others were first.
    For calls that can as well be made a second later, so that nobody queues for them."""
    at = now.timestamp()
    length = 1 / (limit.per_second * HEADROOM)
    larger = "GREATEST" if sql.is_postgres() else "MAX"
    found = sql.rows(
        "INSERT INTO campaigns_pace (name, next_at) VALUES (%s, %s) "
        f"ON CONFLICT (name) DO UPDATE SET next_at = {larger}(campaigns_pace.next_at, %s) + %s "
        "WHERE campaigns_pace.next_at <= %s RETURNING next_at",
        [limit.name, at + length, at, length, at + HORIZON_SECONDS],
    )
    return max(0.0, float(found[0][0]) - length - at) if found else None


def hold_back(limit: Limit, until: datetime) -> None:
    """No slot before `until`; never shortens what was asked before."""
    at = until.timestamp()
    larger = "GREATEST" if sql.is_postgres() else "MAX"
    sql.run(
        "INSERT INTO campaigns_pace (name, next_at) VALUES (%s, %s) "
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
