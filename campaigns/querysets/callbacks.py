"""The inbox of callbacks in SQL: kept once, taken in bites, closed set-wise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from campaigns.models import ProviderEvent
from campaigns.querysets import sql

_COLUMNS = "account_id, kind, digest, headers, body, received_at, tries, outcome, note"
_VALUES = "(%s, %s, %s, %s, %s, %s, 0, '', '')"


@dataclass(frozen=True, slots=True)
class Door:
    """What the inbound door must know of an account; `pk` is the account's."""

    pk: int
    provider: str
    callback_token: str
    hook_networks: str = ""


def door(token: str) -> Door | None:
    """The door whose addresses hold `token`. In SQL of its own: it opens for every single event of every message."""
    found = sql.straight(
        "SELECT id, provider, callback_token, hook_networks FROM campaigns_provideraccount WHERE callback_token = %s",
        [token],
    ).fetchone()
    return Door(*found) if found else None


class Arrival(NamedTuple):
    """A callback that has just come: see `ProviderEvent`."""

    account_id: int
    kind: str
    digest: str
    headers: Mapping[str, Any]
    body: str
    received_at: datetime


def keep(arrivals: Sequence[Arrival]) -> None:
    """Write callbacks down in one statement, but for those that are already there."""
    params: list[Any] = []
    for account_id, kind, digest, headers, body, received_at in arrivals:
        params += [account_id, kind, digest, orjson.dumps(headers).decode(), body, sql.stamp(received_at)]
    sql.straight(
        f"INSERT INTO campaigns_providerevent ({_COLUMNS}) VALUES {', '.join([_VALUES] * len(arrivals))} "
        "ON CONFLICT (account_id, digest) DO NOTHING",
        params,
    )


@dataclass(slots=True)
class Stored:
    """A kept callback in the applier's hands, and what became of it: see `ProviderEvent`. (A model's object takes five
    times as long to make.)"""

    pk: int
    account_id: int
    kind: str
    headers: Mapping[str, Any]
    body: str
    tries: int
    outcome: str = ""
    note: str = ""
    applied_at: datetime | None = None
    retry_at: datetime | None = None


def due(now: datetime) -> QuerySet[ProviderEvent]:
    return ProviderEvent.objects.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now), applied_at=None)


def oldest(now: datetime, most: int, most_characters: int) -> tuple[list[Stored], bool]:
    """The oldest callbacks that are due, and whether there may be more of them: at most `most`, and after the first no
    more than `most_characters` of content, because one callback may hold a thousand events."""
    with sql.in_order():
        sizes = list(due(now).order_by("pk").annotate(size=Length("body")).values_list("pk", "size")[:most])
    chosen: list[int] = []
    total = 0
    for pk, size in sizes:
        total += size
        if chosen and total > most_characters:
            break
        chosen.append(pk)
    more = len(sizes) == most or len(chosen) < len(sizes)
    listed, param = sql.among(chosen)
    rows = sql.many(
        "id, account_id, kind, headers, body, tries", f"FROM campaigns_providerevent WHERE id {listed}", [param]
    )
    found = [Stored(pk, of, kind, orjson.loads(headers), body, tries) for pk, of, kind, headers, body, tries in rows]
    return sorted(found, key=attrgetter("pk")), more


def take(found: Sequence[Stored], now: datetime) -> list[Stored]:
    """Those of them that are still due and in nobody else's hands, locked until commit."""
    if not found:
        return []
    locking = " ORDER BY id FOR UPDATE SKIP LOCKED" if sql.is_postgres() else ""
    listed, param = sql.among(row.pk for row in found)
    free = sql.many(
        "id",
        f"FROM campaigns_providerevent WHERE id {listed} AND applied_at IS NULL "
        f"AND (retry_at IS NULL OR retry_at <= %s){locking}",
        [param, sql.stamp(now)],
    )
    ids = {pk for (pk,) in free}
    return [row for row in found if row.pk in ids]


def close(stored: Sequence[Stored]) -> None:
    """Write what became of each, in one statement for all that had the same fate: `bulk_update` puts a CASE of every
    row into each column, and half a second for a thousand stood in the way of everything else."""
    fates: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in stored:
        fates[row.outcome, row.note, row.applied_at, row.retry_at, row.tries].append(row.pk)
    for (outcome, note, applied_at, retry_at, tries), ids in fates.items():
        listed, param = sql.among(ids)
        sql.run(
            "UPDATE campaigns_providerevent SET outcome = %s, note = %s, applied_at = %s, retry_at = %s, tries = %s "
            f"WHERE id {listed}",
            [outcome, note, sql.stamp(applied_at), sql.stamp(retry_at), tries, param],
        )


def forget(old: datetime) -> None:
    """Delete what was applied and came before `old`, from the first id up to the first that came later."""
    kept = ProviderEvent.objects.filter(received_at__gte=old).order_by("pk").values_list("pk", flat=True).first()
    past = ProviderEvent.objects.filter(received_at__lt=old, applied_at__isnull=False)
    (past if kept is None else past.filter(pk__lt=kept)).delete()
