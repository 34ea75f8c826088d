"""Every second: a sign of life and one question; and whatever there is to do is found by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import tasks
from campaigns.models import Batch, Campaign, Dispatch, ListRun, ProviderEvent, Tally, Ticket
from campaigns.querysets import agenda
from campaigns.states import BEFORE_LAUNCH
from console.models import Heartbeat, Job
from console.services import heartbeats

pytestmark = pytest.mark.django_db

MARGIN = timedelta(seconds=120)


@pytest.fixture
def account(make_account):
    return make_account()


@pytest.fixture
def held(account, make_campaign, engine, now):
    """A dispatch in which nothing moves: a person has to do something."""
    made = engine.start(make_campaign(account))
    Dispatch.objects.filter(pk=made.pk).update(status="held")
    return made


@pytest.fixture
def handed_over(monkeypatch):
    """Names of the tasks that were queued."""
    found = []
    for name in ("apply_events", "run_jobs", "write_audience", "lane", "list_run", "follow"):
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "apply_async", lambda *_, _name=name, **__: found.append(_name))
    return found


def of(now):
    return agenda.of(now, MARGIN)


def test_an_idle_second_costs_two_statements(held):
    with CaptureQueriesContext(connection) as queries:
        tasks.tick()
    assert len(queries) == 2


def test_an_idle_second_is_a_sign_of_life(db, handed_over):
    before = timezone.now()
    tasks.tick()
    assert all(at >= before for at in Heartbeat.objects.values_list("at", flat=True))
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"beat", "worker"}
    assert handed_over == []


def test_an_old_sign_of_life_is_replaced(now):
    heartbeats.beat(now - timedelta(hours=1), "beat", "worker")
    heartbeats.beat(now, "beat")
    assert dict(Heartbeat.objects.values_list("name", "at")) == {"beat": now, "worker": now - timedelta(hours=1)}


def test_callbacks_that_are_due_are_handed_over(account, handed_over, now):
    ProviderEvent.objects.create(account=account, kind="delivery", digest="a", body="", received_at=now)
    tasks.tick()
    assert handed_over == ["apply_events"]


def test_a_callback_that_was_too_early_waits_for_its_time(account, now):
    event = ProviderEvent.objects.create(
        account=account, kind="delivery", digest="a", body="", received_at=now, retry_at=now + timedelta(seconds=10)
    )
    assert not of(now).callbacks
    assert of(event.retry_at).callbacks


def test_jobs_that_wait_are_handed_over(workspace, handed_over):
    Job.objects.create(kind="contacts.export", workspace=workspace)
    tasks.tick()
    assert handed_over == ["run_jobs"]


def test_a_job_whose_worker_died_is_found_when_its_lease_ends(workspace, now):
    until = now + timedelta(seconds=60)
    Job.objects.create(kind="contacts.export", workspace=workspace, status="running", lease_until=until)
    assert not of(now).jobs
    assert of(until + timedelta(seconds=1)).jobs


def test_a_clock_that_was_set_back_is_noticed(db, now):
    heartbeats.beat(now + MARGIN, "beat")
    assert not of(now).clock
    assert of(now - timedelta(seconds=1)).clock


# -- each reason to look after the dispatches -------------------------------------------------------


def test_what_a_person_has_to_mend_is_nothing_to_do(held, now):
    assert of(now) == (False, False, False, False)


def test_a_campaign_is_to_be_started_when_it_is_due(make_campaign, account, now):
    campaign = make_campaign(account, start_at=now + timedelta(hours=1))
    assert not of(now).dispatches
    assert of(campaign.start_at).dispatches


@pytest.mark.parametrize("status", ["preparing", "sending"])
def test_an_open_dispatch_is_looked_after(held, now, status):
    Dispatch.objects.filter(pk=held.pk).update(status=status)
    assert of(now).dispatches


def test_a_batch_whose_worker_died_is_found_in_a_dispatch_that_is_held(held, now):
    Batch.objects.create(dispatch=held, number=1, size=1, status="claimed", not_before=now, lease_until=now)
    assert not of(now).dispatches
    assert of(now + timedelta(seconds=1)).dispatches


def test_a_request_is_asked_about_when_it_is_time(held, account, now):
    later = now + timedelta(minutes=1)
    Ticket.objects.create(
        account=account, dispatch=held, value="T1", batch_no=1, made_at=now, due_at=now, follow_at=later
    )
    assert not of(now).dispatches
    assert of(later).dispatches


def test_a_list_campaign_takes_its_next_step_when_it_is_time(held, now):
    later = now + timedelta(minutes=1)
    ListRun.objects.create(dispatch=held, status="launching", next_at=later, created_at=now)
    assert not of(now).dispatches
    assert of(later).dispatches


@pytest.mark.parametrize("status", BEFORE_LAUNCH)
def test_a_list_campaign_of_a_stopped_dispatch_is_withdrawn(held, now, status):
    Dispatch.objects.filter(pk=held.pk).update(status="stopped")
    ListRun.objects.create(dispatch=held, status=status, created_at=now)
    assert of(now).dispatches


def test_a_list_campaign_that_ended_is_not_looked_at_again(held, now):
    Dispatch.objects.filter(pk=held.pk).update(status="stopped")
    ListRun.objects.create(dispatch=held, status="cancelled", created_at=now)
    assert not of(now).dispatches


def test_a_stopped_dispatch_is_looked_after_until_nobody_waits_in_it(held, now):
    Dispatch.objects.filter(pk=held.pk).update(status="stopped")
    tally = Tally.objects.create(dispatch=held, status="queued", n=3)
    assert of(now).dispatches
    Tally.objects.filter(pk=tally.pk).update(n=0)
    assert not of(now).dispatches


def test_a_due_campaign_is_started_by_the_tick(make_campaign, account, handed_over, make_contacts):
    make_contacts(1)
    campaign = make_campaign(account)
    tasks.tick()
    assert Campaign.objects.get(pk=campaign.pk).status == "started"
    assert "write_audience" in handed_over


def test_the_question_reads_no_table_whole(db, now):
    with CaptureQueriesContext(connection) as queries:
        of(now)
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgres:  # reading tables as small as these whole is cheaper; what counts is what can be used
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'' if postgres else 'QUERY PLAN'} {queries[0]['sql']}")
        plan = [str(row[-1]).strip() for row in cursor.fetchall()]
    whole = [step for step in plan if "Seq Scan" in step or (step.startswith("SCAN") and "USING" not in step)]
    assert [step for step in whole if "CONSTANT" not in step] == []
