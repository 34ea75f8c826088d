"""The button that enters callback addresses at the provider, and the form of a provider that builds its own hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from campaigns.forms.account import AccountForm
from campaigns.models import ProviderAccount
from campaigns.providers.base import Misconfigured, NotSent, ProviderError, Refused
from campaigns.services.connecting import hooks
from campaigns.states import Reason
from console.models import AuditEvent, Workspace
from console.services import crypto

CLOUD = "salesforce-marketing-cloud"
KEYS = {"subdomain": "mcx0example", "client_id": "pkg-7f20", "client_secret": "s3cret"}


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Cloud", provider=CLOUD, sealed=crypto.seal(KEYS), created_at=now
    )


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """answers(what) lets the provider give credentials, or raise."""

    def say(what: Mapping[str, str] | Exception) -> None:
        async def register(account: ProviderAccount) -> Mapping[str, str]:
            if isinstance(what, Exception):
                raise what
            return what

        monkeypatch.setattr(hooks, "_register", register)

    return say


def test_the_button_is_there_for_a_provider_that_can(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    page = owner_client.get(url("account", account.pk)).content.decode()
    assert url("account-register", account.pk) in page


def test_another_providers_page_has_no_button(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    ProviderAccount.objects.update(provider="octopush", base_url="https://api.octopush.com")
    assert url("account-register", account.pk) not in owner_client.get(url("account", account.pk)).content.decode()
    assert owner_client.post(url("account-register", account.pk)).status_code == 303
    assert not AuditEvent.objects.filter(action="account.register_hooks").exists()


def test_registering_keeps_what_the_provider_gives_and_says_so(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, answers: Callable[[Any], None]
) -> None:
    answers({"ens_key": "k-1", "ens_callback": "cb-1"})
    answer = owner_client.post(url("account-register", account.pk))
    assert answer.status_code == 303
    account.refresh_from_db()
    assert crypto.unseal(account.sealed) == {**KEYS, "ens_key": "k-1", "ens_callback": "cb-1"}
    assert AuditEvent.objects.filter(action="account.register_hooks").count() == 1
    assert "Callbacks registered" in owner_client.get(url("account", account.pk)).content.decode()


@pytest.mark.parametrize(
    "error",
    [
        NotSent(Reason.PROVIDER_DOWN, "The provider could not be reached in time."),
        Misconfigured(Reason.AUTH, "Client ID not recognised."),
        Refused(Reason.REJECTED, "Marketing Cloud calls only https addresses without a port."),
    ],
)
def test_every_failure_is_a_sentence_with_the_providers_words(
    owner_client: Client,
    url: Callable[..., str],
    account: ProviderAccount,
    answers: Callable[[Any], None],
    error: ProviderError,
) -> None:
    answers(error)
    owner_client.post(url("account-register", account.pk))
    page = owner_client.get(url("account", account.pk)).content.decode()
    assert "Callbacks not registered" in page and error.text in page
    account.refresh_from_db()
    assert account.last_error_reason == error.reason
    assert crypto.unseal(account.sealed) == KEYS


def test_keys_that_cannot_be_read_are_a_sentence(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, settings: Any
) -> None:
    settings.FIELD_KEYS = ["another"]
    owner_client.post(url("account-register", account.pk))
    assert "cannot be read" in owner_client.get(url("account", account.pk)).content.decode()


def test_who_may_not_edit_providers_may_not_register(
    as_role: Callable[[str], Client], url: Callable[..., str], account: ProviderAccount
) -> None:
    assert as_role("analyst").post(url("account-register", account.pk)).status_code == 403


def test_registering_is_no_get(owner_client: Client, url: Callable[..., str], account: ProviderAccount) -> None:
    assert owner_client.get(url("account-register", account.pk)).status_code == 405


# -- hosts ----------------------------------------------------------------------------------------
def entered(**changes: str) -> dict[str, str]:
    return {"name": "Cloud", **{f"credential_{name}": value for name, value in KEYS.items()}, **changes}


def test_a_provider_that_builds_its_hosts_asks_for_no_address(workspace: Workspace, settings: Any) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = False
    form = AccountForm(entered(base_url="https://evil.example"), workspace=workspace, provider=CLOUD)
    assert "base_url" not in form.fields
    assert form.is_valid(), form.errors
    assert form.settings().base_url == ""


def test_a_sandbox_may_stand_in_where_private_addresses_may_be_called(workspace: Workspace, settings: Any) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    form = AccountForm(entered(base_url="http://127.0.0.1:8800"), workspace=workspace, provider=CLOUD)
    assert form.is_valid(), form.errors
    assert form.settings().base_url == "http://127.0.0.1:8800"


def test_a_whole_address_is_no_subdomain(workspace: Workspace, settings: Any) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = False
    typed = entered(credential_subdomain="https://mcx0example.auth.marketingcloudapis.com")
    form = AccountForm(typed, workspace=workspace, provider=CLOUD)
    assert not form.is_valid()
    assert list(form.errors) == ["credential_subdomain"]
