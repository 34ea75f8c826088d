"""How provider accounts are: one word each, the last success and error, and how much of the speed is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Dispatch, ProviderAccount, ProviderEvent, Pulse, Tally
from campaigns.providers import registry
from campaigns.services.showing.speed import BUCKET, RECENT
from campaigns.states import DispatchStatus, Reason, RecipientStatus
from console import formats
from console.models import Workspace

FAILURES_OF = timedelta(days=7)
_BAD = (RecipientStatus.FAILED, RecipientStatus.UNDELIVERED, RecipientStatus.UNKNOWN)
_HELD: dict[str, Any] = {
    Reason.AUTH: gettext_lazy("Key refused"),
    Reason.NO_CREDIT: gettext_lazy("No credit"),
    Reason.SENDER_REFUSED: gettext_lazy("Sender refused"),
}


@dataclass(frozen=True, slots=True)
class Health:
    """An account as a list shows it. `rate`: messages per second over the last minute; `needs_person`: nothing
    leaves through it until somebody acts; `next_try`: when one that does not answer is tried again."""

    account: ProviderAccount
    vendor: str
    channels: tuple[str, ...]
    css: str
    icon: str
    word: str
    rate: float
    needs_person: bool
    next_try: datetime | None = None


def of_workspace(workspace: Workspace, now: datetime) -> list[Health]:
    """Every account of a workspace, by name."""
    return many(list(ProviderAccount.objects.for_workspace(workspace)), now)


def many(accounts: Sequence[ProviderAccount], now: datetime) -> list[Health]:
    """The health of these accounts, in one query more."""
    rates = _rates(accounts, now) if accounts else {}
    return [_health(account, rates.get(account.pk, 0.0), now) for account in accounts]


def last_callback(account: ProviderAccount) -> datetime | None:
    """When the provider last called us."""
    newest = ProviderEvent.objects.filter(account=account).order_by("-pk").values_list("received_at", flat=True)
    return newest.first()


def failures(account: ProviderAccount, now: datetime) -> list[tuple[str, int]]:
    """(reason, people) of what failed or was not delivered in the account's dispatches of the last week, most first.
    From the counters: no ledger row is read."""
    recent = Dispatch.objects.filter(account=account, planned_at__gt=now - FAILURES_OF)
    bad = Tally.objects.filter(dispatch__in=recent, status__in=_BAD, n__gt=0).exclude(reason="")
    found = bad.values_list("reason").annotate(people=Sum("n")).order_by("-people", "reason")
    return [(reason, people) for reason, people in found]


def _health(account: ProviderAccount, rate: float, now: datetime) -> Health:
    vendor = registry.PROVIDERS.get(account.provider)
    css, icon, word = _word(account, now)
    return Health(
        account=account,
        vendor=vendor.label if vendor else account.provider,
        channels=tuple(vendor.channels) if vendor else (),
        css=css,
        icon=icon,
        word=str(word),
        rate=rate,
        needs_person=bool(account.hold_reason) and account.is_active,
        next_try=account.hold_until if account.broken_since and (account.hold_until or now) > now else None,
    )


def _word(account: ProviderAccount, now: datetime) -> tuple[str, str, Any]:
    if not account.is_active:
        return "excluded", "ban", _("Disabled")
    if account.hold_reason:
        return "failed", "circle-x", _HELD.get(account.hold_reason, _("Held"))
    if account.broken_since:
        return "held", "clock-pause", _("Held since %(time)s") % {"time": formats.short(account.broken_since, now)}
    if account.hold_until and account.hold_until > now:
        return "held", "clock-pause", _("Asked to wait")
    if account.last_error_at and account.last_error_at > (account.last_success_at or account.created_at):
        return "retry", "alert-triangle", _("Last call failed")
    if account.last_success_at is None:
        return "waiting", "circle-dashed", _("Not tried yet")
    return "delivered", "circle-check", _("Healthy")


def _rates(accounts: Sequence[ProviderAccount], now: datetime) -> dict[int, float]:
    sending = Dispatch.objects.filter(account__in=accounts, status=DispatchStatus.SENDING)
    since = int(now.timestamp() - RECENT) // BUCKET
    pulses = Pulse.objects.filter(dispatch__in=sending, at__gt=since)
    found = pulses.values_list("dispatch__account").annotate(n=Sum("n"))
    return {account: n / RECENT for account, n in found}
