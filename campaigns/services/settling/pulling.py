"""Fetching reports and replies where callbacks cannot reach us: stored first, applied by the task of the inbox.

A vendor may hand each report out once. So one process at a time fetches for an account, what it got is committed
before anything else, and a fetch that began and did not end is taken for a lost answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from campaigns.models import Dispatch, ProviderAccount
from campaigns.providers import registry
from campaigns.providers.addresses import is_public
from campaigns.providers.base import Channel, Misconfigured, NotSent, ProviderError, Pulled
from campaigns.services.connecting import accounts
from campaigns.services.settling import fetched
from campaigns.states import Reason
from console.services import crypto

log = logging.getLogger(__name__)

OPTION = "pull_reports"
# The right to fetch for an account; longer than one run with its slowest last answer.
LEASE = timedelta(seconds=150)
RUN_SECONDS = 30.0
BUSY, QUIET, TROUBLED = timedelta(seconds=5), timedelta(seconds=60), timedelta(seconds=60)
# Reports come for a while after the last message left.
AFTERWARDS = timedelta(hours=1)
_TRUE = frozenset({"true", "on", "yes", "1"})
_OPEN = "open"

Now = Callable[[], datetime]


def due(now: datetime) -> list[int]:
    """Accounts for which to fetch now."""
    waiting = ProviderAccount.objects.filter(Q(pull_at__isnull=True) | Q(pull_at__lte=now), is_active=True)
    waiting = waiting.exclude(hold_reason=Reason.AUTH)
    return [account.pk for account in waiting.order_by("pull_at") if channels(account)]


def channels(account: ProviderAccount) -> list[Channel]:
    """The channels on which this account's reports are fetched; [] where the vendor brings them."""
    vendor = registry.provider_class(account.provider)
    if not (str(account.options.get(OPTION, "")).lower() in _TRUE or not reaches_us(account)):
        return []
    return [channel for channel in vendor.channels if accounts.capabilities(account, channel).pulls]


def reaches_us(account: ProviderAccount) -> bool:
    """Whether this account's provider can call `PUBLIC_URL`: a public address, or the provider is as near as we are."""
    near = bool(account.base_url) and _is_private(account.base_url)  # without one, the vendor's own public hosts
    return not _is_private(settings.PUBLIC_URL) or near


def fetch(account_id: int, now: Now) -> int | None:
    """Fetch what waits for one account; how many events came, or None when somebody else is at it."""
    begun = now()
    free = Q(pull_at__isnull=True) | Q(pull_at__lte=begun)
    if not ProviderAccount.objects.filter(free, pk=account_id).update(pull_at=begun + LEASE):
        return None
    account = ProviderAccount.objects.get(pk=account_id)
    try:
        count = sum(_drain(account, channel, now) for channel in channels(account))
    except (ProviderError, crypto.WrongKey) as error:
        log.warning("reports not fetched", extra={"account": account_id, "error": str(error)})
        accounts.note_error(account_id, getattr(error, "reason", Reason.AUTH), str(error), now())
        wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
        _next(account_id, now() + max(wait, TROUBLED))
        return 0
    _next(account_id, now() + (BUSY if count or _is_busy(account, begun) else QUIET))
    return count


def _drain(account: ProviderAccount, channel: Channel, now: Now) -> int:
    """Fetch until nothing waits on this channel, or the time is over; how many events came."""
    count = 0
    deadline = time.monotonic() + RUN_SECONDS
    while got := _fetch_once(account, channel, now):
        count += got
        if time.monotonic() > deadline:
            break
    return count


def _fetch_once(account: ProviderAccount, channel: Channel, now: Now) -> int:
    """One answer of the vendor, kept. The mark that a fetch is open is committed first: whoever finds it knows that
    an answer was lost with the process that asked."""
    lost = bool(account.cursors.get(f"{channel}.{_OPEN}"))
    cursor = str(account.cursors.get(channel) or "")
    if lost:
        log.warning("a fetch did not end", extra={"account": account.pk, "channel": channel})
    _write(account, {**account.cursors, f"{channel}.{_OPEN}": True})
    try:
        pulled = asyncio.run(_ask(account, channel, cursor, now() if lost else None))
    except (NotSent, Misconfigured):  # refused, or never reached: nothing was handed out
        if not lost:
            _write(account, {name: value for name, value in account.cursors.items() if name != f"{channel}.{_OPEN}"})
        raise
    _keep(account, channel, pulled, now())
    return len(pulled.events)


async def _ask(account: ProviderAccount, channel: Channel, cursor: str, lost_at: datetime | None) -> Pulled:
    async with accounts.open_provider(account, connections=1) as provider:
        return await provider.pull(channel, provider.after_loss(cursor, lost_at) if lost_at else cursor)


def _keep(account: ProviderAccount, channel: Channel, pulled: Pulled, now: datetime) -> None:
    cursors = {**account.cursors, channel.value: pulled.cursor}
    cursors.pop(f"{channel}.{_OPEN}", None)
    with transaction.atomic():
        fetched.keep(account, pulled.events, now)
        _write(account, cursors)


def _write(account: ProviderAccount, cursors: dict[str, object]) -> None:
    account.cursors = cursors
    ProviderAccount.objects.filter(pk=account.pk).update(cursors=cursors)


def _next(account_id: int, at: datetime) -> None:
    ProviderAccount.objects.filter(pk=account_id).update(pull_at=at)


def _is_busy(account: ProviderAccount, now: datetime) -> bool:
    """True while reports are to be expected."""
    recent = Q(finished_at__isnull=True) | Q(finished_at__gte=now - AFTERWARDS)
    return Dispatch.objects.filter(recent, account=account).exclude(started_at=None).exists()


def _is_private(url: str) -> bool:
    """True for this machine and private networks; a name that is none of theirs counts as public."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".test")) or "." not in host
