"""Provider accounts as the engine uses them: opened, held, released, and their health."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import AccountConfig, Capabilities, Channel, Connection, Event, Provider, ProviderError
from campaigns.services.connecting.tokens import DatabaseTokens
from campaigns.states import Reason
from console.services import crypto

# The breaker: this many failed requests in a row hold the account, for a time that doubles up to five minutes. Then
# one batch is tried; its answer lets all the others go, or holds them for longer.
FAILURES_TO_HOLD = 5
FIRST_HOLD = timedelta(seconds=5)
LONGEST_HOLD = timedelta(minutes=5)


def hook_url(account: ProviderAccount, kind: str) -> str:
    """The public address at which this account's provider calls us."""
    return f"{settings.PUBLIC_URL}/hooks/{account.callback_token}/{kind}/"


# What others change of an account while a lane sends through it.
_LIVE = (
    "id, is_active, hold_reason, hold_until, failures, broken_since, answers_since, asked_since, last_success_at, "
    "requests_per_second, messages_per_second"
)


def look_again(account: ProviderAccount) -> ProviderAccount:
    """The account as it is now, for a lane: its limits, its health and what holds it. With every batch, so without the
    vendor's lists that are kept with it, and in SQL: Django takes twice as long to put the statement together."""
    found: ProviderAccount = ProviderAccount.objects.raw(
        f"SELECT {_LIVE} FROM campaigns_provideraccount WHERE id = %s", [account.pk]
    )[0]
    return found


def config_of(account: ProviderAccount) -> AccountConfig:
    """The account as its adapter sees it, credentials decrypted. `crypto.WrongKey` when they cannot be."""
    provider = registry.provider_class(account.provider)
    return AccountConfig(
        base_url=account.base_url,
        credentials=crypto.unseal(account.sealed),
        options=account.options,
        hooks={hook.kind: hook_url(account, hook.kind) for hook in provider.hook_urls},
    )


def open_provider(account: ProviderAccount, connections: int = 200) -> Provider:
    """The adapter bound to this account; use it as an async context manager to send."""
    return registry.open_provider(
        account.provider,
        config_of(account),
        allow_private=settings.ALLOW_PRIVATE_PROVIDER_URLS,
        connections=connections,
        tokens=DatabaseTokens(account.pk),
    )


def capabilities(account: ProviderAccount, channel: str) -> Capabilities:
    """What the account can do as configured. Needs no credentials, so it works also when they cannot be read."""
    config = AccountConfig(base_url=account.base_url, credentials={}, options=account.options)
    return registry.open_provider(account.provider, config, allow_private=True).capabilities(Channel(channel))


def requests_at_once(account: ProviderAccount) -> int:
    """The most requests of the account that may be under way together; 0 = no limit."""
    channels = registry.provider_class(account.provider).channels
    return max(capabilities(account, channel).requests_at_once for channel in channels)


def test_connection(account: ProviderAccount, now: datetime) -> Connection:
    """A harmless authenticated call; its outcome becomes the account's health."""

    async def call() -> Connection:
        async with open_provider(account, connections=1) as provider:
            return await provider.test()

    try:
        outcome = asyncio.run(call())
    except ProviderError as error:
        outcome = Connection(False, error.reason, error.text)
    except crypto.WrongKey as error:
        outcome = Connection(False, Reason.AUTH, str(error))
    if outcome.ok:
        note_success(account.pk, now)
    else:
        note_error(account.pk, outcome.reason, outcome.text, now)
    return outcome


def confirm(account: ProviderAccount, event: Event) -> None:
    """Answer a vendor's handshake about our callback address, and keep what it gives. Raises ProviderError."""

    async def call() -> Mapping[str, str]:
        async with open_provider(account, connections=1) as provider:
            return await provider.confirm(event)

    keep_credentials(account.pk, asyncio.run(call()))


def keep_credentials(account_id: int, given: Mapping[str, str]) -> None:
    """Add to an account's credentials what its vendor handed out; one that comes empty is forgotten."""
    if not given:
        return
    with transaction.atomic():
        account = ProviderAccount.objects.select_for_update().get(pk=account_id)
        kept = {name: value for name, value in {**crypto.unseal(account.sealed), **given}.items() if value}
        ProviderAccount.objects.filter(pk=account_id).update(sealed=crypto.seal(kept))


