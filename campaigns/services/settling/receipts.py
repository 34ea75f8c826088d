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


@dataclass(frozen=True, slots=True)
class Applied:
    """`moved` rows changed; `unmatched` are events whose reference no ledger row has."""

    moved: int
    unmatched: tuple[Event, ...]


def apply(account: ProviderAccount, events: Sequence[Event], now: datetime) -> Applied:
    """Apply events of one account: ledger, suppressions, replies. Repeated application changes nothing."""
    with transaction.atomic():
        events = tickets.resolve(account, events, now)
        matched, unmatched = _match(account, [e for e in events if e.kind in _ACTION])
        moved, verdicts = _move_rows(matched, now)
        _retry(matched, now)
        remarks = [e for e in events if e.kind is EventKind.OTHER and e.reason and recipient_of(e.reference)]
        _note_reasons(_match(account, remarks)[0])
        _hold(matched, events, account, now)
        _suppress(account, [*events, *_with_address(matched)], now)
        engagement.take(account, events, now)
        replies.take_many(account, [e for e in events if e.kind is EventKind.REPLY], now)
        for event in events:
            if event.kind is EventKind.OPT_OUT and event.address:
                _opt_out(account, event, now)
        guards.enforce(verdicts, now)
    return Applied(moved, tuple(unmatched))


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


def _move_rows(matched: Mapping[int, Mapping[int, Sequence[Event]]], now: datetime) -> tuple[int, list[guards.Verdict]]:
    """How many rows moved, and which of the dispatches that are still being sent are to be held because of it."""
    moved = 0
    ledger = outcomes.Ledger(now)
    sending = Dispatch.objects.filter(pk__in=list(matched), status=DispatchStatus.SENDING)
    watched = sending.select_related("workspace", "campaign").in_bulk() if matched else {}
    for dispatch_id in sorted(matched):
        ended: Counter[str] = Counter()
        for action, rows in _by_action(matched[dispatch_id]).items():
            move = RECIPIENT_MOVES[action]
            states = [_outcome(pk, event, move.target) for pk, event in rows]
            ended[action] = ledger.write(dispatch_id, states, move.sources)
        moved += ended.total()
        failed = ended["undeliver"] + ended["refuse"]
        if dispatch_id in watched and (failed or ended["deliver"]):
            ledger.learn(watched[dispatch_id], failed + ended["deliver"], failed)
    ledger.close(EvidenceSource.RECEIPTS)
    return moved, ledger.verdicts


def _retry(matched: Mapping[int, Mapping[int, Sequence[Event]]], now: datetime) -> None:
    """New attempts where the vendor's rules name them, such as one a quarter of an hour after the carrier's line broke
    (Sinch §17.2). Only for rows that failed just now, so that a repeated callback repeats nothing."""
    for dispatch_id in sorted(matched):
        waits: dict[float, list[int]] = defaultdict(list)
        for pk, events in matched[dispatch_id].items():
            event = _telling(events)
            if event.retry_after is not None and _attempt_of(event) <= (event.retry_limit or 0):
                waits[event.retry_after].append(pk)
        for wait, ids in sorted(waits.items()):
            _queue_again(dispatch_id, ledger_ids.just_failed(dispatch_id, ids, now), wait, now)


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
    return max(events, key=lambda event: _RANK[_ACTION[event.kind]])


def _note_reasons(matched: Mapping[int, Mapping[int, Sequence[Event]]]) -> None:
    """What a vendor says that moves nothing, such as that it will never know the outcome: a reason on the row."""
    for dispatch_id in sorted(matched):
        deltas: Counter[tallies.Key] = Counter()
        for pk, events in sorted(matched[dispatch_id].items()):
            for status, before in ledger_ids.give_reason(dispatch_id, pk, events[-1].reason):
                deltas[status, before] -= 1
                deltas[status, str(events[-1].reason)] += 1
        tallies.shift(dispatch_id, deltas)


def _by_action(rows: Mapping[int, Sequence[Event]]) -> dict[str, list[tuple[int, Event]]]:
    actions: dict[str, list[tuple[int, Event]]] = defaultdict(list)
    for pk in sorted(rows):
        event = _telling(rows[pk])
        actions[_ACTION[event.kind]].append((pk, event))
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


def _with_address(matched: Mapping[int, Mapping[int, Sequence[Event]]]) -> list[Event]:
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
