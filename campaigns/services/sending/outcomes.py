"""Answers of a provider → ledger: rows, counters, batch and account in one transaction for all that came back."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F

from campaigns.models import Batch, Dispatch, EvidenceSource, Ticket
from campaigns.providers.base import (
    Capabilities,
    Channel,
    MaybeSent,
    Misconfigured,
    Missed,
    NotSent,
    Outcome,
    ProviderError,
    Receipt,
    Refused,
)  # fmt: skip
from campaigns.querysets import claims, evidence, in_flight, sql, tallies
from campaigns.querysets import outcomes as queries
from campaigns.querysets.claims import ClaimedRow
from campaigns.querysets.evidence import Signs
from campaigns.querysets.outcomes import Accepted, RowOutcome
from campaigns.services.connecting import accounts
from campaigns.services.sending import budgets, guards, holds, provider_answers
from campaigns.services.sending.flights import Flight
from campaigns.services.sending.provider_answers import ACCEPTED, Told
from campaigns.services.settling import follow_times
from campaigns.states import BatchStatus, Reason, RecipientStatus
from contacts.services import consent
from contacts.states import ConsentSource, SuppressionReason

LONGEST_BACKOFF = 300.0
WRITE_TRIES = 4
# Begins what stands for the ticket of a request that was accepted without telling it; no vendor's id begins so.
LOST_TICKET = "?"
_STATUS = {
    Outcome.ACCEPTED: RecipientStatus.ACCEPTED,
    Outcome.REFUSED: RecipientStatus.FAILED,
    Outcome.NOT_SENT: RecipientStatus.QUEUED,
    Outcome.UNKNOWN: RecipientStatus.UNKNOWN,
}


def backoff(tries: int) -> float:
    """Seconds until the next try: 1, 2, 4 … 300, with jitter so that lanes do not come back together."""
    return min(LONGEST_BACKOFF, 2.0 ** max(0, tries - 1)) * random.uniform(0.75, 1.25)  # noqa: S311 - not a secret


def look_up_at(capabilities: Capabilities, asked: int, now: datetime) -> datetime | None:
    """When to ask the vendor about an ambiguous batch that was asked about `asked` times; None = no more."""
    schedule = capabilities.look_up_after
    if asked >= len(schedule):
        return None
    wait = schedule[asked] - (schedule[asked - 1] if asked else 0)
    return now + timedelta(seconds=wait * settings.LOOK_UP_TIME_SCALE)


class Ledger:
    """Collects the changes of one transaction, so that counters are moved once per dispatch."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.deltas: dict[int, Counter[tallies.Key]] = defaultdict(Counter)
        self.handed: Counter[int] = Counter()
        self.parts: Counter[int] = Counter()
        self.units: Counter[int] = Counter()
        self.ends: list[sql.Statement] = []  # of batches
        self.signs: dict[int, tuple[Dispatch, Signs]] = {}
        self.verdicts: list[guards.Verdict] = []

    def write(self, dispatch_id: int, outcomes: Sequence[RowOutcome], sources: frozenset[str]) -> int:
        """Write rows and note the counters; gives how many moved."""
        return self._note(dispatch_id, outcomes, queries.write(outcomes, sources, self.now))

    def land(self, flight: Flight, outcomes: Sequence[RowOutcome]) -> int:
        """As `write`, for rows of a flight that comes back."""
        moved = queries.write_flown(flight.batch.number, outcomes, self.now)
        return self._note(flight.dispatch.pk, outcomes, dict.fromkeys(moved, (RecipientStatus.CLAIMED.value, "")))

    def _note(self, dispatch_id: int, outcomes: Sequence[RowOutcome], before: dict[int, tallies.Key]) -> int:
        by_id = {outcome.id: outcome for outcome in outcomes}
        for pk, state in before.items():
            after = by_id[pk]
            self.deltas[dispatch_id][state] -= 1
            self.deltas[dispatch_id][after.status, after.reason] += 1
        overtaken = [o for o in outcomes if o.id not in before and o.status == RecipientStatus.ACCEPTED]
        queries.adopt(overtaken, self.now)
        return len(before)

    def accept(self, flight: Flight, accepted: Accepted) -> None:
        """Rows of a flight that the provider took."""
        moved = queries.accept_flown(flight.batch.number, accepted, self.now)
        self.move(flight.dispatch.pk, (RecipientStatus.CLAIMED, ""), (RecipientStatus.ACCEPTED, ""), moved)
        if moved < len(accepted.rows):  # a receipt was quicker than this answer; the others have got the same already
            queries.adopt(
                [RowOutcome(pk, "", provider_message_id=pid, parts=parts) for pk, pid, parts in accepted.rows], self.now
            )

    def move(self, dispatch_id: int, source: tallies.Key, target: tallies.Key, people: int) -> None:
        """Note a move that was written elsewhere."""
        self.deltas[dispatch_id][source] -= people
        self.deltas[dispatch_id][target] += people

    def learn(self, dispatch: Dispatch, tried: int, failed: int, answer: str = "", times: int = 1) -> None:
        """Note how messages of a dispatch went, for its guards; `answer`: what of it could not be read, so often."""
        if guards.is_watched(dispatch):
            _, signs = self.signs.setdefault(dispatch.pk, (dispatch, Signs()))
            signs.add(tried, failed, guards.likeness(answer) if answer else "", times)

    def close(self, source: str = EvidenceSource.ANSWERS) -> None:
        """Write dispatches, batches, then counters, each in order, and judge what was learned (`verdicts`)."""
        for dispatch_id in sorted(self.units):
            budgets.correct(dispatch_id, self.units[dispatch_id])
        statements = list(self.ends)
        for dispatch_id in sorted(self.deltas):
            statements += tallies.shifting(dispatch_id, self.deltas[dispatch_id])
        for dispatch_id in sorted(self.handed):
            people = self.handed[dispatch_id]
            statements += tallies.beating(dispatch_id, self.now.timestamp(), people, self.parts[dispatch_id])
        learned = [(*self.signs[key], self.signs[key][0].workspace.failure_window) for key in sorted(self.signs)]
        notes = [evidence.noting(dispatch.pk, source, signs, window) for dispatch, signs, window in learned]
        results = sql.together(statements + notes)
        for (dispatch, signs, window), found in zip(learned, results[len(statements) :], strict=True):
            standing = evidence.standing(found, window)
            if (signs.failed or signs.strange) and (verdict := guards.judge(dispatch, standing)):
                self.verdicts.append(verdict)


