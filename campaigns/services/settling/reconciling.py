"""Receipts that got lost: messages that have been open for long are asked for at the vendor, once a day.

Only where the vendor's contract says that it may lose a callback and still tells (`Capabilities.reconcile`).
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Exists, OuterRef, Q

from campaigns.models import Dispatch, Recipient, Reconciliation
from campaigns.providers import registry
from campaigns.providers.base import AccountConfig, Channel, Event, ProviderError
from campaigns.querysets import shelves
from campaigns.services.connecting import accounts
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import receipts
from campaigns.states import Reason, RecipientStatus
from console.services import crypto

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
LEASE = timedelta(minutes=10)
AGAIN = timedelta(minutes=5)  # after the vendor could not be asked
CHUNK = 500
CHUNKS_IN_A_RUN = 10
_OPEN = (RecipientStatus.ACCEPTED, RecipientStatus.SENT)


def due(now: datetime) -> list[int]:
    """Dispatches to ask about now: their messages are old enough, and the last time is a day ago."""
    later = Reconciliation.objects.filter(dispatch=OuterRef("pk"), next_at__gt=now)
    found: list[int] = []
    for slug, vendor in registry.PROVIDERS.items():
        window = _window(slug)
        if not window:
            continue
        least, most = window
        started = Q(started_at__lte=now - timedelta(seconds=least))
        recent = Q(finished_at__isnull=True) | Q(finished_at__gte=now - timedelta(seconds=most))
        usable = Q(account__provider=vendor.slug, account__is_active=True) & ~Q(account__hold_reason=Reason.AUTH)
        found += Dispatch.objects.filter(started, recent, usable, ~Exists(later)).values_list("pk", flat=True)
    return found


def run(dispatch_id: int, now: datetime) -> int:
    """Ask about one dispatch for a while; gives how many rows moved. What is left is due again at once."""
    if not _take(dispatch_id, now):
        return 0
    dispatch = Dispatch.objects.select_related("account", "workspace").get(pk=dispatch_id)
    moved, wait = 0, timedelta(0)
    for _ in range(CHUNKS_IN_A_RUN):
        rows = _open_rows(dispatch, now)
        if not rows:
            wait = EVERY
            Reconciliation.objects.filter(dispatch=dispatch).update(cursor=0)
            break
        try:
            events = asyncio.run(_ask(dispatch, [reference_of(dispatch.key, pk, attempt) for pk, attempt in rows]))
        except (ProviderError, crypto.WrongKey) as error:
            accounts.note_error(dispatch.account_id, getattr(error, "reason", Reason.AUTH), str(error), now)
            wait = AGAIN
            break
        moved += receipts.apply(dispatch.account, events, now).moved
        Reconciliation.objects.filter(dispatch=dispatch).update(cursor=rows[-1][0])
    Reconciliation.objects.filter(dispatch=dispatch).update(next_at=now + wait)
    if moved:
        log.warning("receipts had been lost", extra={"dispatch": dispatch_id, "people": moved})
    return moved


def _window(slug: str) -> tuple[float, float] | tuple[()]:
    """The ages between which this vendor's messages are asked for. An option of an account does not change them."""
    provider = registry.open_provider(slug, AccountConfig(base_url="", credentials={}), allow_private=True)
    found = (provider.capabilities(channel).reconcile for channel in provider.channels)
    return next((window for window in found if window), ())


def _take(dispatch_id: int, now: datetime) -> bool:
    """The right to ask about a dispatch, for as long as the lease."""
    Reconciliation.objects.get_or_create(dispatch_id=dispatch_id, defaults={"next_at": now})
    free = Reconciliation.objects.filter(dispatch=dispatch_id, next_at__lte=now)
    return bool(free.update(next_at=now + LEASE))


def _open_rows(dispatch: Dispatch, now: datetime) -> list[tuple[int, int]]:
    """(id, attempt) of the next rows without a last word that are neither too young nor forgotten at the vendor."""
    window = _window(dispatch.account.provider)
    if not window:
        return []
    least, most = (timedelta(seconds=seconds) for seconds in window)
    cursor = Reconciliation.objects.values_list("cursor", flat=True).get(dispatch=dispatch)
    place = Q(dispatch=dispatch, pk__gt=cursor, pk__lt=shelves.frontier(dispatch.pk).row)
    age = Q(handed_over_at__lte=now - least, handed_over_at__gte=now - most)
    # Each status in its own order of the index: those of both together would have to be sorted.
    found = (Recipient.objects.filter(shelves.holds(status), place, age).order_by("pk") for status in _OPEN)
    rows = chain.from_iterable(some.values_list("pk", "attempt")[:CHUNK] for some in found)
    return sorted(rows)[:CHUNK]


async def _ask(dispatch: Dispatch, references: list[str]) -> list[Event]:
    async with accounts.open_provider(dispatch.account, connections=1) as provider:
        return list(await provider.look_up(references, Channel(dispatch.channel)))
