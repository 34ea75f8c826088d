"""Fetching reports: for whom, once, stored before they are applied, and what was lost is caught up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import tasks
from campaigns.models import ProviderAccount, ProviderEvent, Recipient, Reply
from campaigns.providers.base import Channel, Event, EventKind
from campaigns.services.settling import fetched, inbox, pulling
from campaigns.states import Reason
from console.models import Workspace
from tests.campaigns.engine.conftest import statuses
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db

PULL = {"pull_reports": True}


@pytest.fixture
def account(make_account: Callable[..., ProviderAccount]) -> ProviderAccount:
    return make_account("messaging-service", options=PULL)


@pytest.fixture
def sent(account, make_campaign, make_contacts, engine):
    """A dispatch of three SMS that the provider has accepted."""
    make_contacts(3)
    return engine.send(make_campaign(account))


def fetch(account: ProviderAccount) -> int | None:
    ProviderAccount.objects.filter(pk=account.pk).update(pull_at=None)
    found = pulling.fetch(account.pk, timezone.now)
    account.refresh_from_db()
    return found


def test_only_accounts_that_ask_for_it_are_fetched(make_account, account) -> None:
    make_account("messaging-service", name="by callback")
    make_account("sinch-messaging", options={})
    assert pulling.due(timezone.now()) == [account.pk]


@pytest.mark.parametrize(
    ("public_url", "base_url", "reaches"),
    [
        ("http://127.0.0.1:8000", "https://api.vendor.example", False),
        ("http://intranet", "https://api.vendor.example", False),
        ("https://console.shop.example", "https://api.vendor.example", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000", True),
    ],
)
def test_a_console_without_a_public_address_fetches(
    settings: Any, make_account, public_url: str, base_url: str, reaches: bool
) -> None:
    settings.PUBLIC_URL = public_url
    account = make_account("messaging-service", base_url=base_url)
    assert pulling.reaches_us(account) is reaches
    assert pulling.channels(account) == ([] if reaches else [Channel.SMS, Channel.EMAIL])


def test_fetched_reports_are_stored_first_and_applied_by_the_inbox(sent, account, sandbox: SandboxProcess) -> None:
    sandbox.advance(60)
    assert fetch(account) == 3
    assert statuses(sent) == {"accepted": 3}
    assert ProviderEvent.objects.get().kind == fetched.FETCHED
    inbox.apply_next(timezone.now())
    assert statuses(sent) == {"delivered": 3}


def test_a_second_fetch_brings_nothing(sent, account, sandbox: SandboxProcess) -> None:
    sandbox.advance(60)
    fetch(account)
    assert fetch(account) == 0


def test_two_processes_do_not_fetch_at_once(account: ProviderAccount) -> None:
    now = timezone.now()
    ProviderAccount.objects.filter(pk=account.pk).update(pull_at=now + timedelta(seconds=100))
    assert pulling.fetch(account.pk, lambda: now) is None
    assert pulling.due(now) == []


def test_a_fetch_that_died_is_over_after_its_lease(account: ProviderAccount) -> None:
    now = timezone.now()
    ProviderAccount.objects.filter(pk=account.pk).update(pull_at=now + pulling.LEASE)
    assert pulling.due(now + pulling.LEASE) == [account.pk]


def test_reports_lost_with_the_process_that_fetched_them_come_from_the_logs(sent, account, sandbox) -> None:
    sandbox.advance(60)
    fetch(account)  # the vendor has handed them out …
    ProviderEvent.objects.all().delete()  # … and they never arrived
    account.cursors = {"sms": "", "sms.open": True}
    account.save(update_fields=["cursors"])
    assert fetch(account) == 3
    inbox.apply_next(timezone.now())
    assert statuses(sent) == {"delivered": 3}
    assert account.cursors == {"sms": "", "email": ""}


def test_an_answer_that_breaks_off_is_caught_up(sent, account, sandbox: SandboxProcess) -> None:
    sandbox.advance(60)
    sandbox.arm("/sms/3/reports", "garbled_json")
    assert fetch(account) == 3
    inbox.apply_next(timezone.now())
    assert statuses(sent) == {"delivered": 3}


def test_a_refused_fetch_is_tried_again_later_and_said_on_the_account(account, sandbox: SandboxProcess) -> None:
    sandbox.arm("/sms/3/reports", "http_429")
    before = timezone.now()
    assert fetch(account) == 0
    assert account.pull_at >= before + pulling.TROUBLED
    assert account.last_error_reason == Reason.RATE_LIMITED
    assert not account.cursors.get("sms.open")


def test_replies_are_fetched_and_obeyed(sent, account, sandbox: SandboxProcess) -> None:
    person = Recipient.objects.filter(dispatch=sent).first()
    sandbox.reply("messaging-service", person.address.lstrip("+"), "BAJA")
    fetch(account)
    inbox.apply_next(timezone.now())
    reply = Reply.objects.get()
    assert (reply.address, reply.opted_out) == (person.address, True)


def test_the_inbox_keeps_a_list_of_events_once(account: ProviderAccount, workspace: Workspace) -> None:
    now = timezone.now()
    events = [
        Event(EventKind.DELIVERED, "dr:1", reference="x", at=now, reason=Reason.NONE, channel=Channel.SMS, parts=2),
        Event(EventKind.FAILED, "dr:2", reason=Reason.EXPIRED, code="15", text="Venció", retry_after=1.5),
    ]
    fetched.keep(account, events, now)
    fetched.keep(account, events, now)
    assert fetched.events_of(ProviderEvent.objects.get()) == events


def test_many_events_are_cut_into_rows(account: ProviderAccount) -> None:
    fetched.keep(account, [Event(EventKind.SENT, f"dr:{n}") for n in range(401)], timezone.now())
    assert ProviderEvent.objects.count() == 3


def test_a_quiet_account_is_asked_less_often(account: ProviderAccount) -> None:
    before = timezone.now()
    fetch(account)
    assert account.pull_at >= before + pulling.QUIET


def test_an_account_with_a_campaign_on_its_way_is_asked_soon(sent, account) -> None:
    fetch(account)
    assert account.pull_at <= timezone.now() + pulling.BUSY


def test_the_clock_starts_a_fetch_for_each_account_that_is_due(
    sent, account, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[int]] = []
    monkeypatch.setattr(tasks.fetch_for, "apply_async", lambda args, **options: started.append(args))
    sandbox.advance(60)
    tasks.fetch_reports()
    assert started == [[account.pk]]
    tasks.fetch_for(account.pk)
    tasks.apply_events()
    assert statuses(sent) == {"delivered": 3}