def settle_flights(flights: Sequence[Flight], now: datetime, token: str = "") -> None:
    """Write what became of flights whose future is done. `token`: only of those that are still in its hands, for what
    never left; of what left, the rows say whether somebody else has settled them."""
    answers = {flight.batch.id: provider_answers.read(flight) for flight in flights}
    verdicts = _insist(flights, now, token, lambda flight, ledger: _settle(flight, answers[flight.batch.id], ledger))
    for flight in flights:
        _tell_account(flight, answers[flight.batch.id], now)
    guards.enforce(verdicts, now)


def leave_out(flights: Sequence[Flight], now: datetime, token: str) -> None:
    """Write who of these flights gets nothing, where they are still in the hands of `token`. Before the others leave:
    when the lane dies on their way nobody is in doubt who was in no request."""
    if some := [flight for flight in flights if flight.stays]:
        _insist(some, now, token, lambda flight, ledger: ledger.land(flight, flight.stays))


def _insist(
    flights: Sequence[Flight], now: datetime, token: str, write: Callable[[Flight, Ledger], object]
) -> list[guards.Verdict]:
    """Write flights in one transaction.

    A receipt that comes while its message's answer is written may deadlock with us on PostgreSQL, which then rolls
    one of the two back: ours is simply written again, because giving up would make the whole batch `unknown`.
    """
    for _ in range(WRITE_TRIES - 1):
        try:
            return _write(flights, now, token, write)
        except OperationalError:
            if connection.in_atomic_block:
                raise
    return _write(flights, now, token, write)