def is_known_well(account: ProviderAccount, now: datetime) -> bool:
    """True when the account, as it was read, answered less than a second ago and nothing was held against it: another
    `note_success` would say the same. A lane reads it with each batch."""
    doubtful = account.failures or account.broken_since or account.asked_since
    if doubtful or not account.answers_since or not account.last_success_at:
        return False
    return timedelta(0) <= now - account.last_success_at < timedelta(seconds=1)


def note_success(account_id: int, now: datetime) -> None:
    """A request was taken: the breaker closes."""
    ProviderAccount.objects.filter(pk=account_id).update(last_success_at=now, **_answers(now), **_WAITED)


def note_answer(account_id: int, now: datetime) -> None:
    """A request was refused for what was in it: the provider is there, so the breaker closes."""
    silent = Q(failures__gt=0) | Q(answers_since__isnull=True) | Q(asked_since__isnull=False)
    ProviderAccount.objects.filter(silent, pk=account_id).update(**_answers(now), **_WAITED)


# The breaker closes.
_CLOSED: dict[str, Any] = {"failures": 0, "broken_since": None, "probe_until": None}


def _answers(now: datetime) -> dict[str, Any]:
    """It closes because the provider has dealt with a message."""
    return {**_CLOSED, "asked_since": None, "answers_since": Coalesce("answers_since", Value(now))}


# A breaker that closes ends the wait that it asked for, never one that the provider asked for (429).
_WAITED = {"hold_until": Case(When(broken_since__isnull=True, then=F("hold_until")), default=None)}


def note_error(account_id: int, reason: Reason, text: str, now: datetime) -> None:
    ProviderAccount.objects.filter(pk=account_id).update(
        last_error_at=now, last_error=text[:500], last_error_reason=reason
    )


def slow_down(account_id: int, until: datetime, now: datetime, *, took_some: bool = False) -> None:
    """Bind every lane of the account (429 and Retry-After); never shortens what was asked before. Whoever asks to
    wait is there, so the breaker closes. `took_some`: with the same answer other messages were dealt with."""
    account = ProviderAccount.objects.filter(pk=account_id)
    account.update(**(_answers(now) if took_some else _CLOSED | {"asked_since": Coalesce("asked_since", Value(now))}))
    account.exclude(hold_until__gt=until).update(hold_until=until)


def note_failure(account_id: int, reason: Reason, text: str, now: datetime) -> None:
    """The provider could not be reached or did not know what to answer; opens the breaker after some in a row.

    What was in flight when it opened says nothing new: only a probe that fails makes the next wait longer.
    """
    note_error(account_id, reason, text, now)
    account = ProviderAccount.objects.filter(pk=account_id)
    waiting = Q(hold_until__isnull=False, hold_until__gt=now)
    if not account.exclude(waiting).update(failures=F("failures") + 1):
        return
    failures = account.values_list("failures", flat=True).get()
    if failures >= FAILURES_TO_HOLD:
        wait = min(FIRST_HOLD * 2 ** min(failures - FAILURES_TO_HOLD, 6), LONGEST_HOLD)
        since = Coalesce("broken_since", Value(now))
        account.update(hold_until=now + wait, probe_until=None, broken_since=since, answers_since=None)


def take_probe(account_id: int, now: datetime, until: datetime) -> bool:
    """The right to try an open breaker with one batch, once its wait is over; one lane of all processes gets it."""
    over = Q(hold_until__isnull=True) | Q(hold_until__lte=now)
    free = Q(probe_until__isnull=True) | Q(probe_until__lt=now)
    open_ = ProviderAccount.objects.filter(over, free, pk=account_id, broken_since__isnull=False)
    return bool(open_.update(probe_until=until))


def give_probe_back(account_id: int) -> None:
    """Nothing left: the next lane may try."""
    ProviderAccount.objects.filter(pk=account_id).update(probe_until=None)


def hold(account_id: int, reason: Reason, text: str, now: datetime) -> None:
    """Nothing more leaves through this account until a person acts (key refused, no credit)."""
    note_error(account_id, reason, text, now)
    ProviderAccount.objects.filter(pk=account_id, hold_reason="").update(hold_reason=reason, hold_since=now)


def release(account_id: int) -> None:
    """A person has mended what held the account. Whether it answers is not known by that."""
    ProviderAccount.objects.filter(pk=account_id).update(
        hold_reason="",
        hold_since=None,
        hold_until=None,
        failures=0,
        broken_since=None,
        probe_until=None,
        answers_since=None,
        asked_since=None,
    )
