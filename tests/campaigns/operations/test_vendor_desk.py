"""What an account can do besides sending: the vendor's register of campaigns, number checks, and the fault dial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from campaigns.models import ProviderAccount
from campaigns.services.connecting import number_checks, training
from console.models import AuditEvent, Role, Workspace
from console.services import crypto
from contacts.models import Contact
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox_process() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, settings: Any) -> SandboxProcess:
    sandbox_process.reset()
    settings.SANDBOX_URL = sandbox_process.url
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    return sandbox_process


@pytest.fixture
def account(workspace: Workspace, sandbox: SandboxProcess, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="SMS", provider="sinch-messaging", base_url=sandbox.url, created_at=now,
        sealed=crypto.seal({"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}),
    )  # fmt: skip


@pytest.fixture
def elsewhere(account: ProviderAccount) -> ProviderAccount:
    """The same account, whose provider is down."""
    ProviderAccount.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:9")
    account.refresh_from_db()
    return account


# -- the register -----------------------------------------------------------------------------------
def test_campaigns_are_made_read_changed_and_deleted_at_the_provider(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    owner_client.post(url("account-campaign-new", account.pk), {"name": "Spring 2026", "alias": "spring26"})
    assert "spring26" in owner_client.get(url("account-campaigns", account.pk)).content.decode()
    account.refresh_from_db()
    (kept,) = account.remote_campaigns
    assert (kept["name"], kept["alias"]) == ("Spring 2026", "spring26")
    address = url("account-campaign", account.pk, kept["id"])
    assert "Spring 2026" in owner_client.get(address).content.decode()
    owner_client.post(address, {"name": "Summer", "alias": "summer"})
    assert "Summer" in owner_client.get(url("account-campaigns", account.pk)).content.decode()
    owner_client.post(url("account-campaign-delete", account.pk, kept["id"]))
    assert "The register is empty" in owner_client.get(url("account-campaigns", account.pk)).content.decode()
    done = AuditEvent.objects.filter(action__startswith="account.campaign_").order_by("pk")
    assert [event.action.split("_")[1] for event in done] == ["create", "change", "delete"]


def test_an_alias_that_no_message_could_name_is_refused(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    response = owner_client.post(url("account-campaign-new", account.pk), {"name": "Spring", "alias": "two words"})
    assert (response.status_code, "two words" in response.content.decode()) == (422, True)


def test_a_campaign_that_is_gone_is_not_found(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    assert owner_client.get(url("account-campaign", account.pk, 99)).status_code == 404


def test_without_the_provider_the_register_shows_what_was_read_last(
    owner_client: Client, url: Callable[..., str], elsewhere: ProviderAccount
) -> None:
    elsewhere.remote_campaigns = [{"id": 7, "name": "Autumn", "alias": "autumn"}]
    elsewhere.save()
    page = owner_client.get(url("account-campaigns", elsewhere.pk)).content.decode()
    assert ("Autumn" in page, "could not be read just now" in page) == (True, True)


def test_a_change_that_the_provider_did_not_get_is_said(
    owner_client: Client, url: Callable[..., str], elsewhere: ProviderAccount
) -> None:
    response = owner_client.post(url("account-campaign-new", elsewhere.pk), {"name": "Spring"})
    assert response.status_code == 409
    assert not AuditEvent.objects.filter(action="account.campaign_create").exists()


def test_others_read_no_register(as_role: Any, url: Callable[..., str], account: ProviderAccount) -> None:
    assert as_role(Role.SENDER).get(url("account-campaigns", account.pk)).status_code == 403


def test_a_vendor_without_a_register_has_no_such_page(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    ProviderAccount.objects.update(provider="messaging-service")
    assert owner_client.get(url("account-campaigns", account.pk)).status_code == 404


# -- number checks ----------------------------------------------------------------------------------
def test_a_number_check_is_ordered_by_a_button_that_says_the_price(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, make_contacts: Any
) -> None:
    ProviderAccount.objects.update(options={"number_check_price": "0,012"})
    (person,) = make_contacts(1)
    address = url("contact-number", person.pk)
    page = owner_client.get(address).content.decode()
    assert ("Check the number" in page, "Through SMS. Costs" in page, "0.0120" in page) == (True, True, True)
    assert not AuditEvent.objects.filter(action="contact.number_check").exists()
    owner_client.post(address, {"account": account.pk})
    event = AuditEvent.objects.get(action="contact.number_check")
    assert (event.detail["address"], event.detail["active"], event.detail["country"]) == (person.phone, True, "ES")
    assert "Mobile number" in owner_client.get(address).content.decode()


def test_the_answer_about_an_older_number_is_not_shown(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, make_contacts: Any
) -> None:
    (person,) = make_contacts(1)
    owner_client.post(url("contact-number", person.pk), {"account": account.pk})
    Contact.objects.filter(pk=person.pk).update(phone="+34699000111")
    person.refresh_from_db()
    assert number_checks.last_of(person) is None


def test_without_an_account_that_checks_the_card_is_not_there(
    owner_client: Client, url: Callable[..., str], make_contacts: Any, hx: dict[str, str]
) -> None:
    (person,) = make_contacts(1)
    page = owner_client.get(url("contact-number", person.pk), headers=hx).content.decode()
    assert "<section" not in page


def test_only_who_may_send_orders_a_check(
    as_role: Any, url: Callable[..., str], account: ProviderAccount, make_contacts: Any
) -> None:
    (person,) = make_contacts(1)
    editor = as_role(Role.EDITOR)
    assert "Check the number" not in editor.get(url("contact-number", person.pk)).content.decode()
    assert editor.post(url("contact-number", person.pk), {"account": account.pk}).status_code == 409
    assert not AuditEvent.objects.filter(action="contact.number_check").exists()


@pytest.mark.parametrize(("typed", "price"), [("0.012", "0.012"), ("0,5", "0.5"), ("", None), (None, None)])
def test_the_price_of_a_check_is_what_the_account_says(typed: Any, price: str | None) -> None:
    account = ProviderAccount(options={"number_check_price": typed})
    assert number_checks.price_of(account) == (Decimal(price) if price else None)


# -- the fault dial ---------------------------------------------------------------------------------
@pytest.fixture
def demo(account: ProviderAccount, workspace: Workspace) -> ProviderAccount:
    workspace.is_demo = True
    workspace.save()
    account.refresh_from_db()
    return account


def test_the_dial_is_there_only_for_a_demonstration_at_the_sandbox(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, workspace: Workspace, settings: Any
) -> None:
    address = url("account-training", account.pk)
    assert owner_client.get(address).status_code == 404
    Workspace.objects.update(is_demo=True)
    assert owner_client.get(address).status_code == 200
    assert "fault dial" in owner_client.get(url("account", account.pk)).content.decode()
    ProviderAccount.objects.update(base_url="https://api.example.com")
    assert owner_client.get(address).status_code == 404
    ProviderAccount.objects.update(base_url=settings.SANDBOX_URL)
    settings.SANDBOX_URL = ""
    assert owner_client.get(address).status_code == 404


@pytest.mark.parametrize("key", [key for key in training.FAULTS if key != training.CREDIT])
def test_every_position_reaches_the_sandbox(
    owner_client: Client, url: Callable[..., str], demo: ProviderAccount, key: str
) -> None:
    owner_client.post(url("account-training", demo.pk), {"fault": key, "times": "4"})
    assert [(s.fault.key, s.left) for s in training.on(demo)] == [(key, 4)]


def test_faults_add_up_and_one_that_is_set_again_replaces_itself(
    owner_client: Client, url: Callable[..., str], demo: ProviderAccount
) -> None:
    for key, times in (("http_429", "4"), ("latency", "2"), ("http_429", "9")):
        owner_client.post(url("account-training", demo.pk), {"fault": key, "times": times})
    assert sorted((s.fault.key, s.left) for s in training.on(demo)) == [("http_429", 9), ("latency", 2)]


def test_credit_goes_and_comes_back(owner_client: Client, url: Callable[..., str], demo: ProviderAccount) -> None:
    owner_client.post(url("account-training", demo.pk), {"fault": training.CREDIT})
    assert [(s.fault.key, s.left) for s in training.on(demo)] == [(training.CREDIT, None)]
    owner_client.post(url("account-training-reset", demo.pk))
    assert training.on(demo) == []


def test_a_reset_leaves_other_vendors_faults(
    owner_client: Client, url: Callable[..., str], demo: ProviderAccount, sandbox: SandboxProcess
) -> None:
    sandbox.arm("*", "http_500", vendor="octopush")
    owner_client.post(url("account-training", demo.pk), {"fault": "http_503"})
    owner_client.post(url("account-training-reset", demo.pk))
    assert training.on(demo) == []
    demo.provider = "octopush"
    assert [s.fault.key for s in training.on(demo)] == ["http_500"]


@pytest.mark.parametrize("posted", [{"fault": "odd"}, {"fault": "http_429", "times": "0"}, {}])
def test_what_the_dial_has_not_is_refused(
    owner_client: Client, url: Callable[..., str], demo: ProviderAccount, posted: dict[str, str]
) -> None:
    assert owner_client.post(url("account-training", demo.pk), posted).status_code == 409
    assert training.on(demo) == []


def test_a_sandbox_that_does_not_run_is_said(
    owner_client: Client, url: Callable[..., str], demo: ProviderAccount, settings: Any
) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    ProviderAccount.objects.update(base_url=settings.SANDBOX_URL)
    assert "The sandbox does not answer" in owner_client.get(url("account-training", demo.pk)).content.decode()


def test_turning_the_dial_is_written_down(owner_client: Client, url: Callable[..., str], demo: ProviderAccount) -> None:
    owner_client.post(url("account-training", demo.pk), {"fault": "http_401"})
    assert AuditEvent.objects.get(action="account.faults").detail == {"fault": "http_401"}


def test_only_who_manages_accounts_turns_the_dial(as_role: Any, url: Callable[..., str], demo: ProviderAccount) -> None:
    assert as_role(Role.SENDER).get(url("account-training", demo.pk)).status_code == 403


# -- allowed addresses ------------------------------------------------------------------------------
def test_networks_that_may_call_back_are_checked_and_kept(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    given = {"name": "SMS", "base_url": account.base_url, "option_send_mode": "bulk"}
    page = owner_client.post(url("account", account.pk), {**given, "hook_networks": "everywhere"})
    assert (page.status_code, "everywhere is neither" in page.content.decode()) == (422, True)
    owner_client.post(url("account", account.pk), {**given, "hook_networks": "203.0.113.0/24\n2001:db8::/32"})
    account.refresh_from_db()
    assert account.hook_networks.split() == ["203.0.113.0/24", "2001:db8::/32"]