def _write(
    flights: Sequence[Flight], now: datetime, token: str, write: Callable[[Flight, Ledger], object]
) -> list[guards.Verdict]:
    with transaction.atomic():
        if token:
            held = claims.still_held([flight.batch.id for flight in flights], token)
            flights = [flight for flight in flights if flight.batch.id in held]
        ledger = Ledger(now)
        for flight in sorted(flights, key=lambda f: (f.dispatch.pk, f.batch.number)):
            write(flight, ledger)
        ledger.close()
        return ledger.verdicts


def _settle(flight: Flight, answer: Told | ProviderError, ledger: Ledger) -> None:
    dispatch_id, batch = flight.dispatch.pk, flight.batch
    if isinstance(answer, (NotSent, Misconfigured)):
        _give_back(flight, answer, ledger)
    elif isinstance(answer, MaybeSent):
        people = claims.lose_rows(dispatch_id, batch.number, answer.reason)
        strange = answer.text or str(answer.reason) if answer.reason == Reason.UNREADABLE_ANSWER else ""
        failed = 0 if guards.waits(flight.capabilities) else people
        ledger.learn(flight.dispatch, failed, failed, strange, _answers(flight))
        unknown = (RecipientStatus.UNKNOWN, answer.reason)
        ledger.move(dispatch_id, (RecipientStatus.CLAIMED, ""), unknown, people)
        _close(flight, ledger, unknown=people > 0, answer=answer)
    elif isinstance(answer, ProviderError):
        ledger.land(flight, [_refused(row.id, answer) for row in flight.rows.values()])
        ledger.learn(flight.dispatch, len(flight.rows), len(flight.rows))
        ledger.units[dispatch_id] -= flight.units
        _close(flight, ledger, unknown=False, answer=answer)
    else:
        _take(flight, answer, ledger)


def _answers(flight: Flight) -> int:
    """How many answers a flight brings."""
    return len(flight.rows) if flight.capabilities.one_per_request else 1


def _refused(recipient_id: int, error: ProviderError) -> RowOutcome:
    return RowOutcome(
        id=recipient_id,
        status=RecipientStatus.FAILED,
        reason=error.reason,
        detail=f"{error.code} {error.text}".strip()[:200],
        final=True,
    )


def _give_back(flight: Flight, error: ProviderError, ledger: Ledger) -> None:
    """The whole batch surely was not sent."""
    people = in_flight.count(flight.dispatch.pk, flight.batch.number)
    ledger.move(flight.dispatch.pk, (RecipientStatus.CLAIMED, ""), (RecipientStatus.QUEUED, ""), people)
    ledger.units[flight.dispatch.pk] -= flight.units
    wait = getattr(error, "retry_after", None)
    not_before = ledger.now + timedelta(seconds=backoff(flight.batch.tries) if wait is None else wait)
    tried = not isinstance(error, Missed)
    claims.give_back_batch(flight.batch.id, not_before, error.http_status, error.text, tried=tried)


