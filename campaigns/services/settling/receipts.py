"""What providers tell us later, applied in batches and never backwards.

A callback may be early, late, doubled, out of order or about somebody else's message; each ends in the right state.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from campaigns.models import Dispatch, EvidenceSource, ProviderAccount, Recipient
from campaigns.providers.base import Event, EventKind
from campaigns.querysets import ledger_ids, tallies
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.sending import guards, holds, moves, outcomes
from campaigns.services.sending.flights import recipient_of
from campaigns.services.settling import engagement, repeats, replies, tickets
from campaigns.states import FINAL_RECIPIENT, RECIPIENT_MOVES, DispatchStatus, Reason, RecipientStatus
from contacts.services import consent
from contacts.states import ConsentSource, SuppressionReason

log = logging.getLogger(__name__)

_ACTION = {
    EventKind.ACCEPTED: "accept",
    EventKind.SENT: "carry",
    EventKind.DELIVERED: "deliver",
    EventKind.UNDELIVERED: "undeliver",
    EventKind.FAILED: "refuse",
}
_RANK = {"accept": 0, "carry": 1, "refuse": 2, "undeliver": 2, "deliver": 3}


ByRow = Mapping[int, Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Matched:
    """Events of one account, and what they mean for its ledger rows. `rows`: dispatch -> row -> events; `moves`:
    (dispatch, action, new states); `again`: (dispatch, rows, seconds until a new attempt); `watched`: the dispatches
    that are still being sent; `unmatched`: events whose reference no ledger row has."""

    events: Sequence[Event]
    rows: Mapping[int, ByRow]
    moves: Sequence[tuple[int, str, Sequence[RowOutcome]]]
    again: Sequence[tuple[int, Sequence[int], float]]
    watched: Mapping[int, Dispatch]
    unmatched: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """`moved` rows changed; `unmatched` are events whose reference no ledger row has."""

    moved: int
    unmatched: tuple[Event, ...]


def apply(account: ProviderAccount, events: Sequence[Event], now: datetime) -> Applied:
    """Apply events of one account: ledger, suppressions, replies. Repeated application changes nothing."""
    return apply_matched(account, match(account, events, now), now)


def match(account: ProviderAccount, events: Sequence[Event], now: datetime) -> Matched:
    """What events of one account mean. Better before a transaction: on SQLite nobody else can write while one is
    open. A row that has begun a new attempt since is left alone when it is written."""
    events = tickets.resolve(account, events, now)
    rows, unmatched = _match(account, [e for e in events if e.kind in _ACTION])
    sending = Dispatch.objects.filter(pk__in=list(rows), status=DispatchStatus.SENDING)
    return Matched(
        events=events,
        rows=rows,
        moves=[(pk, action, states) for pk in sorted(rows) for action, states in _by_action(rows[pk]).items()],
        again=[(pk, ids, wait) for pk in sorted(rows) for wait, ids in _waits(rows[pk])],
        watched=sending.select_related("workspace", "campaign").in_bulk() if rows else {},
        unmatched=tuple(unmatched),
    )


def apply_matched(account: ProviderAccount, matched: Matched, now: datetime) -> Applied:
    """As `apply`, of what was matched before."""
    events = matched.events
    with transaction.atomic():
        moved, verdicts = _move_rows(matched, now)
        for dispatch_id, ids, wait in matched.again:
            _queue_again(dispatch_id, ledger_ids.just_failed(dispatch_id, ids, now), wait, now)
        remarks = [e for e in events if e.kind is EventKind.OTHER and e.reason and recipient_of(e.reference)]
        _note_reasons(_match(account, remarks)[0])
        _hold(matched.rows, events, account, now)
        _suppress(account, [*events, *_with_address(matched.rows)], now)
        engagement.take(account, events, now)
        replies.take_many(account, [e for e in events if e.kind is EventKind.REPLY], now)
        for event in events:
            if event.kind is EventKind.OPT_OUT and event.address:
                _opt_out(account, event, now)
        guards.enforce(verdicts, now)
    return Applied(moved, matched.unmatched)


def _match(account: ProviderAccount, events: Sequence[Event]) -> tuple[dict[int, dict[int, list[Event]]], list[Event]]:
    """Events by dispatch and ledger row, and those that fit none of this account's rows."""
    wanted: dict[int, list[tuple[Event, str, int]]] = defaultdict(list)
    unmatched = []
    for event in events:
        parts = recipient_of(event.reference)
        if parts is None:
            unmatched.append(event)
        else:
            wanted[parts[1]].append((event, parts[0], parts[2]))
    rows = ledger_ids.of_account(account.pk, list(wanted))
    matched: dict[int, dict[int, list[Event]]] = defaultdict(dict)
    for pk, found in wanted.items():
        row = rows.get(pk)
        for event, key, attempt in found:
            if row is None or row.key != key:
                unmatched.append(event)
            elif attempt == row.attempt:  # a receipt of an earlier attempt says nothing about this one
                matched[row.dispatch_id].setdefault(pk, []).append(event)
    return matched, unmatched


