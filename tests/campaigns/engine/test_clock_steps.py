"""The machine's clock is set back by an hour: what waits does not wait an hour longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import tasks
from campaigns.models import Batch, Lane, Pace
from campaigns.services.sending import clock_steps, lanes
from console.models import Heartbeat
from console.services import heartbeats
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def dispatch(make_account, make_campaign, make_contacts, engine):
    """Prepared, and nothing sent, by a clock that was an hour ahead; its lane's worker is dead."""
    make_contacts(3)
    ahead = timezone.now() + HOUR
    prepared = engine.prepare(engine.start(make_campaign(make_account())))
    Batch.objects.filter(dispatch=prepared).update(not_before=ahead)
    assert lanes.take_lane(prepared.account_id, ahead) is not None
    Pace.objects.create(name=f"account:{prepared.account_id}:requests", next_at=ahead.timestamp())
    heartbeats.beat(ahead, "beat")
    return prepared


def test_what_was_ready_before_the_step_is_sent_after_it(dispatch, engine, settings):
    later = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS + 1)
    step = clock_steps.mend(later - timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert step is not None
    assert abs(step - HOUR) < timedelta(seconds=5)
    engine.slice(dispatch.account, lambda: later)
    assert statuses(dispatch) == {"accepted": 3}


def test_a_step_is_taken_back_once(dispatch):
    now = timezone.now()
    assert clock_steps.mend(now) is not None
    assert clock_steps.mend(now) is None


def test_a_lease_by_the_new_clock_stays(dispatch):
    now = timezone.now()
    Lane.objects.update(lease_until=now + timedelta(seconds=60))
    clock_steps.mend(now)
    assert set(Lane.objects.values_list("lease_until", flat=True)) == {now + timedelta(seconds=60)}


def test_a_clock_that_is_right_changes_nothing(dispatch):
    now = timezone.now()
    heartbeats.beat(now, "beat")
    before = list(Batch.objects.values_list("not_before", flat=True))
    assert clock_steps.mend(now) is None
    assert list(Batch.objects.values_list("not_before", flat=True)) == before


def test_tick_looks_for_a_step(dispatch, monkeypatch):
    monkeypatch.setattr(tasks.lane, "apply_async", lambda *args, **options: None)
    tasks.tick()
    assert Heartbeat.objects.get(name="beat").at <= timezone.now()
    assert Batch.objects.get(dispatch=dispatch).not_before <= timezone.now()
