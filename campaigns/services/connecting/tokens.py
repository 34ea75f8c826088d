"""Access tokens of provider accounts, one for all processes: kept encrypted, renewed by one holder of a lease.

Adapters ask from an asyncio loop of their own, so everything that touches the database runs in a thread and gives
its connection back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import AccessToken
from campaigns.providers.base import NotSent
from campaigns.providers.remote import Renew, Token
from campaigns.states import Reason
from console.services import crypto

LEASE = timedelta(seconds=60)  # longer than a token request may take; a dead holder's lease runs out
POLL_SECONDS = 0.2
WAIT_SECONDS = 75.0  # for somebody else's renewal

_VALUE = "token"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Found:
    """`value` with its end, where it is good; else `leased` says that the renewal is ours."""

    value: str = ""
    expires_at: datetime | None = None
    leased: bool = False


class DatabaseTokens:
    """The `TokenStore` of one account. Keeps what it last read, so that a request costs no query."""

    def __init__(self, account_id: int, clock: Callable[[], datetime] = timezone.now) -> None:
        self._account_id, self._clock = account_id, clock
        self._last = _Found()

    async def token(self, renew: Renew, *, margin: float = 120.0, refused: str = "") -> str:
        """As `TokenStore.token`. Raises what `renew` raises; NotSent when another's renewal takes too long."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            if self._is_good(self._last, margin, refused):
                return self._last.value
            found = await asyncio.to_thread(_closing, self._find, margin, refused)
            if found.leased:
                return await self._renewed(renew)
            self._last = found
            if not found.value:
                if time.monotonic() > end:
                    raise NotSent(Reason.PROVIDER_DOWN, "Another process has not renewed the access token in time.")
                await asyncio.sleep(POLL_SECONDS)

    async def _renewed(self, renew: Renew) -> str:
        try:
            made = await renew()
        except BaseException:  # also broken off: others need not wait for the lease to run out
            await asyncio.shield(asyncio.to_thread(_closing, self._let_go))
            raise
        self._last = await asyncio.to_thread(_closing, self._keep, made)
        return self._last.value

    def _is_good(self, found: _Found, margin: float, refused: str) -> bool:
        if not found.value or found.value == refused or found.expires_at is None:
            return False
        return found.expires_at - self._clock() >= timedelta(seconds=margin)

    def _find(self, margin: float, refused: str) -> _Found:
        """The kept token if it is good; else the lease, or nothing when somebody else holds it."""
        now = self._clock()
        row, _ = AccessToken.objects.get_or_create(account_id=self._account_id)
        found = _Found(_opened(row.sealed), row.expires_at)
        if self._is_good(found, margin, refused):
            return found
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        # Only while it is the token that we saw: another may have renewed it meanwhile.
        mine = AccessToken.objects.filter(free, account_id=self._account_id, sealed=row.sealed)
        return _Found(leased=bool(mine.update(lease_until=now + LEASE)))

    def _keep(self, made: Token) -> _Found:
        """Write a new token and end the lease."""
        expires_at = self._clock() + timedelta(seconds=made.seconds)
        row = AccessToken.objects.filter(account_id=self._account_id)
        row.update(sealed=crypto.seal({_VALUE: made.value}), expires_at=expires_at, lease_until=None)
        return _Found(made.value, expires_at)

    def _let_go(self) -> None:
        AccessToken.objects.filter(account_id=self._account_id).update(lease_until=None)


def forget(account_id: int) -> None:
    """The account's credentials changed: its token is no longer what they would get."""
    AccessToken.objects.filter(account_id=account_id).delete()


def _opened(sealed: str) -> str:
    """The token; one that no key can read any more is as good as none."""
    try:
        return crypto.unseal(sealed).get(_VALUE, "")
    except crypto.WrongKey:
        return ""


def _closing(work: Callable[..., _T], *arguments: object) -> _T:
    """`work` in a transaction of a thread that keeps no connection."""
    try:
        with transaction.atomic():
            return work(*arguments)
    finally:
        connections.close_all()
