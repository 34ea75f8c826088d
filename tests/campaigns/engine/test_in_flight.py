"""Who is being handed over: the batch says so, the rows do not, and every reader has to know."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.providers.base import Event, EventKind
from campaigns.querysets import claims, in_flight
from campaigns.reports import recipients as export
from campaigns.services.sending import dispatching
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import receipts, settle
from campaigns.services.showing import conversations, figures, recipients
from campaigns.services.showing.recipients import Wanted
from console.models import User
from tests.campaigns.engine.conftest import Engine, statuses
from tests.campaigns.engine.test_faults import claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatch(
    make_account: Callable[..., Any],
    make_campaign: Callable[..., Any],
    make_contacts: Callable[..., Any],
    engine: Engine,
) -> Dispatch:
    """Six people in batches of two, of which a lane holds the first."""
    make_contacts(6)
    made = engine.start(make_campaign(make_account()))
    Dispatch.objects.filter(pk=made.pk).update(batch_size=2)
    made.refresh_from_db()
    made = engine.prepare(made)
    Batch.objects.filter(dispatch=made, number__gt=1).update(not_before=timezone.now() + timedelta(hours=1))
    claim(made, "token")
    Batch.objects.filter(dispatch=made, number__gt=1).update(not_before=timezone.now() - timedelta(seconds=1))
    return made


def test_a_claim_rewrites_no_row_of_the_ledger(dispatch: Dispatch) -> None:
    assert set(Recipient.objects.values_list("status", flat=True)) == {"queued"}
    assert statuses(dispatch) == {"claimed": 2, "queued": 4}


def test_the_lists_of_those_on_their_way_and_of_those_who_wait_are_the_counters(dispatch: Dispatch) -> None:
    now = timezone.now()
    found = figures.of(dispatch, now)
    for state in ("sending", "waiting", "left", ""):
        lines = recipients.page(dispatch, Wanted(state), now).lines
        assert len(lines) == found.people(state), state
        assert state in ("left", "") or {line.state for line in lines} == {state}


def test_an_export_calls_them_claimed(dispatch: Dispatch) -> None:
    file = io.StringIO()
    list(export.write(dispatch, Wanted("sending"), file, "csv", timezone.now()))
    assert file.getvalue().count(",claimed,") == 2


def test_the_page_of_a_person_says_that_the_message_is_on_its_way(dispatch: Dispatch) -> None:
    rows = Recipient.objects.select_related("contact").order_by("pk")
    first, last = rows[0].contact, rows[5].contact
    assert first and last
    states = [turn.line.state for one in (first, last) for turn in conversations.of_contact(one, timezone.now())]
    assert states == ["sending", "waiting"]


@pytest.mark.parametrize(("status", "people"), [("claimed", 2), ("queued", 4)])
def test_the_administration_tells_them_apart(dispatch: Dispatch, client: Client, status: str, people: int) -> None:
    client.force_login(User.objects.create_superuser("root@despacho.example", None, name="Root"))
    address = reverse("admin:campaigns_recipient_changelist")
    page = client.get(address, {"of": dispatch.pk, "status": status})
    assert len(page.context["cl"].result_list) == people


def test_a_stop_cancels_nobody_who_is_on_his_way(dispatch: Dispatch, owner: User) -> None:
    dispatching.stop(dispatch, owner, timezone.now())
    assert statuses(dispatch) == {"claimed": 2, "cancelled": 4}


def test_who_comes_back_after_a_stop_is_cancelled_then(dispatch: Dispatch, owner: User) -> None:
    dispatching.stop(dispatch, owner, timezone.now())
    settle.sweep_leases(timezone.now() + timedelta(hours=1))
    dispatching.cancel_waiting(dispatch.pk, timezone.now())
    assert statuses(dispatch) == {"cancelled": 6}


def test_a_lane_takes_nothing_of_a_dispatch_that_was_stopped_since_it_looked(dispatch: Dispatch, owner: User) -> None:
    dispatching.stop(dispatch, owner, timezone.now())
    Batch.objects.filter(dispatch=dispatch, number=2).update(status="ready")
    now = timezone.now()
    assert claims.take_batches(dispatch.pk, 1, "another", now, now + timedelta(seconds=60)) == []


def test_a_receipt_moves_who_is_on_his_way_and_nobody_who_waits(dispatch: Dispatch) -> None:
    rows = Recipient.objects.order_by("pk")
    early = [
        Event(EventKind.DELIVERED, "e", reference=reference_of(dispatch.key, row.pk, row.attempt))
        for row in (rows[0], rows[5])
    ]
    receipts.apply(dispatch.account, early, timezone.now())
    assert statuses(dispatch) == {"claimed": 1, "delivered": 1, "queued": 4}


def test_what_never_left_has_cost_no_try(dispatch: Dispatch) -> None:
    settle.sweep_leases(timezone.now() + timedelta(hours=1))
    assert Batch.objects.get(dispatch=dispatch, number=1).tries == 0
    assert statuses(dispatch) == {"queued": 6}


def test_rows_that_were_read_are_marked_by_one_query(
    dispatch: Dispatch, django_assert_num_queries: Callable[..., Any]
) -> None:
    rows = list(Recipient.objects.order_by("pk"))
    with django_assert_num_queries(1):
        in_flight.mark(rows)
    assert [row.status for row in rows] == ["claimed"] * 2 + ["queued"] * 4
