"""The inbox of callbacks: stored as they came, worked off oldest first, and tried again when they are too early."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from campaigns.models import ProviderAccount, ProviderEvent
from campaigns.providers import registry
from campaigns.providers.base import Event, Hook
from campaigns.services import accounts, fetched, receipts

log = logging.getLogger(__name__)

# Callbacks applied in one transaction: enough to make the set UPDATE worth it, short enough for other writers.
CHUNK = 500
# A callback that beats our own commit of the send is tried again after these seconds, then given up as unmatched.
PARK_SECONDS = (2, 10, 60, 600)


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
                # Base64: an email reply may be in any encoding, and a text column takes no zero byte.
                body=base64.b64encode(hook.body).decode(),
                received_at=now,
            )
    except IntegrityError:
        return False
    return True


def _query(hook: Hook) -> bytes:
    return b"\0" + "&".join(f"{k}={v}" for k, v in sorted(hook.query.items())).encode() if hook.query else b""


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
            own = row.kind == fetched.FETCHED
            parsed[row.pk] = fetched.events_of(row) if own else provider.parse(_hook(row))
        except (ValueError, KeyError, TypeError) as error:
            row.outcome, row.note, row.applied_at = "unreadable", str(error)[:300], now
            log.warning("unreadable callback", extra={"event": row.pk, "account": account.pk})
    unmatched = set(receipts.apply(account, [e for events in parsed.values() for e in events], now).unmatched)
    for row in stored:
        if row.pk in parsed:
            _conclude(row, any(event in unmatched for event in parsed[row.pk]), now)


def _hook(row: ProviderEvent) -> Hook:
    headers: Mapping[str, str] = {"content-type": row.headers.get("content-type", "")}
    return Hook(row.kind, "POST", headers, row.headers.get("query", {}), base64.b64decode(row.body))


def _conclude(row: ProviderEvent, parked: bool, now: datetime) -> None:
    if parked and row.tries < len(PARK_SECONDS):
        row.outcome, row.retry_at = "parked", now + timedelta(seconds=PARK_SECONDS[row.tries])
        row.tries += 1
    else:
        row.outcome, row.applied_at = "unmatched" if parked else "applied", now
