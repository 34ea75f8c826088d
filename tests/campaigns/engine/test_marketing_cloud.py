"""Sends through stored definitions: tokens shared by all, doubts that settle by look-up and the same keys, callbacks
that the vendor greets before it sends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import AccessToken, Batch, ProviderAccount, ProviderEvent, Recipient
from campaigns.providers import http
from campaigns.providers.base import Event, EventKind
from campaigns.providers.salesforce_marketing_cloud import adapter
from campaigns.services.connecting import accounts, hooks
from campaigns.services.sending import dispatching, outcomes
from campaigns.services.settling import inbox, pulling, receipts, settle
from campaigns.services.writing import content, remote_content
from campaigns.states import Reason
from console.models import AuditEvent
from console.services import crypto
from contacts.models import Suppression
from tests.campaigns.engine.conftest import references, statuses
from tests.sandbox.cloud import MESSAGES, VENDOR, configure

# Tokens are kept by another thread, which must see what the test has written.
pytestmark = pytest.mark.django_db(transaction=True)

KEYS = {"subdomain": "sandbox", "client_id": "sandbox", "client_secret": "sandbox"}
TEXT = "Hola {{ first_name }}"
DEFINITIONS = "/messaging/v1/sms/definitions"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch, sandbox):
    monkeypatch.setattr(outcomes, "backoff", lambda tries: 0.0)
    monkeypatch.setattr(adapter, "LOOK_UP_PAUSE", 0.0)
    configure(sandbox, gets_per_second=0)


@pytest.fixture
def account(make_account):
    return make_account(VENDOR, sealed=crypto.seal(KEYS))


@pytest.fixture
def campaign(make_campaign, account):
    return make_campaign(account, TEXT, options={"definition_key": "demo-active"})


def work_inbox() -> None:
    while inbox.apply_next(timezone.now()):
        pass


@pytest.fixture
def registered(account, owner, sandbox, live_server, settings):
    """The account with its callbacks at the sandbox, entered as the button does it."""
    settings.PUBLIC_URL = live_server.url
    hooks.register(account, owner, timezone.now())
    work_inbox()
    account.refresh_from_db()
    return account


def tokens_asked(sandbox) -> int:
    return sandbox.requests(path="/v2/token")["total"]


def test_our_own_text_travels_through_a_definition(campaign, make_contacts, engine, sandbox):
    make_contacts(3)
    dispatch = engine.send(campaign)
    assert statuses(dispatch) == {"accepted": 3}
    log = sandbox.log(VENDOR)
    assert [entry["reference"] for entry in log] == references(dispatch)
    assert [entry["text"] for entry in log] == [f"Hola Nombre{n}" for n in range(3)]
    rows = Recipient.objects.filter(dispatch=dispatch).order_by("pk")
    assert [entry["contact_key"] for entry in log] == [f"k{row.contact_id}" for row in rows]
    assert sandbox.violations() == []


def test_a_token_serves_every_process_until_it_is_refused(campaign, account, make_contacts, engine, sandbox):
    make_contacts(2)
    assert accounts.test_connection(account, timezone.now()).ok
    engine.send(campaign)
    assert tokens_asked(sandbox) == 1
    kept = AccessToken.objects.get(account=account)
    assert "eyJ-" not in kept.sealed
    assert kept.lease_until is None
    sandbox.configure(**{VENDOR: {"token_seconds": 1079}})
    sandbox.reset()  # the vendor has forgotten every token
    assert accounts.test_connection(account, timezone.now()).ok
    assert tokens_asked(sandbox) == 1


def test_an_inactive_definition_holds_the_dispatch_and_not_the_account(
    make_campaign, account, make_contacts, engine, sandbox, owner
):
    make_contacts(2)
    campaign = make_campaign(account, TEXT, options={"definition_key": "demo-inactive"})
    dispatch = engine.prepare(engine.start(campaign))
    engine.slice(account)
    dispatch.refresh_from_db()
    account.refresh_from_db()
    assert (dispatch.status, dispatch.reason, account.hold_reason) == ("held", "invalid_content", "")
    assert statuses(dispatch) == {"queued": 2}
    assert sandbox.log(VENDOR) == []
    dispatch.options = {"definition_key": "demo-active"}
    dispatch.save()
    dispatching.resume(dispatch, owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2}


# -- doubts ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("scope", ["72h", "request"])
def test_what_was_queued_without_an_answer_settles_by_look_up(campaign, account, make_contacts, engine, sandbox, scope):
    make_contacts(2)
    configure(sandbox, dedupe_scope=scope)
    dispatch = engine.prepare(engine.start(campaign))
    sandbox.arm(MESSAGES, "reset_after_accept")
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 2}
    engine.settle()
    assert statuses(dispatch) == {"accepted": 2}
    assert len(sandbox.log(VENDOR)) == 2


@pytest.mark.parametrize("scope", ["72h", "request"])
def test_the_half_that_was_not_queued_goes_again_under_its_keys(
    campaign, account, make_contacts, engine, sandbox, scope, monkeypatch
):
    make_contacts(4)
    configure(sandbox, dedupe_scope=scope)
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    dispatch = engine.prepare(engine.start(campaign))
    sandbox.arm(MESSAGES, "partial_after_timeout")
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 4}
    engine.settle()
    assert statuses(dispatch) == {"accepted": 2, "queued": 2}
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 4}
    assert sorted(entry["reference"] for entry in sandbox.log(VENDOR)) == sorted(references(dispatch))


def test_doubles_of_a_repeated_request_are_looked_up_not_sent_again(
    campaign, account, make_contacts, engine, sandbox, monkeypatch
):
    """The look-up did not know the messages yet, although they were queued."""
    make_contacts(2)
    dispatch = engine.prepare(engine.start(campaign))
    sandbox.arm(MESSAGES, "reset_after_accept")
    engine.slice(account)
    known = adapter.SalesforceMarketingCloud._status
    monkeypatch.setattr(adapter.SalesforceMarketingCloud, "_status", nothing_is_known)
    engine.settle()
    assert statuses(dispatch) == {"queued": 2}
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 2}  # doubles only: the answer names none of them
    monkeypatch.setattr(adapter.SalesforceMarketingCloud, "_status", known)
    engine.settle()
    assert not {"unknown", "queued", "failed"} & set(statuses(dispatch))
    assert len(sandbox.log(VENDOR)) == 2


async def nothing_is_known(self, reference):
    return []


def test_a_look_up_that_is_stopped_goes_on_later_and_sends_nothing_again(
    campaign, account, make_contacts, engine, sandbox
):
    make_contacts(2)
    dispatch = engine.prepare(engine.start(campaign))
    sandbox.arm(MESSAGES, "http_500")
    engine.slice(account)
    (batch,) = Batch.objects.filter(dispatch=dispatch)
    sandbox.arm(f"{MESSAGES}{references(dispatch)[1]}", "http_429_50100")
    assert settle.look_up(batch.pk, timezone.now() + timedelta(seconds=1)) == 0
    batch.refresh_from_db()
    assert (batch.status, batch.look_ups) == ("unknown", 0)
    assert statuses(dispatch) == {"unknown": 2}


# -- callbacks ------------------------------------------------------------------------------------
def test_callbacks_are_registered_greeted_and_confirmed(registered, owner, sandbox):
    kept = crypto.unseal(registered.sealed)
    assert kept["ens_key"] and kept["ens_subscription"]
    assert KEYS.items() <= kept.items()
    assert ProviderEvent.objects.get().outcome == "applied"
    event = AuditEvent.objects.get(action="account.register_hooks")
    assert event.actor == owner
    assert kept["ens_key"] not in str(event.detail)
    assert tokens_asked(sandbox) == 1


def test_signed_notifications_move_rows_to_their_end(registered, campaign, make_contacts, engine, sandbox):
    make_contacts(2)
    make_contacts(1, start=7, phone="+34600110004")
    make_contacts(1, start=8, phone="+34600110002")
    dispatch = engine.send(campaign)
    sandbox.advance(10)
    work_inbox()
    assert statuses(dispatch) == {"delivered": 2, "undelivered": 1, "failed": 1}
    reasons = dict(Recipient.objects.filter(dispatch=dispatch).values_list("address", "reason"))
    assert reasons["+34600110004"] == "not_delivered"
    assert reasons["+34600110002"] == "provider_opt_out"
    assert Suppression.objects.filter(address="+34600110002", channel="sms").exists()
    registered.refresh_from_db()
    assert crypto.unseal(registered.sealed)["ens_key_form"] == "text"
    assert sandbox.undelivered() == []


def test_repeated_and_late_notifications_change_nothing(registered, campaign, make_contacts, engine, sandbox):
    make_contacts(1, phone="+34600110008")
    configure(sandbox, repeat_batches=True)
    dispatch = engine.send(campaign)
    sandbox.advance(10)
    work_inbox()
    assert statuses(dispatch) == {"delivered": 1}


def test_a_wrong_signature_is_refused_with_401_and_moves_nothing(registered, campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    configure(sandbox, sign_wrongly=True)
    dispatch = engine.send(campaign)
    sandbox.advance(300)
    work_inbox()
    assert statuses(dispatch) == {"accepted": 1}
    assert {entry["error"] for entry in sandbox.undelivered()} == {"HTTP 401"}


def test_registering_again_replaces_the_subscription(registered, owner, campaign, make_contacts, engine, sandbox):
    before = crypto.unseal(registered.sealed)["ens_subscription"]
    hooks.register(registered, owner, timezone.now())
    work_inbox()
    registered.refresh_from_db()
    assert crypto.unseal(registered.sealed)["ens_subscription"] != before
    make_contacts(1)
    dispatch = engine.send(campaign)
    sandbox.advance(10)
    work_inbox()
    assert statuses(dispatch) == {"delivered": 1}
    assert sandbox.undelivered() == []


def test_the_not_sent_list_tells_what_no_notification_did(campaign, account, make_contacts, engine, sandbox):
    make_contacts(1)
    make_contacts(1, start=8, phone="+34600110001")
    account.options = {"pull_reports": True}
    account.save()
    dispatch = engine.send(campaign)
    sandbox.advance(10)
    assert pulling.fetch(account.pk, timezone.now) == 1
    work_inbox()
    assert statuses(dispatch) == {"accepted": 1, "failed": 1}
    account.refresh_from_db()
    ProviderAccount.objects.update(pull_at=None)
    assert pulling.fetch(account.pk, timezone.now) == 0


def test_an_opt_out_without_its_number_suppresses_the_rows_address(account, campaign, make_contacts, engine):
    """Rows of the not-sent list may come without `to`, as the contract's sample does."""
    make_contacts(1)
    dispatch = engine.send(campaign)
    event = Event(EventKind.FAILED, "e1", references(dispatch)[0], reason=Reason.PROVIDER_OPT_OUT, suppress=True)
    receipts.apply(account, [event], timezone.now())
    row = Recipient.objects.get(dispatch=dispatch)
    assert Suppression.objects.filter(address=row.address, channel="sms").exists()


