"""The same request once more, where the vendor knows requests by their key (`Absent.REPEAT`).

What was perhaps sent is sent again with the very same body and key, once, and within the time that the vendor
remembers keys: either it is taken for the first time now, or the vendor says that it has it. Anything else stays
"perhaps sent" for a person. No lane does this, because the rows must stay `unknown` until the answer is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from campaigns.models import Batch, Dispatch, EvidenceSource
from campaigns.providers.base import Misconfigured, NotSent, Outcome, Outgoing, ProviderError, Receipt
from campaigns.querysets import ledger_ids, standing
from campaigns.querysets.claims import ClaimedBatch
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.connecting import accounts
from campaigns.services.sending import guards, holds, outcomes, pace
from campaigns.services.sending.flights import Flight, is_marketing, is_test, load
from campaigns.services.writing import content
from campaigns.states import BatchStatus, DispatchStatus, Reason, RecipientStatus
from console.services import crypto

# Half of the time for which the shortest known vendor remembers a key (Octopush contract §12.3).
WITHIN = timedelta(hours=12)
LATER = timedelta(seconds=30)


_OVER = (DispatchStatus.STOPPED, DispatchStatus.FINISHED)


def repeat(batch: Batch, now: datetime) -> int:
    """Repeat an ambiguous batch if that may be done now; gives how many people were settled. `batch` comes with its
    dispatch, account and workspace, leased by its `look_up_at`."""
    dispatch = batch.dispatch
    if batch.started_at is None or now - batch.started_at > WITHIN or dispatch.status in _OVER or batch.look_ups:
        return _leave_to_a_person(batch)
    if _has_to_wait(dispatch, now):
        return _later(batch, LATER, now)
    try:
        flight = _same_again(batch)
    except crypto.WrongKey as error:
        accounts.note_error(dispatch.account_id, Reason.AUTH, str(error), now)
        return _later(batch, LATER, now)
    if flight is None or flight.outgoing is None:
        return _leave_to_a_person(batch)
    # Committed before it leaves: a worker that dies now has perhaps repeated it, and it is repeated only once.
    if not Batch.objects.filter(pk=batch.pk, status=BatchStatus.UNKNOWN, look_ups=0).update(
        look_ups=1, look_up_at=None
    ):
        return 0
    try:
        receipts = asyncio.run(_send(flight.outgoing, dispatch))
    except ProviderError as error:
        return _not_answered(batch, error, now)
    return _settle(flight, receipts, now)


def _has_to_wait(dispatch: Dispatch, now: datetime) -> bool:
    """Paused or held, a held or slowed-down account, or the hours in which marketing is quiet."""
    account = dispatch.account
    slowed = account.hold_until is not None and account.hold_until > now
    if dispatch.status != DispatchStatus.SENDING or account.hold_reason or slowed or not account.is_active:
        return True
    return is_marketing(dispatch) and not is_test(dispatch) and pace.quiet_until(dispatch.workspace, now) is not None


def _same_again(batch: Batch) -> Flight | None:
    """The request as it was; None when it would be another one, because somebody in it has opted out since."""
    dispatch = batch.dispatch
    rows = standing.rows(dispatch.pk, batch.number, RecipientStatus.UNKNOWN)
    writable = standing.writable_ids(
        dispatch.pk,
        batch.number,
        RecipientStatus.UNKNOWN,
        channel=dispatch.channel,
        workspace_id=dispatch.workspace_id,
        marketing=is_marketing(dispatch),
        test=is_test(dispatch),
    )
    if not rows or len(writable) < len(rows):
        return None
    claimed = ClaimedBatch(batch.pk, batch.number, batch.key, batch.size, batch.tries, resubmission=True)
    flight = Flight(dispatch, claimed, accounts.capabilities(dispatch.account, dispatch.channel))
    load(flight, rows, content.compiled(dispatch.version), accounts.open_provider(dispatch.account, connections=1))
    return None if flight.stays else flight


async def _send(outgoing: Outgoing, dispatch: Dispatch) -> Sequence[Receipt]:
    async with accounts.open_provider(dispatch.account, connections=2) as provider:
        return await provider.send(outgoing)


def _settle(flight: Flight, receipts: Sequence[Receipt], now: datetime) -> int:
    """Accepted, now or the first time; what surely did not leave is repeated later; the rest stays unknown."""
    dispatch = flight.dispatch
    accepted = [receipt for receipt in receipts if receipt.outcome is Outcome.ACCEPTED]
    with transaction.atomic():
        ledger = outcomes.Ledger(now)
        rows = [
            RowOutcome(
                id=flight.rows[receipt.reference].id,
                status=RecipientStatus.ACCEPTED,
                provider_message_id=receipt.provider_message_id[:200],
            )
            for receipt in accepted
        ]
        moved = ledger.write(dispatch.pk, rows, frozenset({RecipientStatus.UNKNOWN}))
        doubts = sum(receipt.outcome is Outcome.UNKNOWN for receipt in receipts)
        _learn(dispatch, doubts, ledger)
        outcomes.note_tickets(flight, accepted, now)
        if not ledger_ids.unknown_rows(dispatch.pk, flight.batch.number):
            Batch.objects.filter(pk=flight.batch.id, status=BatchStatus.UNKNOWN).update(
                status=BatchStatus.DONE, look_up_at=None
            )
    if accepted:
        accounts.note_success(dispatch.account_id, now)
    if any(receipt.outcome is Outcome.NOT_SENT for receipt in receipts):
        _again_from_the_start(flight.batch.id, LATER, now)
    return moved


def _not_answered(batch: Batch, error: ProviderError, now: datetime) -> int:
    """Surely not repeated: later, as if it had not been tried. Anything else is for a person."""
    if isinstance(error, Misconfigured):
        holds.stop_account(batch.dispatch.account_id, error.reason, error.text, now)
    else:
        accounts.note_error(batch.dispatch.account_id, error.reason, error.text, now)
    if isinstance(error, (NotSent, Misconfigured)):
        wait = getattr(error, "retry_after", None)
        _again_from_the_start(batch.pk, timedelta(seconds=wait) if wait else LATER, now)
    else:
        with transaction.atomic():
            doubts = len(ledger_ids.unknown_rows(batch.dispatch_id, batch.number))
            _learn(batch.dispatch, doubts, outcomes.Ledger(now))
    return 0


def _learn(dispatch: Dispatch, doubts: int, ledger: outcomes.Ledger) -> None:
    """Close the ledger. What is in doubt also after its repetition has failed as far as the guards can tell."""
    if doubts:
        ledger.learn(dispatch, doubts, doubts)
    ledger.close(EvidenceSource.RECEIPTS)
    guards.enforce(ledger.verdicts, ledger.now)


def _again_from_the_start(batch_id: int, wait: timedelta, now: datetime) -> None:
    waiting = Batch.objects.filter(pk=batch_id, status=BatchStatus.UNKNOWN)
    waiting.update(look_ups=0, look_up_at=now + wait * settings.LOOK_UP_TIME_SCALE)


def _later(batch: Batch, wait: timedelta, now: datetime) -> int:
    Batch.objects.filter(pk=batch.pk, status=BatchStatus.UNKNOWN).update(look_up_at=now + wait)
    return 0


def _leave_to_a_person(batch: Batch) -> int:
    Batch.objects.filter(pk=batch.pk, status=BatchStatus.UNKNOWN).update(look_up_at=None)
    return 0
