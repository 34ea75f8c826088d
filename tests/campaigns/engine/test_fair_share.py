"""Whose batch is claimed next: nobody waits behind a million of somebody else's."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import tasks
from campaigns.models import Dispatch
from campaigns.querysets import claims
from campaigns.services.sending import dispatching, lanes, prepare
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(make_account):
    return make_account()


@pytest.fixture
def claimed(monkeypatch) -> list[int]:
    """The dispatch of every batch in the order in which they were claimed."""
    order: list[int] = []
    original = claims.take_batches

    def note(dispatch_id, *args, **more):
        batches = original(dispatch_id, *args, **more)
        order.extend([dispatch_id] * len(batches))
        return batches

    monkeypatch.setattr(claims, "take_batches", note)
    return order


def cut(engine, campaign, batch_size: int) -> Dispatch:
    dispatch = engine.start(campaign)
    Dispatch.objects.filter(pk=dispatch.pk).update(batch_size=batch_size)
    return engine.prepare(dispatch)


def of(make_campaign, make_group, account, name, people):
    campaign = make_campaign(account, name=name, everyone=False)
    campaign.include.add(make_group(name, people))
    return campaign


def test_dispatches_of_an_account_take_turns(
    account, make_campaign, make_contacts, make_group, engine, sandbox, claimed
):
    people = make_contacts(60)
    large = cut(engine, of(make_campaign, make_group, account, "large", people), 1)
    small = cut(engine, of(make_campaign, make_group, account, "small", people[:20]), 1)
    other = cut(engine, of(make_campaign, make_group, account, "other", people[20:40]), 1)
    engine.slice(account)
    while_all = claimed[: 18 * 3]  # before the first of them has nothing left; a turn is one batch or two
    turns = [one for one, two in pairwise([*while_all, 0]) if one != two]
    assert all(set(turns[i : i + 3]) == {large.pk, small.pk, other.pk} for i in range(0, len(turns) - 2, 3))


def test_a_test_send_is_the_next_to_go(account, make_campaign, make_contacts, engine, sandbox, claimed, owner):
    make_contacts(200)
    large = cut(engine, make_campaign(account), 1)
    Dispatch.objects.filter(pk=large.pk).update(last_claim_at=timezone.now())
    campaign = make_campaign(account, status="draft", name="draft")
    test = dispatching.send_test(campaign, ["+34600999888"], None, owner, timezone.now())
    engine.slice(account)
    assert claimed[0] == test.pk


def test_a_test_send_that_comes_later_is_the_next_to_go_once_the_lane_looks(
    account, make_campaign, make_contacts, engine, sandbox, claimed, owner, monkeypatch
):
    monkeypatch.setattr(lanes, "LOOK_SECONDS", 0.0)
    make_contacts(60)
    campaign = make_campaign(account, status="draft", name="draft")
    large = cut(engine, make_campaign(account), 1)
    tests: list[Dispatch] = []
    original = claims.take_rows

    def ask_for_a_test(*args, **more):
        if len(claimed) >= 10 and not tests:
            tests.append(dispatching.send_test(campaign, ["+34600999888"], None, owner, timezone.now()))
        return original(*args, **more)

    monkeypatch.setattr(claims, "take_rows", ask_for_a_test)
    engine.slice(account)
    assert claimed.index(tests[0].pk) <= 12
    assert statuses(large) == {"accepted": 60}


def test_a_lane_does_not_look_for_work_before_each_claim(account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(120)
    large = cut(engine, make_campaign(account), 1)
    with CaptureQueriesContext(connection) as found:
        engine.slice(account)
    looks = [query for query in found if 'ORDER BY "campaigns_dispatch"."last_claim_at"' in query["sql"]]
    assert statuses(large) == {"accepted": 120}
    assert len(looks) < 40  # of 60 claims or more


def test_a_small_urgent_campaign_is_not_stuck_behind_a_slow_one(
    account, make_campaign, make_contacts, make_group, engine, sandbox, settings
):
    """The slow one may send two a second; the other is through long before."""
    settings.LANE_SLICE_SECONDS = 2.0
    people = make_contacts(40)
    slow = of(make_campaign, make_group, account, "slow", people)
    slow.messages_per_second = 2
    slow.save()
    held_back = cut(engine, slow, 1)
    urgent = cut(engine, of(make_campaign, make_group, account, "urgent", people[:20]), 5)
    engine.slice(account)
    assert statuses(urgent) == {"accepted": 20}
    assert statuses(held_back)["queued"] > 30


def test_the_smallest_audience_is_written_first(account, make_campaign, make_contacts, engine):
    make_contacts(3)
    begun = engine.start(make_campaign(account, name="begun"))
    Dispatch.objects.filter(pk=begun.pk).update(people=500_000)
    urgent = engine.start(make_campaign(account, name="urgent"))
    assert prepare.to_prepare(timezone.now()) == [urgent.pk, begun.pk]


def test_a_large_audience_makes_way_for_another_that_waits(
    account, make_campaign, make_contacts, engine, settings, monkeypatch
):
    monkeypatch.setattr(prepare, "CHUNK", 2)
    monkeypatch.setattr(tasks.lane, "apply_async", lambda *args, **more: None)
    settings.LANE_SLICE_SECONDS = 0.0
    make_contacts(10)
    large, other = (engine.start(make_campaign(account, name=name)) for name in ("large", "other"))
    tasks.write_audience(large.pk)
    large.refresh_from_db()
    assert (large.people, large.prepared_at, large.lease_until) == (2, None, None)
    assert prepare.to_prepare(timezone.now()) == [other.pk, large.pk]


def test_a_large_audience_goes_on_when_nobody_waits(
    account, make_campaign, make_contacts, engine, settings, monkeypatch
):
    monkeypatch.setattr(prepare, "CHUNK", 2)
    monkeypatch.setattr(tasks.lane, "apply_async", lambda *args, **more: None)
    settings.LANE_SLICE_SECONDS = 0.0
    make_contacts(10)
    large = engine.start(make_campaign(account))
    tasks.write_audience(large.pk)
    large.refresh_from_db()
    assert (large.people, large.prepared_at is not None) == (10, True)
