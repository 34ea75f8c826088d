"""What providers tell us later: stored as it came, applied in batches, never backwards.

A callback may be early, late, doubled, out of order or about somebody else's message; each ends in the right state.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from campaigns.models import ProviderAccount, ProviderEvent, Recipient
from campaigns.providers import registry
from campaigns.providers.base import Event, EventKind, Hook
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services import accounts, outcomes, replies
from campaigns.services.flights import recipient_of
from campaigns.states import FINAL_RECIPIENT, RECIPIENT_MOVES, Reason, RecipientStatus
from contacts.services import consent
from contacts.states import ConsentSource, SuppressionReason

log = logging.getLogger(__name__)

# Callbacks applied in one transaction: enough to make the set UPDATE worth it, short enough for other writers.
CHUNK = 500
# A callback that beats our own commit of the send is tried again after these seconds, then given up as unmatched.
PARK_SECONDS = (2, 10, 60, 600)

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


# -- the door ---------------------------------------------------------------------------------------


def store(account: ProviderAccount, hook: Hook, now: datetime) -> bool:
    """Keep a verified callback; False when exactly this one is already there.

    BadSignature when the vendor's check says it is forged or stale.
    """
    accounts.open_provider(account).verify(hook)
    digest = hashlib.blake2b(hook.kind.encode() + b"\0" + hook.body + _query(hook), digest_size=16).hexdigest()
    try:
        with transaction.atomic():
            ProviderEvent.objects.create(
                account=account,
                kind=hook.kind,
                digest=digest,
                headers={"content-type": hook.headers.get("content-type", ""), "query": dict(hook.query)},
                body=hook.body.decode("utf-8", "replace").replace("\0", ""),
                received_at=now,
            )
    except IntegrityError:
        return False
    return True


def _query(hook: Hook) -> bytes:
    return b"\0" + "&".join(f"{k}={v}" for k, v in sorted(hook.query.items())).encode() if hook.query else b""


# -- applying ---------------------------------------------------------------------------------------


def pending(now: datetime) -> bool:
    return _due(now).exists()


def _due(now: datetime) -> QuerySet[ProviderEvent]:
    return ProviderEvent.objects.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now), applied_at=None)


def apply_next(now: datetime) -> int:
    """Apply up to CHUNK stored callbacks, oldest first; gives how many were worked off."""
    with transaction.atomic():
        stored = list(_due(now).select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:CHUNK])
        by_account: dict[int, list[ProviderEvent]] = defaultdict(list)
        for event in stored:
            by_account[event.account_id].append(event)
        accounts_by_id = ProviderAccount.objects.select_related("workspace").in_bulk(list(by_account))
        for account_id in sorted(by_account):
            _apply_or_park(accounts_by_id[account_id], by_account[account_id], now)
        ProviderEvent.objects.bulk_update(stored, ["outcome", "note", "applied_at", "retry_at", "tries"])
    return len(stored)


def _apply_or_park(account: ProviderAccount, stored: Sequence[ProviderEvent], now: datetime) -> None:
    """One account's callbacks must not stop another's: what cannot be applied is kept and tried again."""
    try:
        with transaction.atomic():
            _apply_stored(account, stored, now)
    except Exception as error:
        log.exception("callbacks not applied", extra={"account": account.pk, "events": len(stored)})
        for row in stored:
            _conclude(row, True, now)
            row.note = f"{type(error).__name__}: {error}"[:300]


def _apply_stored(account: ProviderAccount, stored: Sequence[ProviderEvent], now: datetime) -> None:
    provider = registry.open_provider(account.provider, accounts.config_of(account), allow_private=True, connections=1)
    parsed: dict[int, list[Event]] = {}
    for row in stored:
        try:
            parsed[row.pk] = provider.parse(_hook(row))
        except (ValueError, KeyError, TypeError) as error:
            row.outcome, row.note, row.applied_at = "unreadable", str(error)[:300], now
            log.warning("unreadable callback", extra={"event": row.pk, "account": account.pk})
    unmatched = set(apply(account, [e for events in parsed.values() for e in events], now).unmatched)
    for row in stored:
        if row.pk in parsed:
            _conclude(row, any(event in unmatched for event in parsed[row.pk]), now)


def _hook(row: ProviderEvent) -> Hook:
    headers: Mapping[str, str] = {"content-type": row.headers.get("content-type", "")}
    return Hook(row.kind, "POST", headers, row.headers.get("query", {}), row.body.encode())


def _conclude(row: ProviderEvent, parked: bool, now: datetime) -> None:
    if parked and row.tries < len(PARK_SECONDS):
        row.outcome, row.retry_at = "parked", now + timedelta(seconds=PARK_SECONDS[row.tries])
        row.tries += 1
    else:
        row.outcome, row.applied_at = "unmatched" if parked else "applied", now


def apply(account: ProviderAccount, events: Sequence[Event], now: datetime) -> Applied:
    """Apply events of one account: ledger, suppressions, replies. Repeated application changes nothing."""
    with transaction.atomic():
        matched, unmatched = _match(account, [e for e in events if e.kind in _ACTION])
        moved = _move_rows(matched, now)
        _suppress(account, events, now)
        for event in events:
            if event.kind is EventKind.REPLY:
                replies.take(account, event, now)
            elif event.kind is EventKind.OPT_OUT and event.address:
                _opt_out(account, event, now)
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
    rows = {
        row.pk: row
        for row in Recipient.objects.filter(pk__in=list(wanted))
        .select_related("dispatch")
        .only("pk", "attempt", "dispatch__key", "dispatch__account_id")
    }
    matched: dict[int, dict[int, list[Event]]] = defaultdict(dict)
    for pk, found in wanted.items():
        row = rows.get(pk)
        for event, key, attempt in found:
            if row is None or row.dispatch.key != key or row.dispatch.account_id != account.pk:
                unmatched.append(event)
            elif attempt == row.attempt:  # a receipt of an earlier attempt says nothing about this one
                matched[row.dispatch_id].setdefault(pk, []).append(event)
    return matched, unmatched


def _move_rows(matched: Mapping[int, Mapping[int, Sequence[Event]]], now: datetime) -> int:
    moved = 0
    ledger = outcomes.Ledger(now)
    for dispatch_id in sorted(matched):
        for action, rows in _by_action(matched[dispatch_id]).items():
            move = RECIPIENT_MOVES[action]
            moved += ledger.write(dispatch_id, [_outcome(pk, event, move.target) for pk, event in rows], move.sources)
    ledger.close()
    return moved


def _by_action(rows: Mapping[int, Sequence[Event]]) -> dict[str, list[tuple[int, Event]]]:
    """For each row the event that says most, whatever the order they came in."""
    actions: dict[str, list[tuple[int, Event]]] = defaultdict(list)
    for pk in sorted(rows):
        event = max(rows[pk], key=lambda e: _RANK[_ACTION[e.kind]])
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
