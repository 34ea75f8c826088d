"""Provider accounts: health, a form made from what the vendor asks for, credentials that go in and never come out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.forms.account import AccountForm
from campaigns.models import Dispatch, ProviderAccount, Tally
from campaigns.providers import registry
from campaigns.services.connecting import account_health, account_settings
from campaigns.wording import reason_advice, reason_sentence
from console.models import AuditEvent, User, Workspace
from console.services import crypto

SECRETS = {"UserName": "ane@shop.example", "AuthenticationToken": "tok-3f9a77-never-shown"}
LOOPBACK = "http://127.0.0.1:9"  # the port of "discard": nothing answers


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Sinch Norte", provider="sinch-messaging", base_url=LOOPBACK, sender="TIENDA",
        sealed=crypto.seal(SECRETS), created_at=now - timedelta(days=9),
    )  # fmt: skip


def entered(**changes: str) -> dict[str, str]:
    """The form as a browser sends it, without credentials."""
    return {"name": "Sinch Norte", "base_url": LOOPBACK, "sender": "TIENDA", "option_send_mode": "bulk", **changes}


def with_secrets(**changes: str) -> dict[str, str]:
    return entered(**{**{f"credential_{name}": value for name, value in SECRETS.items()}, **changes})


# -- making and changing -----------------------------------------------------------------------------


def test_the_providers_to_choose_from_are_those_of_the_registry(owner_client: Client, url: Callable[..., str]) -> None:
    page = owner_client.get(url("account-new")).content.decode()
    assert re.findall(r"\?provider=([\w-]+)", page) == list(registry.PROVIDERS)
    assert all(cls.label in page for cls in registry.PROVIDERS.values())


@pytest.mark.parametrize("slug", list(registry.PROVIDERS))
def test_the_form_asks_for_what_the_vendor_needs(owner_client: Client, url: Callable[..., str], slug: str) -> None:
    page = owner_client.get(f"{url('account-new')}?provider={slug}").content.decode()
    vendor = registry.provider_class(slug)
    wanted = [f"credential_{field.name}" for field in vendor.credential_fields]
    wanted += [f"option_{field.name}" for field in vendor.option_fields]
    assert [name for name in wanted if f'name="{name}"' not in page] == []
    assert vendor.default_base_url in page


def test_an_account_is_added_with_its_credentials_encrypted(
    owner_client: Client, url: Callable[..., str], workspace: Workspace
) -> None:
    data = with_secrets(messages_per_second="20", sms_price="0.042", option_expires_in_minutes="60")
    owner_client.post(f"{url('account-new')}?provider=sinch-messaging", data)
    account = ProviderAccount.objects.get()
    assert crypto.unseal(account.sealed) == SECRETS
    assert SECRETS["AuthenticationToken"] not in account.sealed
    assert (account.messages_per_second, account.sms_price) == (20.0, Decimal("0.042"))
    assert account.options == {"send_mode": "bulk", "expires_in_minutes": 60}
    assert account.workspace == workspace


def test_a_saved_credential_is_never_given_back(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    page = owner_client.get(url("account", account.pk)).content.decode()
    assert [secret for secret in SECRETS.values() if secret in page] == []
    assert page.count('placeholder="Saved"') == 2


def test_an_entered_secret_is_not_given_back_with_the_errors(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    answer = owner_client.post(url("account", account.pk), with_secrets(messages_per_second="many"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert SECRETS["AuthenticationToken"] not in page
    assert 'value="many"' in page


@pytest.mark.parametrize("rate", ["0", "-4", "100001"])
def test_a_limit_that_makes_no_sense_is_refused_with_what_does(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, rate: str
) -> None:
    answer = owner_client.post(url("account", account.pk), entered(messages_per_second=rate))
    assert answer.status_code == 422
    assert "Enter a number from 0.01 to 100,000." in answer.content.decode()


def test_a_price_may_be_written_with_the_comma_of_the_reader(
    owner_client: Client, owner: User, url: Callable[..., str], account: ProviderAccount
) -> None:
    User.objects.filter(pk=owner.pk).update(language="es")
    answer = owner_client.post(url("account", account.pk), entered(sms_price="0,042"))
    account.refresh_from_db()
    assert answer.status_code == 303
    assert account.sms_price == Decimal("0.042")


def test_empty_credentials_keep_what_is_saved(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    owner_client.post(url("account", account.pk), entered(sender="OTRA"))
    account.refresh_from_db()
    assert account.sender == "OTRA"
    assert crypto.unseal(account.sealed) == SECRETS


def test_one_credential_can_be_replaced_alone(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    owner_client.post(url("account", account.pk), entered(credential_AuthenticationToken="new-token"))
    account.refresh_from_db()
    assert crypto.unseal(account.sealed) == {**SECRETS, "AuthenticationToken": "new-token"}


def test_saved_credentials_are_not_sent_to_another_host(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    moved = entered(base_url="http://127.0.0.2:9")
    answer = owner_client.post(url("account", account.pk), moved)
    assert answer.status_code == 422
    assert "saved ones are not sent to another host" in answer.content.decode()
    account.refresh_from_db()
    assert account.base_url == LOOPBACK


def test_with_the_credentials_entered_again_the_host_may_change(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    assert owner_client.post(url("account", account.pk), with_secrets(base_url="http://127.0.0.2:9")).status_code == 303
    account.refresh_from_db()
    assert account.base_url == "http://127.0.0.2:9"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:9", "private network"),
        ("http://169.254.169.254/latest", "private network"),
        ("ftp://files.example", "must begin with https"),
        ("https://user:pass@127.0.0.1/", "user name or a password"),
    ],
)
def test_an_address_inside_the_own_network_is_refused(
    owner_client: Client, url: Callable[..., str], settings: Any, address: str, sentence: str
) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = False
    answer = owner_client.post(f"{url('account-new')}?provider=sinch-messaging", with_secrets(base_url=address))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ProviderAccount.objects.exists()


def test_what_the_vendor_finds_wrong_stands_at_the_field(workspace: Workspace) -> None:
    data = with_secrets(credential_AuthenticationToken="tokén")
    form = AccountForm(data, workspace=workspace, provider="sinch-messaging")
    assert list(form.errors) == ["credential_AuthenticationToken"]


def test_two_accounts_cannot_have_one_name(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    answer = owner_client.post(f"{url('account-new')}?provider=sinch-messaging", with_secrets())
    assert answer.status_code == 422
    assert "Another account has this name" in answer.content.decode()


def test_saving_without_a_change_audits_nothing(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    account.options = {"send_mode": "bulk"}
    account.save()
    owner_client.post(url("account", account.pk), entered())
    assert not AuditEvent.objects.exists()


def test_the_audit_trail_names_credentials_and_never_holds_them(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    owner_client.post(f"{url('account-new')}?provider=sinch-messaging", with_secrets(name="Otra"))
    owner_client.post(
        url("account", account.pk), with_secrets(messages_per_second="5", credential_AuthenticationToken="new-token")
    )
    made, changed = AuditEvent.objects.order_by("pk")
    assert made.detail["credentials"] == changed.detail["credentials"] == ["AuthenticationToken", "UserName"]
    assert changed.detail["messages_per_second"] == [None, 5.0]
    kept = json.dumps([made.detail, changed.detail])
    assert [secret for secret in (*SECRETS.values(), "new-token") if secret in kept] == []


# -- health and holds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"last_success_at": timedelta(0)}, "Healthy"),
        ({}, "Not tried yet"),
        ({"is_active": False, "hold_reason": "auth"}, "Disabled"),
        ({"hold_reason": "auth"}, "Key refused"),
        ({"hold_reason": "no_credit"}, "No credit"),
        ({"hold_reason": "rejected"}, "Held"),
        ({"hold_until": timedelta(minutes=1)}, "Asked to wait"),
        ({"last_success_at": timedelta(minutes=-9), "last_error_at": timedelta(minutes=-1)}, "Last call failed"),
        ({"last_success_at": timedelta(minutes=-1), "last_error_at": timedelta(minutes=-9)}, "Healthy"),
    ],
)
def test_health_is_one_word(account: ProviderAccount, now: datetime, fields: dict[str, Any], word: str) -> None:
    for name, value in fields.items():
        setattr(account, name, now + value if isinstance(value, timedelta) else value)
    assert account_health.many([account], now)[0].word == word


def test_the_speed_of_an_account_is_that_of_all_its_dispatches(
    account: ProviderAccount, make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    for name in ("Una", "Otra"):
        beat(make_dispatch(account=account, name=name), (20, 60, 60))
    assert account_health.many([account], now)[0].rate == pytest.approx(2.0)


def test_the_list_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    workspace: Workspace,
    now: datetime,
    count_queries: Callable[..., int],
) -> None:
    found = []
    for n in (3, 27):
        for place in range(n):
            ProviderAccount.objects.create(
                workspace=workspace, name=f"{n}.{place}", provider="sinch-messaging", base_url=LOOPBACK, created_at=now
            )
        found.append(count_queries(owner_client, url("providers")))
    assert found[0] == found[1] <= 7


def test_a_test_that_fails_says_why_and_becomes_the_health(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, hx: dict[str, str]
) -> None:
    page = owner_client.post(url("account-test", account.pk), headers=hx).content.decode()
    account.refresh_from_db()
    assert page.strip().startswith('<section class="card" id="test"')
    assert 'aria-live="polite"' in page
    assert account.last_error_at and account.last_error
    assert "The provider had a fault" in page


def test_a_test_works_without_script(owner_client: Client, url: Callable[..., str], account: ProviderAccount) -> None:
    page = owner_client.post(url("account-test", account.pk), follow=True).content.decode()
    assert "Connection failed" in page


def test_callback_addresses_are_shown_to_be_copied(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://console.example"
    page = owner_client.get(url("account", account.pk)).content.decode()
    for hook in registry.provider_class(account.provider).hook_urls:
        assert f'value="https://console.example/hooks/{account.callback_token}/{hook.kind}/"' in page


def test_new_callback_addresses_replace_the_old(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    old = account.callback_token
    assert "stop working at once" in owner_client.get(url("account-rotate", account.pk)).content.decode()
    owner_client.post(url("account-rotate", account.pk))
    account.refresh_from_db()
    event = AuditEvent.objects.get(action="account.rotate_token")
    assert account.callback_token != old
    assert event.detail == {}


def test_a_disabled_account_can_be_enabled_again(
    owner_client: Client, url: Callable[..., str], account: ProviderAccount
) -> None:
    owner_client.post(url("account-disable", account.pk))
    account.refresh_from_db()
    assert not account.is_active
    assert "This account is disabled" in owner_client.get(url("account", account.pk)).content.decode()
    owner_client.post(url("account-enable", account.pk))
    account.refresh_from_db()
    assert account.is_active
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "account.disable", "account.enable"
    ]  # fmt: skip


def test_releasing_a_held_account_lets_its_dispatches_be_resumed(
    owner_client: Client,
    url: Callable[..., str],
    account: ProviderAccount,
    make_dispatch: Callable[..., Dispatch],
) -> None:
    ProviderAccount.objects.update(hold_reason="auth", hold_since=timezone.now(), failures=7, last_error="401")
    dispatch = make_dispatch([("queued", "", 4)], account=account, status="held", reason="auth")
    page = owner_client.get(url("account", account.pk)).content.decode()
    assert "Key refused: nothing leaves through this account since" in page
    assert "4 messages wait. Nothing is lost." in page
    assert "Resume 4" not in page
    page = owner_client.post(url("account-release", account.pk), follow=True).content.decode()
    assert "1 held dispatch can be resumed now." in page
    assert "Resume 4" in page
    owner_client.post(url("dispatch-resume", dispatch.pk))
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"
    assert AuditEvent.objects.get(action="account.release").detail == {"reason": "auth"}


def test_held_dispatches_of_other_accounts_are_not_shown(
    account: ProviderAccount, make_dispatch: Callable[..., Dispatch], sms_account_2: ProviderAccount
) -> None:
    make_dispatch(status="held", account=sms_account_2)
    assert not account_settings.held_dispatches(account).exists()


@pytest.fixture
def sms_account_2(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Sinch MX", provider="sinch-messaging", base_url=LOOPBACK, created_at=now
    )


# -- who may ----------------------------------------------------------------------------------------


GETS = ["account", "account-disable", "account-rotate"]
POSTS = ["account", "account-test", "account-disable", "account-enable", "account-rotate", "account-release"]


@pytest.mark.parametrize("name", GETS)
def test_an_account_of_another_workspace_is_not_found(
    owner_client: Client, stranger: Client, url: Callable[..., str], foreign_dispatch: Dispatch,
    account: ProviderAccount, name: str,
) -> None:  # fmt: skip
    assert owner_client.get(url(name, foreign_dispatch.account_id)).status_code == 404
    assert stranger.get(url(name, account.pk)).status_code == 404


@pytest.mark.parametrize("name", POSTS)
def test_nothing_is_done_to_an_account_of_another_workspace(
    owner_client: Client, url: Callable[..., str], foreign_dispatch: Dispatch, name: str
) -> None:
    assert owner_client.post(url(name, foreign_dispatch.account_id)).status_code == 404


@pytest.mark.parametrize("name", POSTS)
def test_a_sender_has_no_business_with_credentials(
    as_role: Callable[[str], Client], url: Callable[..., str], account: ProviderAccount, name: str
) -> None:
    assert as_role("sender").post(url(name, account.pk)).status_code == 403


def test_the_lists_of_two_workspaces_are_apart(
    owner_client: Client, stranger: Client, url: Callable[..., str], foreign_dispatch: Dispatch, owner: User
) -> None:
    assert "Otra" not in owner_client.get(url("providers")).content.decode()
    assert stranger.get(url("providers")).status_code == 404
    assert stranger.get(url("account-new")).status_code == 404


# -- what failed ----------------------------------------------------------------------------------------


def test_failures_of_all_dispatches_of_an_account_are_summed_by_reason(
    account: ProviderAccount, make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    for name, people in (("Una", 3), ("Otra", 2)):
        dispatch = make_dispatch(account=account, name=name)
        Tally.objects.create(dispatch=dispatch, status="failed", reason="no_credit", n=people)
    Tally.objects.create(dispatch=dispatch, status="undelivered", reason="expired", n=9)
    assert account_health.failures(account, now) == [("expired", 9), ("no_credit", 5)]


def test_failures_of_a_month_ago_are_not_counted_any_more(
    account: ProviderAccount, make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch(account=account, planned_at=now - timedelta(days=30))
    Tally.objects.create(dispatch=dispatch, status="failed", reason="no_credit", n=3)
    assert account_health.failures(account, now) == []


def test_the_page_says_what_failed_and_what_to_do(
    owner_client: Client,
    url: Callable[..., str],
    account: ProviderAccount,
    make_dispatch: Callable[..., Dispatch],
) -> None:
    dispatch = make_dispatch(account=account, planned_at=timezone.now())
    Tally.objects.create(dispatch=dispatch, status="failed", reason="no_credit", n=3)
    page = owner_client.get(url("account", account.pk)).content.decode()
    assert (str(reason_sentence("no_credit")) in page, str(reason_advice("no_credit")) in page) == (True, True)
