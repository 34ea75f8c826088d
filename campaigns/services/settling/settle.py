"""What a dead worker left, and what "perhaps sent" turns out to be: by look-up, by the same references again, or
by a person. Never by a guess (DESIGN §5.2)."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q

from campaigns.models import Batch, Dispatch, EvidenceSource
from campaigns.providers.base import Absent, Capabilities, Channel, Event, EventKind, ProviderError
from campaigns.querysets import claims, in_flight, ledger_ids
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.connecting import accounts
from campaigns.services.sending import guards, outcomes
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import receipts, repetition
from campaigns.states import RECIPIENT_MOVES, BatchStatus, DispatchStatus, Reason, RecipientStatus
from console.services import crypto

log = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 10.0  # when the look-up itself failed
BATCHES_PER_RUN = 20


def sweep_leases(now: datetime) -> int:
    """Batches whose worker died: back to the queue when the intent was never committed, else `unknown`."""
    dead = Batch.objects.filter(status=BatchStatus.CLAIMED, lease_until__lt=now)
    found = list(dead.select_related("dispatch__account").order_by("pk")[:200])
    for batch in found:
        with transaction.atomic():
            if Batch.objects.select_for_update().filter(pk=batch.pk, status=BatchStatus.CLAIMED, lease_until__lt=now):
                _sweep(batch, now)
    return len(found)


def _sweep(batch: Batch, now: datetime) -> None:
    dispatch = batch.dispatch
    ledger = outcomes.Ledger(now)
    if batch.started_at is None:
        people = in_flight.count(dispatch.pk, batch.number)
        ledger.move(dispatch.pk, (RecipientStatus.CLAIMED, ""), (RecipientStatus.QUEUED, ""), people)
        claims.give_back_batch(batch.pk, now, tried=False)
    else:
        people = claims.lose_rows(dispatch.pk, batch.number, Reason.WORKER_DIED)
        ledger.move(
            dispatch.pk, (RecipientStatus.CLAIMED, ""), (RecipientStatus.UNKNOWN, Reason.WORKER_DIED.value), people
        )
        capabilities = accounts.capabilities(dispatch.account, dispatch.channel)
        end = claims.closing(
            batch.pk,
            BatchStatus.UNKNOWN if people else BatchStatus.DONE,
            now,
            http_status=None,
            excerpt="",
            look_up_at=outcomes.look_up_at(capabilities, 0, now) if people else None,
        )
        ledger.ends.append(end)
    ledger.close()
    log.warning("lease expired", extra={"batch": batch.pk, "dispatch": dispatch.pk, "people": people})


def due_look_ups(now: datetime) -> list[int]:
    found = Batch.objects.filter(status=BatchStatus.UNKNOWN, look_up_at__lte=now).order_by("look_up_at")
    return list(found.values_list("pk", flat=True)[:BATCHES_PER_RUN])


def look_up(batch_id: int, now: datetime) -> int:
    """Ask the vendor about one ambiguous batch; gives how many people were settled.

    The next time is written first, so that two runs do not ask twice and a killed one asks again later.
    """
    claimed = Batch.objects.filter(pk=batch_id, status=BatchStatus.UNKNOWN, look_up_at__lte=now).update(
        look_up_at=now + timedelta(seconds=settings.LEASE_SECONDS)
    )
    if not claimed:
        return 0
    batch = Batch.objects.select_related("dispatch__account", "dispatch__workspace").get(pk=batch_id)
    dispatch = batch.dispatch
    capabilities = accounts.capabilities(dispatch.account, dispatch.channel)
    if capabilities.absent_means is Absent.REPEAT:
        return repetition.repeat(batch, now)
    rows = ledger_ids.unknown_rows(dispatch.pk, batch.number)
    if capabilities.look_up_pause:
        until = now + timedelta(seconds=settings.LEASE_SECONDS + len(rows) * capabilities.look_up_pause)
        Batch.objects.filter(pk=batch_id).update(look_up_at=until)
    references = {reference_of(dispatch.key, pk, attempt): pk for pk, attempt, _ in rows}
    try:
        events = asyncio.run(_ask(batch, list(references), capabilities))
    except (ProviderError, crypto.WrongKey) as error:
        accounts.note_error(dispatch.account_id, getattr(error, "reason", Reason.AUTH), str(error), now)
        # What was learned before the vendor stopped us counts; the rest was not asked, so nothing follows from it.
        settled = receipts.apply(dispatch.account, getattr(error, "events", ()), now).moved
        wait = max(ASK_AGAIN_SECONDS, getattr(error, "retry_after", None) or 0.0)
        Batch.objects.filter(pk=batch_id).update(look_up_at=now + timedelta(seconds=wait))
        return settled
    settled = receipts.apply(dispatch.account, events, now).moved
    _after_look_up(batch, now)
    return settled


async def _ask(batch: Batch, references: list[str], capabilities: Capabilities) -> list[Event]:
    """What the vendor knows of the references. One that it keeps for later may not be in its logs yet: when it keeps
    the request, and nothing else was sent under its key, it has them all."""
    channel = Channel(batch.dispatch.channel)
    async with accounts.open_provider(batch.dispatch.account, connections=2) as provider:
        events = list(await provider.look_up(references, channel))
        missing = set(references) - {event.reference for event in events}
        whole = len(missing) == batch.size
        if capabilities.keeps_for and whole and await provider.kept(str(batch.key), channel):
            events += [Event(EventKind.ACCEPTED, "", reference=reference, channel=channel) for reference in missing]
        return events


def _after_look_up(batch: Batch, now: datetime) -> None:
    """Plan the next look-up, or do what the vendor's contract says about "not found" after the last."""
    dispatch = batch.dispatch
    capabilities = accounts.capabilities(dispatch.account, dispatch.channel)
    with transaction.atomic():
        rows = ledger_ids.unknown_rows(dispatch.pk, batch.number)
        asked = batch.look_ups + 1
        next_at = outcomes.look_up_at(capabilities, asked, now) if rows else None
        resubmit = bool(rows) and next_at is None and may_resubmit(dispatch, capabilities)
        resubmit = resubmit and (now - _first_doubt(batch, now)).total_seconds() <= capabilities.resubmit_for
        Batch.objects.filter(pk=batch.pk).update(
            look_ups=asked,
            look_up_at=next_at,
            status=BatchStatus.UNKNOWN if rows and not resubmit else BatchStatus.DONE,
        )
        if not rows or next_at is not None:
            return
        ledger = outcomes.Ledger(now)
        if resubmit:
            number = outcomes.add_batch(dispatch.pk, len(rows), now, resubmission=True)
            again = [RowOutcome(id=pk, status=RecipientStatus.QUEUED, batch_no=number) for pk, _, _ in rows]
            ledger.write(dispatch.pk, again, RECIPIENT_MOVES["resubmit"].sources)
        else:
            lost = [RowOutcome(id=pk, status=RecipientStatus.UNKNOWN, reason=Reason.NOT_FOUND) for pk, _, _ in rows]
            moved = ledger.write(dispatch.pk, lost, frozenset({RecipientStatus.UNKNOWN}))
            ours = -ledger.deltas[dispatch.pk][RecipientStatus.UNKNOWN, Reason.WORKER_DIED]
            if moved > ours:  # what our own death left says nothing about the provider
                ledger.learn(dispatch, moved - ours, moved - ours)
        ledger.close(EvidenceSource.RECEIPTS)
        guards.enforce(ledger.verdicts, now)


def _first_doubt(batch: Batch, now: datetime) -> datetime:
    """When the first batch of the dispatch set out whose outcome had to be asked: rows of this one may stem from it."""
    asked = Batch.objects.filter(Q(look_ups__gt=0) | Q(pk=batch.pk), dispatch_id=batch.dispatch_id)
    found: datetime | None = asked.aggregate(first=Min("started_at"))["first"]
    return found or now


def close_settled(dispatch_id: int) -> None:
    """Batches of which no row is unknown any more need no look-up."""
    open_numbers = ledger_ids.batches_with_unknown(dispatch_id)
    Batch.objects.filter(dispatch_id=dispatch_id, status=BatchStatus.UNKNOWN).exclude(number__in=open_numbers).update(
        status=BatchStatus.DONE, look_up_at=None
    )


def may_resubmit(dispatch: Dispatch, capabilities: Capabilities) -> bool:
    """The vendor refuses doubles under the same reference, and nobody has stopped the dispatch."""
    return capabilities.absent_means is Absent.RESUBMIT and dispatch.status != DispatchStatus.STOPPED
