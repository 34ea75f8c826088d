"""Access tokens of accounts: one for all processes, renewed by one of them, never readable at rest."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import AccessToken
from campaigns.providers.base import Misconfigured
from campaigns.providers.remote import Token
from campaigns.services.connecting import account_settings, tokens
from campaigns.services.connecting.tokens import DatabaseTokens
from campaigns.states import Reason

# Tokens are kept by another thread, which must see what the test has written.
pytestmark = pytest.mark.django_db(transaction=True)


class Vendor:
    """Makes tokens that live `seconds`, each another; `fails` raises instead."""

    def __init__(self, seconds: float = 1079.0) -> None:
        self.seconds, self.made, self.fails = seconds, 0, False

    async def renew(self) -> Token:
        await asyncio.sleep(0.05)
        if self.fails:
            raise Misconfigured(Reason.AUTH, "Client ID not recognised.")
        self.made += 1
        return Token(f"token-{self.made}", self.seconds)


@pytest.fixture
def account(make_account):
    return make_account()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


def ask(account, vendor: Vendor, clock=timezone.now, **options) -> str:
    """As another process would."""
    return asyncio.run(DatabaseTokens(account.pk, clock).token(vendor.renew, **options))


def test_processes_share_a_token(account, vendor):
    assert [ask(account, vendor) for _ in range(3)] == ["token-1"] * 3
    assert "token-1" not in AccessToken.objects.get().sealed


def test_only_one_renews_while_the_others_wait(account, vendor):
    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(DatabaseTokens(account.pk).token(vendor.renew) for _ in range(4)))

    assert asyncio.run(all_at_once()) == ["token-1"] * 4
    assert vendor.made == 1


def test_a_token_with_less_than_two_minutes_is_renewed(account, vendor):
    ask(account, vendor)
    start = timezone.now()
    assert ask(account, vendor, lambda: start + timedelta(seconds=950)) == "token-1"
    assert ask(account, vendor, lambda: start + timedelta(seconds=970)) == "token-2"


def test_a_refused_token_is_renewed_once(account, vendor):
    ask(account, vendor)
    assert ask(account, vendor, refused="token-1") == "token-2"
    assert ask(account, vendor, refused="token-1") == "token-2"


def test_a_failed_renewal_lets_the_next_one_try(account, vendor):
    vendor.fails = True
    with pytest.raises(Misconfigured):
        ask(account, vendor)
    vendor.fails = False
    assert ask(account, vendor) == "token-1"


def test_the_lease_of_a_dead_process_runs_out(account, vendor):
    now = timezone.now()
    AccessToken.objects.create(account=account, lease_until=now + timedelta(seconds=60))
    assert ask(account, vendor, lambda: now + timedelta(seconds=61)) == "token-1"


def test_a_token_that_no_key_can_read_is_renewed(account, vendor, settings):
    ask(account, vendor)
    settings.FIELD_KEYS = ["another key"]
    assert ask(account, vendor) == "token-2"


def test_new_credentials_forget_the_token(account, vendor, owner):
    ask(account, vendor)
    given = account_settings.Settings(
        name=account.name, base_url=account.base_url, credentials={"AuthenticationToken": "sandbox-token"}
    )
    account_settings.update(account, given, owner, timezone.now())
    assert ask(account, vendor) == "token-2"


def test_a_token_that_is_still_good_costs_no_query(account, vendor):
    store = DatabaseTokens(account.pk)
    asyncio.run(store.token(vendor.renew))
    AccessToken.objects.all().delete()
    assert asyncio.run(store.token(vendor.renew)) == "token-1"


def test_forgetting_an_account_without_a_token_is_nothing(account):
    tokens.forget(account.pk)
