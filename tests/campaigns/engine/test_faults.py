"""What goes wrong at the provider or with us, and what the ledger says then: never a guess, never a double."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Batch, Recipient
from campaigns.querysets import claims
from campaigns.services.sending import dispatching, outcomes
from campaigns.services.settling import decisions, settle
from console.errors import UserError
from console.services import crypto
from tests.campaigns.engine.conftest import expire_leases, references, statuses

pytestmark = pytest.mark.django_db

BULK = "/v1/send-bulk-sms"
EMAIL = "/email/4/messages"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(outcomes, "backoff", lambda tries: 0.0)


def test_a_refused_connection_is_surely_not_sent(make_account, make_campaign, make_contacts, engine):
    make_contacts(2)
    account = make_account(base_url="http://127.0.0.1:9")
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    account.refresh_from_db()
    assert statuses(dispatch) == {"queued": 2}
    assert account.last_error_reason == "provider_down"


def test_the_breaker_holds_an_account_that_fails_again_and_again(make_account, make_campaign, make_contacts, engine):
    make_contacts(1)
    account = make_account(base_url="http://127.0.0.1:9")
    engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    account.refresh_from_db()
    assert account.failures == 5
    assert account.hold_until is not None
    assert account.hold_reason == ""


def test_429_binds_the_account_for_the_time_the_provider_asks(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(2)
    account = make_account()
    sandbox.arm(BULK, "http_429", retry_after=30)
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    account.refresh_from_db()
    assert statuses(dispatch) == {"queued": 2}
    assert timedelta(seconds=20) < account.hold_until - timezone.now() <= timedelta(seconds=30)
    later = timezone.now() + timedelta(seconds=31)
    engine.slice(account, lambda: later)
    assert statuses(dispatch) == {"accepted": 2}
    assert len(sandbox.log()) == 2


def test_a_refused_key_holds_the_dispatch_and_loses_no_row(
    make_account, make_campaign, make_contacts, engine, sandbox, owner
):
    make_contacts(2)
    account = make_account(sealed=crypto.seal({"UserName": "sandbox", "AuthenticationToken": "wrong"}))
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", "auth")
    assert statuses(dispatch) == {"queued": 2}
    with pytest.raises(UserError, match="release the account"):
        dispatching.resume(dispatch, owner, timezone.now())


def test_a_500_is_perhaps_sent_and_settles_by_look_up(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(2)
    account = make_account()
    sandbox.arm(BULK, "reset_after_accept")
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 2}
    assert len(sandbox.log()) == 2
    engine.settle()
    assert "unknown" not in statuses(dispatch)
    assert len(sandbox.log()) == 2


def test_what_the_provider_never_got_stays_to_verify_where_it_has_no_idempotency(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(2)
    account = make_account()
    sandbox.arm(BULK, "http_500")
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    engine.settle()
    assert statuses(dispatch) == {"unknown": 2}
    assert set(Recipient.objects.filter(dispatch=dispatch).values_list("reason", flat=True)) == {"not_found"}
    assert sandbox.log() == []


def test_what_the_provider_never_got_goes_again_under_the_same_reference_where_it_refuses_doubles(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(2)
    account = make_account("messaging-service")
    sandbox.arm(EMAIL, "http_500")
    dispatch = engine.prepare(engine.start(make_campaign(account, channel="email")))
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 2}
    engine.settle()
    assert statuses(dispatch) == {"queued": 2}
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2}
    assert sorted(entry["reference"] for entry in sandbox.log()) == sorted(references(dispatch))


def test_a_resubmission_that_had_arrived_after_all_is_not_doubled(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(2)
    account = make_account("messaging-service")
    dispatch = engine.prepare(engine.start(make_campaign(account, channel="email")))
    engine.slice(account)
    Recipient.objects.filter(dispatch=dispatch).update(status="queued")
    Batch.objects.filter(dispatch=dispatch).update(status="ready", resubmission=True)
    dispatch.tallies.all().update(n=0)
    dispatch.tallies.filter(status="queued").update(n=2)
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2}
    assert len(sandbox.log()) == 2


def test_a_worker_that_died_before_its_intent_puts_the_rows_back(
    make_account, make_campaign, make_contacts, engine, sandbox, now
):
    make_contacts(3)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    claim(dispatch, "dead")
    expire_leases(dispatch)
    settle.sweep_leases(timezone.now())
    assert statuses(dispatch) == {"queued": 3}


def test_a_worker_that_died_after_its_intent_leaves_rows_to_verify(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(3)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    batches = claim(dispatch, "dead")
    claims.write_intent([b.id for b in batches], "dead", dispatch.pk, timezone.now())
    expire_leases(dispatch)
    settle.sweep_leases(timezone.now())
    assert statuses(dispatch) == {"unknown": 3}
    assert sandbox.log() == []


def test_a_person_settles_what_nobody_else_can(make_account, make_campaign, make_contacts, engine, sandbox, owner):
    make_contacts(3)
    account = make_account()
    sandbox.arm(BULK, "http_500")
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    engine.settle()
    dispatching.finish_done(timezone.now())
    dispatch.refresh_from_db()
    sent, not_sent, again = Recipient.objects.filter(dispatch=dispatch).order_by("pk")
    decisions.decide(sent, "mark_sent", owner, timezone.now())
    decisions.decide(not_sent, "mark_not_sent", owner, timezone.now())
    decisions.decide(again, "send_again", owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2, "failed": 1}
    assert [entry["reference"] for entry in sandbox.log()] == [f"c{dispatch.key}-r{again.pk}-a2"]


def test_an_answer_with_zero_bytes_is_written_as_any_other(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(2)
    sandbox.arm(BULK, "zero_bytes")
    dispatch = engine.send(make_campaign(make_account()))
    assert statuses(dispatch) == {"accepted": 2}
    ids = Recipient.objects.filter(dispatch=dispatch).values_list("provider_message_id", flat=True)
    assert set(ids) == {entry["provider_id"] for entry in sandbox.log()}


def test_a_decision_that_came_too_late_is_refused_with_a_sentence(
    make_account, make_campaign, make_contacts, engine, sandbox, owner
):
    make_contacts(1)
    dispatch = engine.send(make_campaign(make_account()))
    row = Recipient.objects.get(dispatch=dispatch)
    with pytest.raises(UserError, match="settled"):
        decisions.decide(row, "mark_sent", owner, timezone.now())


def test_a_broken_answer_is_perhaps_sent(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    account = make_account()
    sandbox.arm(BULK, "garbled_json")
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 1}


def test_a_fault_in_an_adapter_is_perhaps_sent_not_a_crash(
    make_account, make_campaign, make_contacts, engine, sandbox, monkeypatch
):
    make_contacts(1)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    provider = type(dispatching.accounts.open_provider(account))

    async def broken(self, batch):
        raise RuntimeError("a bug")

    monkeypatch.setattr(provider, "send", broken)
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 1}


def claim(dispatch, token):
    """What a lane commits first, without the rest of a lane."""
    now = timezone.now()
    return claims.take_batches(dispatch.pk, 5, token, now, now + timedelta(seconds=60))