def _take(flight: Flight, told: Told, ledger: Ledger) -> None:
    dispatch_id = flight.dispatch.pk
    new_batches = _new_batches(flight, told.others, ledger.now)
    outcomes = [
        _row_outcome(receipt, row.id, flight.parts.get(row.id, 1), new_batches.get(receipt.reference))
        for receipt, row in told.others
    ]
    ledger.accept(flight, told.accepted)
    ledger.land(flight, outcomes)
    _suppress(flight, told.forbidden, ledger.now)
    note_tickets(flight, told.receipts, ledger.now)
    unknown = any(o.status == RecipientStatus.UNKNOWN for o in outcomes)
    gone = [o for o in outcomes if o.status != RecipientStatus.QUEUED]
    accepted = told.accepted.rows
    people, parts = len(accepted) + len(gone), sum(row[2] for row in accepted) + sum(o.parts for o in gone)
    ledger.handed[dispatch_id] += people
    ledger.parts[dispatch_id] += parts
    if flight.units:
        ledger.units[dispatch_id] += (parts if flight.dispatch.channel == Channel.SMS else people) - flight.units
    if people:
        unread = [o for o in gone if o.reason == Reason.UNREADABLE_ANSWER]
        strange = bool(unread) and (len(unread) == people or not flight.capabilities.one_per_request)
        ended = Counter(o.status for o in gone)
        doubts = 0 if guards.waits(flight.capabilities) else ended[RecipientStatus.UNKNOWN]
        failed, tried = ended[RecipientStatus.FAILED] + doubts, people - ended[RecipientStatus.UNKNOWN] + doubts
        ledger.learn(flight.dispatch, tried, failed, unread[0].detail or "?" if strange else "", _answers(flight))
    _close(flight, ledger, unknown=unknown, answer=None)


def note_tickets(flight: Flight, receipts: Sequence[Receipt], now: datetime) -> None:
    """Keep what the vendor calls the request, in the transaction of its outcome: callbacks may follow at once."""
    ticketed = [receipt for receipt in receipts if receipt.ticket]
    due_at = {receipt.ticket: receipt.due_at for receipt in ticketed}
    notes = {receipt.ticket: receipt.text for receipt in ticketed}
    if flight.capabilities.tickets and any(r.outcome is Outcome.ACCEPTED and not r.ticket for r in receipts):
        due_at[f"{LOST_TICKET}{flight.batch.key}"] = None
    Ticket.objects.bulk_create(
        (
            Ticket(
                account_id=flight.dispatch.account_id,
                dispatch_id=flight.dispatch.pk,
                batch_no=flight.batch.number,
                value=value,
                note=notes.get(value, "")[:300],
                due_at=due,
                made_at=now,
                follow_at=follow_times.next_at(flight.capabilities, now, due, now),
            )
            for value, due in due_at.items()
        ),
        ignore_conflicts=True,
    )


def _suppress(flight: Flight, addresses: Sequence[str], now: datetime) -> None:
    if addresses:
        consent.suppress_many(
            flight.dispatch.workspace,
            flight.dispatch.channel,
            addresses,
            reason=SuppressionReason.PROVIDER,
            source=ConsentSource.PROVIDER,
            now=now,
        )


def _row_outcome(receipt: Receipt, recipient_id: int, parts: int, new_batch: int | None) -> RowOutcome:
    status = _STATUS[receipt.outcome]
    queued = status == RecipientStatus.QUEUED
    if queued and new_batch is None:  # tried as often as the vendor's rules allow
        status, queued = RecipientStatus.FAILED, False
    return RowOutcome(
        id=recipient_id,
        status=status,
        reason="" if queued or receipt.outcome is Outcome.ACCEPTED else receipt.reason,
        detail=f"{receipt.code} {receipt.text}".strip()[:200],
        provider_message_id=receipt.provider_message_id[:200],
        parts=receipt.parts or parts,
        final=status == RecipientStatus.FAILED,
        batch_no=new_batch if queued else None,
    )


def _new_batches(flight: Flight, told: Sequence[tuple[Receipt, ClaimedRow]], now: datetime) -> dict[str, int]:
    """Batches for the rows of a flight that go back while others of it left, one for each time they have to wait:
    reference -> its number. Rows that the vendor's rules let go no further are not among them."""
    waits: dict[float, list[str]] = defaultdict(list)
    for receipt, _row in told:
        if receipt.outcome is not Outcome.NOT_SENT:
            continue
        if receipt.retry_limit is None or flight.batch.tries <= receipt.retry_limit:
            waits[receipt.retry_after or 0.0].append(receipt.reference)
    numbers = {}
    for wait, references in sorted(waits.items()):
        not_before = now + timedelta(seconds=wait or backoff(flight.batch.tries))
        batch = flight.batch
        number = add_batch(flight.dispatch.pk, len(references), not_before, batch.tries, batch.resubmission)
        numbers.update(dict.fromkeys(references, number))
    return numbers