def _move_rows(matched: Matched, now: datetime) -> tuple[int, list[guards.Verdict]]:
    """How many rows moved, and which of the dispatches that are still being sent are to be held because of it."""
    moved: dict[int, Counter[str]] = defaultdict(Counter)
    ledger = outcomes.Ledger(now)
    for dispatch_id, action, states in matched.moves:
        moved[dispatch_id][action] = ledger.write(dispatch_id, states, RECIPIENT_MOVES[action].sources)
    for dispatch_id, ended in moved.items():
        failed = ended["undeliver"] + ended["refuse"]
        if dispatch_id in matched.watched and (failed or ended["deliver"]):
            ledger.learn(matched.watched[dispatch_id], failed + ended["deliver"], failed)
    ledger.close(EvidenceSource.RECEIPTS)
    return sum(ended.total() for ended in moved.values()), ledger.verdicts


def _waits(rows: ByRow) -> list[tuple[float, list[int]]]:
    """Rows that get a new attempt where the vendor's rules name it, such as a quarter of an hour after the carrier's
    line broke (Sinch §17.2), by the seconds until then. Only those that fail by this: a repeated callback repeats
    nothing."""
    waits: dict[float, list[int]] = defaultdict(list)
    for pk, events in rows.items():
        event = _telling(events)
        if event.retry_after is not None and _attempt_of(event) <= (event.retry_limit or 0):
            waits[event.retry_after].append(pk)
    return sorted(waits.items())


def _queue_again(dispatch_id: int, ids: Sequence[int], wait: float, now: datetime) -> None:
    dispatch = Dispatch.objects.select_related("workspace", "campaign").get(pk=dispatch_id)
    if not ids or dispatch.status == DispatchStatus.STOPPED:
        return
    not_before = now + timedelta(seconds=wait * settings.LOOK_UP_TIME_SCALE)
    repeats.queue_again(dispatch, ids, "retry", not_before, now)
    moves.move_dispatch(dispatch, "resend", None, now, finished_at=None)


def _attempt_of(event: Event) -> int:
    parts = recipient_of(event.reference)
    return parts[2] if parts else 0


def _telling(events: Sequence[Event]) -> Event:
    """Of the events of one row the one that says most, whatever the order they came in."""
    return events[0] if len(events) == 1 else max(events, key=lambda event: _RANK[_ACTION[event.kind]])


def _note_reasons(matched: Mapping[int, ByRow]) -> None:
    """What a vendor says that moves nothing, such as that it will never know the outcome: a reason on the row."""
    for dispatch_id in sorted(matched):
        deltas: Counter[tallies.Key] = Counter()
        for pk, events in sorted(matched[dispatch_id].items()):
            for status, before in ledger_ids.give_reason(dispatch_id, pk, events[-1].reason):
                deltas[status, before] -= 1
                deltas[status, str(events[-1].reason)] += 1
        tallies.shift(dispatch_id, deltas)


def _by_action(rows: ByRow) -> dict[str, list[RowOutcome]]:
    actions: dict[str, list[RowOutcome]] = defaultdict(list)
    for pk in sorted(rows):
        event = _telling(rows[pk])
        action = _ACTION[event.kind]
        actions[action].append(_outcome(pk, event, RECIPIENT_MOVES[action].target))
    return actions


def _outcome(recipient_id: int, event: Event, status: str) -> RowOutcome:
    ended_well = status in (RecipientStatus.ACCEPTED, RecipientStatus.SENT, RecipientStatus.DELIVERED)
    return RowOutcome(
        id=recipient_id,
        status=status,
        reason="" if ended_well else event.reason or Reason.UNKNOWN_CODE,
        detail=f"{event.code} {event.text}".strip()[:200],
        provider_message_id=event.provider_message_id[:200],
        parts=event.parts or 0,
        final=status in FINAL_RECIPIENT,
        attempt=_attempt_of(event),
    )


def _hold(matched: Mapping[int, object], events: Iterable[Event], account: ProviderAccount, now: datetime) -> None:
    """What would meet every message of the account holds the dispatches that it came from."""
    blocking = next((event for event in events if event.hold), None)
    if blocking is None:
        return
    if blocking.reason in holds.NEEDS_A_PERSON or not matched:
        holds.stop_account(account.pk, blocking.reason, blocking.text, now)
        return
    for dispatch in Dispatch.objects.filter(pk__in=list(matched)).select_related("workspace", "campaign"):
        holds.hold(dispatch, blocking.reason, blocking.text, now)


def _with_address(matched: Mapping[int, ByRow]) -> list[Event]:
    """Events that forbid an address without naming it, with the address of their ledger row."""
    nameless = {
        pk: event
        for rows in matched.values()
        for pk, found in rows.items()
        for event in found
        if event.suppress and not event.address
    }
    addresses = Recipient.objects.filter(pk__in=nameless).values_list("pk", "address") if nameless else ()
    return [replace(nameless[pk], address=address) for pk, address in addresses]


def _suppress(account: ProviderAccount, events: Iterable[Event], now: datetime) -> None:
    """Addresses that the provider says may not be written to again."""
    by_channel: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.suppress and event.address:
            by_channel[event.channel or channel_of(event.address)].add(event.address)
    for channel, addresses in sorted(by_channel.items()):
        consent.suppress_many(
            account.workspace,
            channel,
            sorted(addresses),
            reason=SuppressionReason.PROVIDER,
            source=ConsentSource.PROVIDER,
            now=now,
        )


def _opt_out(account: ProviderAccount, event: Event, now: datetime) -> None:
    consent.opt_out(
        account.workspace,
        event.channel or channel_of(event.address),
        event.address,
        source=ConsentSource.PROVIDER,
        now=event.at or now,
        evidence=event.text[:300],
    )


def channel_of(address: str) -> str:
    return "email" if "@" in address else "sms"
