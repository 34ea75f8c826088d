"""Audience → ledger, by set-based SQL in chunks; a killed run goes on at its cursor."""

from __future__ import annotations

import math
import secrets
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from campaigns.models import Batch, Dispatch, DispatchKind
from campaigns.querysets import chunks, sql, tallies
from campaigns.querysets.audience import AudienceSpec
from campaigns.services.connecting import accounts
from campaigns.services.sending import budgets, canaries, moves, pace
from campaigns.services.writing import audience, content
from campaigns.states import DispatchStatus, Reason, RecipientStatus

# People per transaction: about 50–100 ms of writing, so that receipts and pages are not kept waiting.
CHUNK = 20_000
LONGEST_REST = 1.0
PREPARING = (DispatchStatus.PREPARING, DispatchStatus.SENDING)


def batch_size_of(dispatch: Dispatch) -> int:
    """Messages per batch: what the vendor takes at once, but no more than a part of what may leave in one second, so
    that several dispatches share it, and than a twentieth of what the budget pays for, so that little is left over."""
    account, can = dispatch.account, accounts.capabilities(dispatch.account, dispatch.channel)
    requests = account.requests_per_second or can.requests_per_second
    limits = [limit for limit in (dispatch.messages_per_second, account.messages_per_second) if limit]
    if requests and can.one_per_request:
        limits.append(requests)
    most_pieces = requests if requests and not can.one_per_request else math.inf
    size = min([can.max_batch, *(pace.part_of(limit, most_pieces) for limit in limits)])
    most = budgets.units_allowed(dispatch)
    return size if most is None else max(1, min(size, most // 20))


def to_prepare(now: datetime) -> list[int]:
    """Dispatches whose audience is not wholly written yet and that nobody is writing; of which least is written first,
    so that a small one does not wait for millions."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    found = Dispatch.objects.filter(free, kind=DispatchKind.CAMPAIGN, prepared_at=None, status__in=PREPARING)
    return list(found.order_by("people", "pk").values_list("pk", flat=True))


def take(dispatch_id: int, now: datetime) -> Dispatch | None:
    """Lease a dispatch for writing its audience; None when somebody else has it."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    token = secrets.token_hex(16)
    taken = Dispatch.objects.filter(free, pk=dispatch_id, prepared_at=None, status__in=PREPARING).update(
        token=token, lease_until=now + timedelta(seconds=settings.LEASE_SECONDS)
    )
    if not taken:
        return None
    return Dispatch.objects.select_related("campaign__workspace", "account", "workspace").get(pk=dispatch_id)


def give_back(dispatch: Dispatch) -> None:
    """End the lease early, so that the next worker goes on at the cursor; and let the planner know of a large one."""
    Dispatch.objects.filter(pk=dispatch.pk, token=dispatch.token).update(lease_until=None, token="")
    if Dispatch.objects.filter(pk=dispatch.pk, people__gt=CHUNK).exists():
        chunks.refresh_statistics()


def spec_of(dispatch: Dispatch) -> AudienceSpec:
    """The campaign's audience, with the placeholders of the version that this dispatch froze."""
    compiled = content.compiled(dispatch.version_id)
    besides = accounts.capabilities(dispatch.account, dispatch.channel).contact_fields
    return replace(
        audience.spec_of(dispatch.campaign),
        required=content.required_names(compiled),
        names=content.stored_names(compiled, besides),
    )


def write_next(dispatch: Dispatch, spec: AudienceSpec, now: datetime) -> float | None:
    """Write one chunk in one transaction; gives how many seconds that took, None when the audience is complete, or the
    lease is gone.

    The lease is checked, and the cursor and counters move, in the transaction that writes the rows, so that a
    second run of the same task changes nothing.
    """
    mine = Dispatch.objects.filter(pk=dispatch.pk, token=dispatch.token, prepared_at=None, status__in=PREPARING)
    seen = mine.first()
    if seen is None:
        return None
    bounds = chunks.next_bounds(spec, seen.cursor, CHUNK)
    if bounds is None:
        _complete(mine, now)
        return None
    upper, people = bounds
    alone = canaries.left_to_cut(seen)
    chunk = chunks.read(spec, (seen.cursor, upper), people, exact=alone > 0)
    with transaction.atomic():
        began = time.monotonic()
        current = mine.select_for_update().first()
        if current is None or current.cursor != seen.cursor:
            return None
        last_id = chunks.last_recipient_id()
        cut = chunks.Cut(current.batches + 1, current.batch_size, alone)
        doubles = current.tallies.filter(reason=Reason.DUPLICATE).exists()
        written = chunks.write(chunk, current.pk, cut, now, doubles=doubles)
        batches = _count_in(current, people, last_id, now)
        Dispatch.objects.filter(pk=current.pk).update(
            cursor=upper,
            people=current.people + written,
            batches=current.batches + batches,
            open_until=current.batches + min(batches, math.ceil(alone / current.batch_size))
            if alone
            else F("open_until"),
            lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        )
        moves.begin(current, now)
    return time.monotonic() - began


def _complete(mine: QuerySet[Dispatch], now: datetime) -> None:
    with transaction.atomic():
        current = mine.select_for_update().first()
        if current is not None:
            Dispatch.objects.filter(pk=current.pk).update(prepared_at=now, lease_until=None, token="")
            moves.begin(current, now)


def rest_after(seconds: float) -> float:
    """Seconds to leave the database to others after a chunk was written in so many: on SQLite as long again. It has one
    writer, and chunk after chunk kept lanes and callbacks out of 99 % of the time. PostgreSQL's writers do not wait for
    each other."""
    return 0.0 if sql.is_postgres() else min(seconds, LONGEST_REST)


def _count_in(dispatch: Dispatch, most: int, last_id: int, now: datetime) -> int:
    """Make the batch rows and counters of the rows just written, at most `most`; gives the number of batch numbers
    used."""
    deltas: Counter[tallies.Key] = Counter()
    batches = []
    numbers = dispatch.batches + 1, dispatch.batches + 1 + math.ceil(most / dispatch.batch_size)
    for number, reason, people in chunks.counts(dispatch.pk, numbers, last_id):
        status = RecipientStatus.SKIPPED if number is None else RecipientStatus.QUEUED
        deltas[status, reason] += people
        if number is not None:
            batches.append(Batch(dispatch_id=dispatch.pk, number=number, size=people, not_before=now))
    Batch.objects.bulk_create(batches)
    tallies.shift(dispatch.pk, deltas)
    return max((batch.number for batch in batches), default=dispatch.batches) - dispatch.batches
