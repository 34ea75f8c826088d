"""The first step of a list campaign: the people of the ledger's batches brought to the vendor's list, in chunks.

The cursor moves in the transaction that writes what became of a batch's rows, after the vendor has taken all of them;
a batch that was brought there without that is brought again, which changes nothing there.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from campaigns.models import Batch, Dispatch, ListRun
from campaigns.providers.base import Body, Message
from campaigns.providers.lists import ListProvider
from campaigns.querysets import standing, tallies
from campaigns.querysets.claims import ClaimedBatch
from campaigns.services.connecting import accounts
from campaigns.services.sending import list_plans, list_wire, outcomes, pace
from campaigns.services.sending.flights import Flight, is_marketing, load
from campaigns.services.writing import content
from campaigns.states import RECIPIENT_MOVES, BatchStatus, ListStatus, RecipientStatus

ANOTHER_TRY = timedelta(seconds=10)


def upload_next(run: ListRun, now: datetime) -> bool:
    """Bring the next ledger batch to the list; when the audience is complete and all of it is there, go on."""
    dispatch = run.dispatch
    if not run.cursor and not list_plans.is_alone(run):
        list_plans.write(run, next_at=now + ANOTHER_TRY)
        return False
    ready = Batch.objects.filter(dispatch=dispatch, status=BatchStatus.READY, number__gt=run.cursor)
    batch = ready.order_by("number").first()
    if batch is None:
        if dispatch.prepared_at is None:
            list_plans.write(run, next_at=now + timedelta(seconds=1))
            return False
        if not run.uploaded:
            list_plans.write(run, status=ListStatus.CANCELLED, next_at=None)
            return False
        list_plans.write(run, status=ListStatus.CREATING)
        return True
    skip_unwanted(run, batch.number, batch.number, now)
    flight = _flight_of(dispatch, batch)
    assert flight.outgoing is not None
    messages = flight.outgoing.messages
    _send_contacts(run, flight.outgoing.body, messages, now)
    with transaction.atomic():
        ledger = outcomes.Ledger(now)
        ledger.write(dispatch.pk, flight.stays, RECIPIENT_MOVES["skip"].sources)
        standing.note_parts(flight.parts)
        list_plans.write(run, cursor=batch.number, uploaded=F("uploaded") + len(messages), detail="")
        ledger.close()
    return True


def _flight_of(dispatch: Dispatch, batch: Batch) -> Flight:
    """The messages of a batch's rows that still wait, made as a lane would."""
    claimed = ClaimedBatch(batch.pk, batch.number, batch.key, batch.size, batch.tries, batch.resubmission)
    flight = Flight(dispatch, claimed, accounts.capabilities(dispatch.account, dispatch.channel))
    rows = standing.rows(dispatch.pk, batch.number, RecipientStatus.QUEUED)
    load(flight, rows, content.compiled(dispatch.version), accounts.open_provider(dispatch.account, connections=1))
    return flight


def _send_contacts(run: ListRun, body: Body, messages: Sequence[Message], now: datetime) -> None:
    """Chunk by chunk, at the account's pace."""
    size = list_wire.chunk_of(run.dispatch.account)
    chunks = [messages[start : start + size] for start in range(0, len(messages), size)]
    delays = [_slot(run, now) for _ in chunks]

    async def call(provider: ListProvider) -> None:
        if not run.cursor:
            await provider.open_list(run.kind, run.name)
        begun = time.monotonic()
        for chunk, delay in zip(chunks, delays, strict=True):
            await asyncio.sleep(max(0.0, delay - (time.monotonic() - begun)))
            await provider.upload(run.kind, run.name, body, chunk)

    if chunks:
        list_wire.ask(run.dispatch.account, call)


def _slot(run: ListRun, now: datetime) -> float:
    """Seconds until one more request may leave through the account."""
    natural = accounts.capabilities(run.dispatch.account, run.dispatch.channel).requests_per_second
    limit, _ = pace.limits_of(run.dispatch.account, run.dispatch, natural)
    return pace.take(limit, now) if limit else 0.0


def skip_unwanted(run: ListRun, first: int, last: int, now: datetime) -> int:
    """Leave out who has opted out, or whose contact is gone, since the audience was written; gives how many."""
    dispatch = run.dispatch
    with transaction.atomic():
        reasons = standing.skip_unwanted(
            dispatch.pk,
            first,
            last,
            channel=dispatch.channel,
            workspace_id=dispatch.workspace_id,
            marketing=is_marketing(dispatch),
            now=now,
        )
        deltas: Counter[tallies.Key] = Counter(
            {(RecipientStatus.SKIPPED.value, why): n for why, n in Counter(reasons).items()}
        )
        deltas[RecipientStatus.QUEUED.value, ""] -= len(reasons)
        tallies.shift(dispatch.pk, deltas)
    return len(reasons)
