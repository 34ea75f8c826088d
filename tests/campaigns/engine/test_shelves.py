"""The index by status: on PostgreSQL who waits and who was accepted stand on one shelf, and every list tells them
apart, in whatever order batches left, went back or were put together again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.admin.ledger import LedgerStatusFilter, RecipientAdmin
from campaigns.models import Batch, Dispatch, ListRun, Recipient
from campaigns.querysets import claims, in_flight, ledger_ids, outcomes, reading, shelves, sql
from campaigns.querysets.outcomes import Accepted
from campaigns.querysets.reading import Walk
from campaigns.services.sending import dispatching
from campaigns.services.sending import outcomes as answers
from campaigns.states import RecipientStatus
from tests.campaigns.engine.conftest import statuses
from tests.campaigns.engine.test_plans import plans

pytestmark = pytest.mark.django_db
SIZE = 5


@pytest.fixture
def dispatch(make_account, make_campaign, make_contacts, engine):
    """Sixty people who wait in batches of five, between the rows of another dispatch."""
    make_contacts(60)
    engine.prepare(engine.start(make_campaign(make_account())))
    made = engine.start(make_campaign(make_account(options={"send_mode": "single"})))
    Dispatch.objects.filter(pk=made.pk).update(batch_size=SIZE)
    made.refresh_from_db()
    return engine.prepare(made)


def batch(dispatch, number, status, row_status=None, rows=SIZE, **fields):
    """Give a batch a status, and the first `rows` of its people another one."""
    Batch.objects.filter(dispatch=dispatch, number=number).update(status=status, **fields)
    ids = Recipient.objects.filter(dispatch=dispatch, batch_no=number).order_by("pk").values_list("pk", flat=True)
    if row_status:
        Recipient.objects.filter(pk__in=list(ids[:rows])).update(status=row_status)


def regroup(dispatch, number, people, status, row_status):
    """People of one batch into a new one."""
    now = timezone.now()
    new = answers.add_batch(dispatch.pk, people, now)
    ids = Recipient.objects.filter(dispatch=dispatch, batch_no=number).order_by("-pk").values_list("pk", flat=True)
    Recipient.objects.filter(pk__in=list(ids[:people])).update(batch_no=new, status=row_status)
    Batch.objects.filter(dispatch=dispatch, number=new).update(
        status=status, started_at=None if status == "ready" else now
    )


def in_the_middle(dispatch):
    """Everything that a batch may be while lanes are at work; the last three are untouched."""
    now = timezone.now()
    batch(dispatch, 1, "done", "accepted", started_at=now)
    batch(dispatch, 2, "done", "delivered", started_at=now)
    batch(dispatch, 2, "done", "accepted", rows=2, started_at=now)
    batch(dispatch, 3, "ready", tries=1)
    batch(dispatch, 4, "done", "accepted", started_at=now)
    batch(dispatch, 5, "unknown", "unknown", started_at=now)
    batch(dispatch, 5, "unknown", "accepted", rows=1, started_at=now)
    batch(dispatch, 6, "claimed", token="a", started_at=now)
    batch(dispatch, 7, "claimed", token="b")
    batch(dispatch, 9, "done", "accepted", started_at=now)
    regroup(dispatch, 4, 2, "ready", "queued")
    regroup(dispatch, 9, 1, "done", "accepted")
    regroup(dispatch, 1, 1, "claimed", "queued")


def untouched(dispatch):
    """As `prepare` left it."""


def over(dispatch):
    for number in range(1, 13):
        batch(dispatch, number, "done", "accepted" if number % 2 else "delivered", started_at=timezone.now())


def stopped(dispatch):
    """What waits is being cancelled, chunk by chunk."""
    in_the_middle(dispatch)
    Batch.objects.filter(dispatch=dispatch, status="ready").update(status="done")
    Dispatch.objects.filter(pk=dispatch.pk).update(status="stopped")
    batch(dispatch, 12, "done", "cancelled")


def refused_for_the_moment(dispatch):
    """The last batch that was tried went back, although the provider had taken somebody of it: a receipt says so."""
    batch(dispatch, 1, "done", "accepted", started_at=timezone.now())
    batch(dispatch, 2, "ready", "accepted", rows=1, tries=1)


def on_a_remote_list(dispatch):
    """Perhaps launched, and a person said of some that it was: the batches wait as they were cut."""
    ListRun.objects.create(dispatch=dispatch, status="unclear", created_at=timezone.now())
    batch(dispatch, 1, "ready", "accepted")
    batch(dispatch, 2, "ready", "unknown")


SCENES = [in_the_middle, untouched, over, stopped, refused_for_the_moment, on_a_remote_list]


def truth(dispatch, *wanted):
    rows = Recipient.objects.filter(dispatch=dispatch).annotate(now=in_flight.status()).order_by("pk")
    return [pk for pk, status in rows.values_list("pk", "now") if status in wanted]


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("status", RecipientStatus)
def test_a_list_by_status_holds_those_who_are_in_it_in_ledger_order(dispatch, scene, status):
    scene(dispatch)
    assert reading.ids(Walk(dispatch.pk, (status,)), beyond=None, limit=100) == truth(dispatch, status)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("wanted", [("queued",), ("accepted",), ("queued", "claimed"), tuple(RecipientStatus)])
@pytest.mark.parametrize("backwards", [False, True])
def test_pages_of_a_list_follow_each_other_whichever_way_they_are_turned(dispatch, scene, wanted, backwards):
    scene(dispatch)
    found, beyond = [], None
    while ids := reading.ids(Walk(dispatch.pk, wanted), beyond=beyond, limit=3, backwards=backwards):
        found += ids
        beyond = min(ids) if backwards else max(ids)
    assert sorted(found) == truth(dispatch, *wanted)


@pytest.mark.parametrize("scene", SCENES)
def test_both_ends_are_those_of_all_rows_whatever_shelf_they_stand_on(dispatch, scene):
    scene(dispatch)
    everybody = truth(dispatch, *RecipientStatus)
    assert reading.bounds(dispatch.pk) == (everybody[0], everybody[-1])


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("status", ["queued", "accepted", "delivered"])
def test_a_sample_of_a_status_holds_nobody_else(dispatch, scene, status):
    scene(dispatch)
    stored = Recipient.objects.filter(dispatch=dispatch, status=status)
    assert set(reading.spread(dispatch.pk, status, 400)) == set(stored.values_list("pk", flat=True))


@pytest.mark.parametrize("status", RecipientStatus)
def test_the_admin_lists_the_same_people(dispatch, rf, status):
    in_the_middle(dispatch)
    request = rf.get("/", {"of": str(dispatch.pk), "status": status.value})
    chosen = LedgerStatusFilter(request, {"status": [status.value]}, Recipient, RecipientAdmin)
    found = chosen.queryset(request, Recipient.objects.filter(dispatch=dispatch)).order_by("pk")
    assert list(found.values_list("pk", flat=True)) == truth(dispatch, status)


def test_ids_by_status_are_those_of_the_status_alone(dispatch):
    in_the_middle(dispatch)
    assert ledger_ids.in_status(dispatch.pk, "accepted", "unknown") == truth(dispatch, "accepted", "unknown")


def test_the_frontier_is_the_first_person_whom_no_lane_has_reached(dispatch):
    in_the_middle(dispatch)
    first = Recipient.objects.filter(dispatch=dispatch, batch_no=10).order_by("pk")[0]
    assert shelves.frontier(dispatch.pk) == (10, first.pk)


def test_a_stop_cancels_whoever_waits_wherever_the_batch_stands(dispatch, owner, monkeypatch):
    in_the_middle(dispatch)
    sql.run("DELETE FROM campaigns_tally WHERE dispatch_id = %s", [dispatch.pk])
    for status in RecipientStatus:
        sql.run(
            "INSERT INTO campaigns_tally (dispatch_id, status, reason, n) VALUES (%s, %s, '', %s)",
            [dispatch.pk, status, len(truth(dispatch, status))],
        )
    waiting = truth(dispatch, "queued")
    monkeypatch.setattr(dispatching, "CANCEL_CHUNK", 4)
    dispatching.stop(dispatch, owner, timezone.now())
    while dispatching.cancel_waiting(dispatch.pk, timezone.now()):
        pass
    assert truth(dispatch, "cancelled") == waiting
    assert statuses(dispatch)["claimed"] == 2 * SIZE + 1


@pytest.mark.services
def test_to_be_accepted_touches_no_index(dispatch):
    """On PostgreSQL, as long as there is room in the page."""
    ids = Recipient.objects.filter(dispatch=dispatch, batch_no=1).values_list("pk", flat=True)
    accepted = Accepted.of([(pk, f"vendor-{pk}", 1) for pk in ids])
    counted = "SELECT pg_stat_get_xact_tuples_hot_updated('campaigns_recipient'::regclass)"
    before = sql.rows(counted, [])[0][0]
    assert outcomes.accept_flown(1, accepted, timezone.now()) == SIZE
    assert sql.rows(counted, [])[0][0] - before == SIZE


@pytest.mark.parametrize("status", ["queued", "accepted"])
def test_who_waits_and_who_was_accepted_are_each_sought_on_their_side(dispatch, status):
    """Not among all of the others."""
    in_the_middle(dispatch)
    if connection.vendor == "postgresql":
        sql.run("ANALYZE campaigns_recipient", [])
    found = plans(lambda: reading.ids(Walk(dispatch.pk, (status,)), beyond=None, limit=3))
    assert "recipient_by_status" in found, found


def test_no_more_are_looked_for_than_wait(dispatch, monkeypatch):
    """Among all who were accepted, at every stop."""
    asked = []
    monkeypatch.setattr(claims, "cancel_queued", lambda dispatch_id, limit, now: asked.append(limit) or 0)
    dispatching.cancel_waiting(dispatch.pk, timezone.now())
    assert asked == [60]