def add_batch(dispatch_id: int, size: int, not_before: datetime, tries: int = 0, resubmission: bool = False) -> int:
    """The number of a new ready batch of the dispatch."""
    Dispatch.objects.filter(pk=dispatch_id).update(batches=F("batches") + 1)
    number: int = Dispatch.objects.values_list("batches", flat=True).get(pk=dispatch_id)
    Batch.objects.create(
        dispatch_id=dispatch_id,
        number=number,
        size=size,
        not_before=not_before,
        tries=tries,
        resubmission=resubmission,
        regrouped=True,
    )
    return number


def _close(flight: Flight, ledger: Ledger, *, unknown: bool, answer: ProviderError | None) -> None:
    status, now = BatchStatus.UNKNOWN if unknown else BatchStatus.DONE, ledger.now
    http_status, text = (answer.http_status, answer.text) if answer else (200, "")
    look_up = look_up_at(flight.capabilities, 0, now) if unknown else None
    end = claims.closing(flight.batch.id, status, now, http_status=http_status, excerpt=text, look_up_at=look_up)
    ledger.ends.append(end)


def _tell_account(flight: Flight, answer: Told | ProviderError, now: datetime) -> None:
    """What the answer says about the account: healthy, slow down, breaker, or a person is needed."""
    account_id = flight.dispatch.account_id
    if isinstance(answer, Missed):
        return
    if isinstance(answer, Misconfigured):
        holds.stop_account(account_id, answer.reason, answer.text, now)
    elif isinstance(answer, NotSent) and (answer.reason == Reason.RATE_LIMITED or answer.retry_after is not None):
        wait = answer.retry_after if answer.retry_after is not None else backoff(flight.batch.tries)
        accounts.note_error(account_id, answer.reason, answer.text, now)
        accounts.slow_down(account_id, now + timedelta(seconds=wait), now)
    elif isinstance(answer, Refused):
        accounts.note_answer(account_id, now)
    elif isinstance(answer, ProviderError):
        accounts.note_failure(account_id, answer.reason, answer.text, now)
    elif isinstance(answer, Told):
        _tell_account_of_receipts(flight.dispatch, answer.receipts, now)


def _tell_account_of_receipts(dispatch: Dispatch, receipts: Sequence[Receipt], now: datetime) -> None:
    account_id = dispatch.account_id
    blocking = next((r for r in receipts if r.hold), None)
    if blocking:
        holds.hold(dispatch, blocking.reason, blocking.text, now)
        return
    # One with a retry limit is about its own recipient (a flooded number), which need not slow down the others; one
    # without a reason has missed its slot.
    others = [receipt for receipt in receipts if receipt.outcome is not ACCEPTED]
    took_some = len(others) < len(receipts)
    limited = next((r for r in others if r.outcome is Outcome.NOT_SENT and r.retry_limit is None and r.reason), None)
    answered = took_some or any(receipt.outcome is Outcome.REFUSED for receipt in others)
    lost = next((receipt for receipt in others if receipt.outcome is Outcome.UNKNOWN), limited)
    if limited and (answered or limited.reason == Reason.RATE_LIMITED or limited.retry_after is not None):
        accounts.note_error(account_id, limited.reason, limited.text, now)
        until = now + timedelta(seconds=limited.retry_after or 1.0)
        accounts.slow_down(account_id, until, now, took_some=answered)
    elif took_some:
        if not accounts.is_known_well(dispatch.account, now):
            accounts.note_success(account_id, now)
    elif answered:
        accounts.note_answer(account_id, now)
    elif lost:
        accounts.note_failure(account_id, lost.reason, lost.text, now)
