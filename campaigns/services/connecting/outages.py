"""Outages: people hear that an account does not answer, and that it answers again.

The breaker opens and closes within seconds, once for every bad minute of a provider; who is called for that stops
reading. So it is not the breaker that tells, but a look at it once a minute, as monitors do it: an outage is told when
it has lasted, and is over when the account has answered without a break for longer than that. An account that comes and
goes in between is one outage, told once, and makes at most ten emails an hour however it flickers. A provider that asks
to wait (429, Retry-After) is there, which closes the breaker: it is shown, and calls nobody unless it says nothing else
for long. And lanes, who write the account with every batch, have nothing more to do.

`outage_since` is what makes it once for all lanes, hosts and ticks: only whoever sets or clears it tells.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from campaigns.models import Dispatch, NoticeKind, ProviderAccount
from campaigns.services.showing import notices
from campaigns.states import DispatchStatus
from console.services import audit

# The breaker's first tries come 5, 15, 35 and 75 s after it opened: three have failed by then.
TOLD_AFTER = timedelta(minutes=1)
# What only asks to wait is given longer: limits of a minute or ten are daily bread, and often ours to keep.
ASKED_AFTER = timedelta(minutes=15)
# As long as the longest wait between two tries of the breaker.
OVER_AFTER = timedelta(minutes=5)


def watch(now: datetime) -> None:
    """Tell of outages that have lasted, and of those that are over."""
    for account in _silent(now):
        _tell_silence(account, now)
    for account in _answering(now):
        _tell_answer(account, now)


def _silent(now: datetime) -> list[ProviderAccount]:
    """Accounts to tell of: somebody's messages wait for them, so that they are tried again and again. One that needs a
    person anyway (key refused) did answer; one that nothing waits for has not been tried since."""
    waiting = Dispatch.objects.filter(account=OuterRef("pk"), status=DispatchStatus.SENDING)
    broken = Q(broken_since__lte=now - TOLD_AFTER)
    asks = Q(asked_since__lte=now - ASKED_AFTER, hold_until__gt=now)
    found = ProviderAccount.objects.filter(
        Exists(waiting), broken | asks, outage_since=None, hold_reason="", is_active=True
    )
    return list(found.select_related("workspace"))


def _answering(now: datetime) -> list[ProviderAccount]:
    """Accounts whose outage was told and is over."""
    told = ProviderAccount.objects.filter(
        outage_since__isnull=False, answers_since__lte=now - OVER_AFTER, asked_since=None
    )
    return list(told.select_related("workspace"))


def _tell_silence(account: ProviderAccount, now: datetime) -> None:
    asked = account.broken_since is None
    since = account.asked_since if asked else account.broken_since
    assert since is not None
    with transaction.atomic():
        mine = ProviderAccount.objects.filter(
            pk=account.pk, broken_since=account.broken_since, asked_since=account.asked_since, outage_since=None
        )
        # What it answered before the outage is no sign of its end.
        if mine.update(outage_since=since, answers_since=None):
            waiting = Dispatch.objects.filter(account=account, status=DispatchStatus.SENDING).count()
            audit.record("account.outage", workspace=account.workspace, actor=None, target=account, now=now)
            notices.tell_of_account(account, NoticeKind.OUTAGE, since, now, {"dispatches": waiting, "asked": asked})


def _tell_answer(account: ProviderAccount, now: datetime) -> None:
    lost, back = account.outage_since, account.answers_since
    assert lost is not None
    assert back is not None
    with transaction.atomic():
        mine = ProviderAccount.objects.filter(pk=account.pk, outage_since=lost, answers_since=back)
        if mine.update(outage_since=None):
            audit.record("account.answers", workspace=account.workspace, actor=None, target=account, now=now)
            silent = max(0, round((back - lost).total_seconds()))
            notices.tell_of_account(account, NoticeKind.ANSWERS, back, now, {"silent_seconds": silent})
