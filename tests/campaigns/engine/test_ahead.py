"""Where each message is a request, the batch that leaves next is taken while the connections are busy."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.providers.sinch_messaging import adapter
from campaigns.services.sending import dispatching, lanes, outcomes
from contacts.models import Contact
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

SINGLE = "/v1/send-sms"


@pytest.fixture(autouse=True)
def two_batches_of_two_in_flight(monkeypatch):
    monkeypatch.setattr(adapter, "ONE_BY_ONE", 2)
    monkeypatch.setattr(lanes, "SINGLE_MESSAGES", 4)


@pytest.fixture
def account(make_account):
    return make_account(options={"send_mode": "single"}, requests_per_second=1_000_000)


@pytest.fixture
def dispatch(account, make_campaign, make_contacts, engine) -> Dispatch:
    make_contacts(12)
    return engine.prepare(engine.start(make_campaign(account)))


def numbers(dispatch, **which) -> list[int]:
    found = Batch.objects.filter(dispatch=dispatch, status="claimed", **which)
    return list(found.order_by("number").values_list("number", flat=True))


@pytest.fixture
def while_it_waits(monkeypatch):
    """Call something when the lane first waits for answers and has taken a batch ahead; gives how often it did."""

    def arrange(dispatch, then=lambda: None) -> list[tuple[list[int], list[int]]]:
        seen, wait = [], lanes.wait

        def look_and_wait(futures, timeout, return_when):
            ahead = numbers(dispatch, started_at=None)
            if ahead:
                seen.append((numbers(dispatch, started_at__isnull=False), ahead))
                if len(seen) == 1:
                    then()
            return wait(futures, timeout=timeout, return_when=return_when)

        monkeypatch.setattr(lanes, "wait", look_and_wait)
        return seen

    return arrange


def test_it_is_claimed_and_its_intent_is_not_committed(account, dispatch, engine, sandbox, while_it_waits):
    """So nobody of it is in doubt when the lane is killed."""
    sandbox.configure(latency_ms=50)
    seen = while_it_waits(dispatch)
    engine.slice(account)
    assert seen[0] == ([1, 2], [3])
    assert statuses(dispatch) == {"accepted": 12}
    assert len(sandbox.log()) == 12


def test_it_leaves_before_the_outcomes_of_the_former_are_written(account, dispatch, engine, sandbox, monkeypatch):
    settle, started = outcomes.settle_flights, []

    def look_and_settle(flights, *args):
        started.append(numbers(dispatch, started_at__isnull=False))
        return settle(flights, *args)

    monkeypatch.setattr(outcomes, "settle_flights", look_and_settle)
    sandbox.configure(latency_ms=50)
    engine.slice(account)
    assert started[0] == [1, 2, 3]


def test_it_goes_back_when_the_dispatch_is_paused_meanwhile(account, dispatch, engine, sandbox, owner, while_it_waits):
    sandbox.configure(latency_ms=50)
    fresh = Dispatch.objects.get(pk=dispatch.pk)
    while_it_waits(dispatch, lambda: dispatching.pause(fresh, owner, timezone.now()))
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 4, "queued": 8}
    assert len(sandbox.log()) == 4


def test_it_goes_back_when_the_worker_is_told_to_end(account, dispatch, sandbox, while_it_waits):
    sandbox.configure(latency_ms=50)
    draining = threading.Event()
    while_it_waits(dispatch, draining.set)
    lanes.run(lanes.take_lane(account.pk, timezone.now()), timezone.now, draining)
    assert statuses(dispatch) == {"accepted": 4, "queued": 8}
    assert numbers(dispatch) == []


def test_when_it_had_to_wait_long_it_is_asked_again_who_may_be_written_to(
    account, dispatch, engine, sandbox, monkeypatch, while_it_waits
):
    monkeypatch.setattr(lanes, "FRESH_SECONDS", 0.0)
    sandbox.configure(latency_ms=50)
    gone = Recipient.objects.filter(dispatch=dispatch, batch_no=3).earliest("pk")
    opt_out = Contact.objects.filter(pk=gone.contact_id)
    while_it_waits(dispatch, lambda: opt_out.update(sms_consent="withdrawn"))
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 11, "skipped": 1}
    assert len(sandbox.log()) == 11


def test_it_stays_when_the_former_batch_brings_an_order_to_wait(account, dispatch, engine, sandbox):
    sandbox.configure(latency_ms=50)
    sandbox.arm(SINGLE, "http_429", retry_after=40, times=4)
    engine.slice(account)
    assert statuses(dispatch) == {"queued": 12}
    assert len(sandbox.requests()["requests"]) <= 4


def test_when_it_cannot_leave_the_outcomes_of_the_former_are_written_all_the_same(
    account, dispatch, engine, sandbox, monkeypatch
):
    intend = lanes._Slice._write_intent

    def fail_at_the_third(self, flights):
        if any(flight.batch.number == 3 for flight in flights):
            raise OperationalError("the database is gone")
        return intend(self, flights)

    monkeypatch.setattr(lanes._Slice, "_write_intent", fail_at_the_third)
    sandbox.configure(latency_ms=50)
    with pytest.raises(OperationalError):
        engine.slice(account)
    assert Recipient.objects.filter(dispatch=dispatch, batch_no=1, status="accepted").count() == 2


def test_under_a_limit_that_a_lane_can_reach_nothing_is_taken_ahead(account, dispatch, engine, sandbox, while_it_waits):
    type(account).objects.update(requests_per_second=500)
    seen = while_it_waits(dispatch)
    engine.slice(account)
    assert seen == []
    assert statuses(dispatch) == {"accepted": 12}
