"""An account that does not answer is left alone for a while, then tried with one batch; nothing fails because of it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Dispatch, ProviderAccount
from campaigns.services.connecting import accounts
from campaigns.services.sending import lanes, outcomes
from campaigns.states import Reason
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

BULK = "/v1/send-bulk-sms"


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch):
    monkeypatch.setattr(outcomes, "backoff", lambda tries: 0.0)


@pytest.fixture
def account(make_account) -> ProviderAccount:
    return make_account()


@pytest.fixture
def dispatch(account, make_campaign, make_contacts, engine) -> Dispatch:
    """Forty people in batches of four."""
    make_contacts(40)
    started = engine.start(make_campaign(account))
    Dispatch.objects.filter(pk=started.pk).update(batch_size=4)
    return engine.prepare(started)


def fail(account: ProviderAccount, at, times: int = 1) -> ProviderAccount:
    """So many requests came back without an answer."""
    for _ in range(times):
        accounts.note_failure(account.pk, Reason.PROVIDER_DOWN, "gone", at)
    account.refresh_from_db()
    return account


def test_it_opens_after_five_failures_in_a_row_and_says_since_when(account, now):
    assert fail(account, now, 4).hold_until is None
    fail(account, now + timedelta(seconds=1))
    assert account.broken_since == now + timedelta(seconds=1)
    assert account.hold_until == now + timedelta(seconds=6)


def test_a_success_in_between_begins_anew(account, now):
    fail(account, now, 4)
    accounts.note_success(account.pk, now)
    assert fail(account, now, 4).broken_since is None


def test_what_was_in_flight_when_it_opened_makes_nothing_longer(account, now):
    fail(account, now, 5)
    fail(account, now + timedelta(seconds=1), 8)
    assert (account.failures, account.hold_until) == (5, now + timedelta(seconds=5))


def test_a_probe_that_fails_waits_twice_as_long_up_to_five_minutes(account, now):
    fail(account, now, 5)
    waits = []
    for _ in range(8):
        at = account.hold_until
        fail(account, at)
        waits.append((account.hold_until - at).total_seconds())
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]
    assert account.broken_since == now


def test_a_lane_that_looks_at_it_again_reads_no_list_of_the_vendors(account, dispatch, engine):
    with CaptureQueriesContext(connection) as found:
        engine.slice(account)
    lists = [query["sql"] for query in found if "remote_templates" in query["sql"]]
    assert len(lists) < dispatch.batches  # when the lane is opened, not with each batch


def test_nothing_leaves_while_it_is_open(account, dispatch, engine, sandbox):
    fail(account, timezone.now(), 5)
    engine.slice(account)
    assert statuses(dispatch) == {"queued": 40}
    assert sandbox.log() == []


def test_one_lane_of_all_gets_to_try(account, now):
    fail(account, now, 5)
    later = now + timedelta(seconds=6)
    assert not accounts.take_probe(account.pk, now, later)
    assert accounts.take_probe(account.pk, later, later + timedelta(seconds=60))
    assert not accounts.take_probe(account.pk, later, later + timedelta(seconds=60))


def test_a_lane_that_died_while_it_tried_does_not_keep_the_right(account, now):
    fail(account, now, 5)
    later = now + timedelta(seconds=6)
    assert accounts.take_probe(account.pk, later, later + timedelta(seconds=60))
    assert accounts.take_probe(account.pk, later + timedelta(seconds=61), later + timedelta(seconds=121))


def test_one_batch_is_tried_and_then_all_go(account, dispatch, engine, sandbox):
    fail(account, timezone.now() - timedelta(seconds=10), 5)
    sandbox.arm(BULK, "latency", seconds=1)
    begun = []
    original = lanes._Slice._take

    def note(self, wanted, capabilities, limit, now):
        flights = original(self, wanted, capabilities, limit, now)
        begun.append((len(flights), self.probing))
        return flights

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes._Slice, "_take", note)
        engine.slice(account)
    assert begun[0] == (1, True)
    assert not any(probing for _, probing in begun[1:])
    account.refresh_from_db()
    assert (account.failures, account.broken_since, account.probe_until) == (0, None, None)
    assert statuses(dispatch) == {"accepted": 40}
    second = sandbox.requests()["requests"][1]
    assert second["real_at"] - sandbox.requests()["requests"][0]["real_at"] > 0.9


def test_a_failed_probe_holds_again_and_only_one_batch_was_tried(account, dispatch, engine, sandbox):
    fail(account, timezone.now() - timedelta(seconds=10), 5)
    sandbox.arm(BULK, "http_502", times=50)
    engine.slice(account)
    account.refresh_from_db()
    assert len(sandbox.requests()["requests"]) == 1
    assert account.failures == 6
    assert account.hold_until > timezone.now() + timedelta(seconds=5)
    assert statuses(dispatch) == {"queued": 40}


def test_a_refusal_shows_that_the_provider_is_there(account, dispatch, engine, sandbox):
    fail(account, timezone.now() - timedelta(seconds=10), 5)
    accounts.note_answer(account.pk, timezone.now())
    account.refresh_from_db()
    assert (account.failures, account.broken_since, account.hold_until) == (0, None, None)


def test_an_answer_that_was_on_its_way_does_not_shorten_what_the_provider_asked_for(account, now):
    until = now + timedelta(seconds=30)
    accounts.slow_down(account.pk, until, now)
    accounts.note_success(account.pk, now)
    account.refresh_from_db()
    assert account.hold_until == until


def test_a_503_with_retry_after_binds_the_account_too(account, dispatch, engine, sandbox):
    sandbox.arm(BULK, "http_503", retry_after=40)
    engine.slice(account)
    account.refresh_from_db()
    assert account.hold_until > timezone.now() + timedelta(seconds=30)
    assert account.broken_since is None


def test_retry_after_binds_the_other_lanes(account, dispatch, engine, sandbox, settings):
    settings.LANES_PER_ACCOUNT = 4
    accounts.slow_down(account.pk, timezone.now() + timedelta(seconds=30), timezone.now())
    for _ in range(4):
        lane = lanes.take_lane(account.pk, timezone.now())
        lanes.run(lane, timezone.now, threading.Event())
    assert sandbox.log() == []


def test_backoff_doubles_with_jitter_up_to_five_minutes(monkeypatch):
    monkeypatch.undo()
    found = [[outcomes.backoff(tries) for _ in range(50)] for tries in (1, 2, 5, 20)]
    for waits, middle in zip(found, (1, 2, 16, 300), strict=True):
        assert 0.75 * middle <= min(waits) < max(waits) <= 1.25 * middle


def test_after_ten_minutes_of_outage_batches_come_back_evenly(monkeypatch):
    """By the arithmetic alone, without a breaker and with every batch failing together at first."""
    monkeypatch.undo()
    monkeypatch.setattr(outcomes, "random", random.Random(1))
    outage, batches, window = 600.0, 2_000, 10.0
    back = []
    for _ in range(batches):
        at, tries = 0.0, 0
        while at < outage:
            tries += 1
            at += outcomes.backoff(tries)
        back.append(at - outage)
    by_window = Counter(int(at // window) for at in back)
    assert max(back) <= 1.25 * outcomes.LONGEST_BACKOFF
    assert max(by_window.values()) <= batches / 10


def test_a_failure_says_nothing_of_messages_that_wait(account, dispatch, engine, sandbox):
    """They keep their place: the breaker holds them rather than failing them."""
    sandbox.arm(BULK, "http_502", times=50)
    engine.slice(account)
    assert statuses(dispatch) == {"queued": 40}
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"