def test_after_a_day_of_doubt_a_person_decides(campaign, account, make_contacts, engine, sandbox):
    make_contacts(2)
    dispatch = engine.prepare(engine.start(campaign))
    sandbox.arm(MESSAGES, "http_500")
    engine.slice(account)
    Batch.objects.filter(dispatch=dispatch).update(started_at=timezone.now() - timedelta(hours=25))
    engine.settle()
    assert statuses(dispatch) == {"unknown": 2}
    assert set(Recipient.objects.filter(dispatch=dispatch).values_list("reason", flat=True)) == {"not_found"}


# -- content that the vendor holds ----------------------------------------------------------------
def test_definitions_are_listed_for_choosing(account):
    found = remote_content.listing(account, "sms", timezone.now())
    assert found.problem == ""
    assert {t.id: t.usable for t in found.templates} == {
        "demo-active": True,
        "demo-closed": True,
        "demo-inactive": False,
    }
    assert found.find("demo-active").text == "{{FirstName}}, your order is on its way."


def test_a_definitions_own_text_is_filled_from_contacts(make_campaign, account, make_contacts, engine, sandbox):
    make_contacts(1)
    make_contacts(1, start=8, first_name="")
    campaign = make_campaign(account, "")
    chosen = remote_content.listing(account, "sms", timezone.now()).find("demo-active")
    answers = {"FirstName": remote_content.Answer("first_name", "cliente")}
    version = remote_content.version_of(campaign, chosen, answers, timezone.now())
    version.save()
    campaign.version = version
    campaign.save()
    dispatch = engine.send(campaign)
    assert statuses(dispatch) == {"accepted": 2}
    assert [entry["text"] for entry in sandbox.log(VENDOR)] == [
        "Nombre0, your order is on its way.",
        "cliente, your order is on its way.",
    ]
    assert [content.text_of(row).text for row in Recipient.objects.filter(dispatch=dispatch).order_by("pk")] == [
        entry["text"] for entry in sandbox.log(VENDOR)
    ]
