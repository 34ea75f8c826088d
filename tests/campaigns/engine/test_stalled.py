"""A lane that stalled for longer than its lease owns nothing any more of what it claimed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.models import Batch
from campaigns.querysets import claims
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.sending import lanes
from campaigns.services.sending.courier import Courier
from campaigns.services.settling import settle
from contacts.models import Contact
from tests.campaigns.engine.conftest import expire_leases, statuses
from tests.campaigns.engine.test_faults import claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def stall(monkeypatch):
    """Between claim and intent of a lane its lease runs out, once; what then happens is given."""

    def at(meanwhile) -> None:
        real, todo = lanes._Slice._write_intent, [meanwhile]

        def write_intent(self, flights):
            if flights and todo:
                todo.pop()(flights[0].dispatch)
            return real(self, flights)

        monkeypatch.setattr(lanes._Slice, "_write_intent", write_intent)

    return at


def sweep(dispatch) -> None:
    expire_leases(dispatch)
    settle.sweep_leases(timezone.now())


def hand_over(dispatch) -> None:
    """Another lane takes the batch and sends it."""
    sweep(dispatch)
    ids = [batch.id for batch in claim(dispatch, "another")]
    assert claims.write_intent(ids, "another", dispatch.pk, timezone.now()) == ids


@pytest.fixture
def dispatch(make_account, make_campaign, make_contacts, engine):
    make_contacts(3)
    return engine.prepare(engine.start(make_campaign(make_account())))


def test_what_was_swept_meanwhile_is_counted_once(dispatch, engine, stall, sandbox):
    stall(sweep)
    engine.slice(dispatch.account)
    assert statuses(dispatch) == {"accepted": 3}
    assert len(sandbox.log()) == 3


def test_what_another_lane_has_sent_meanwhile_is_not_taken_from_it(dispatch, engine, stall, sandbox):
    stall(hand_over)
    engine.slice(dispatch.account)
    batch = Batch.objects.get(dispatch=dispatch)
    assert (batch.status, batch.token) == ("claimed", "another")
    assert statuses(dispatch) == {"claimed": 3}
    assert sandbox.log() == [], "sent a second time"


def test_what_never_left_and_was_swept_meanwhile_waits_on(dispatch, engine, monkeypatch):
    """Nobody of the batch can be written to any more, which the lane finds out while it stalls."""
    load = lanes.load

    def stall_and_find_nobody(flight, rows, compiled, provider):
        load(flight, [], compiled, provider)
        flight.stays += [RowOutcome(row.id, "skipped", "too_long", final=True) for row in rows]
        sweep(flight.dispatch)
        monkeypatch.setattr(lanes, "load", load)

    monkeypatch.setattr(lanes, "load", stall_and_find_nobody)
    engine.slice(dispatch.account)
    assert statuses(dispatch) == {"accepted": 3}


def test_who_may_no_more_be_written_to_is_left_out_before_the_others_leave(dispatch, engine, sandbox, monkeypatch):
    """Else the death of the lane meanwhile would leave somebody in doubt who was in no request."""
    Contact.objects.filter(pk=Contact.objects.earliest("pk").pk).update(sms_consent="withdrawn")
    send, seen = Courier.send, []

    def look_and_send(self, outgoing, leave_at=None):
        seen.append(statuses(dispatch))
        return send(self, outgoing, leave_at)

    monkeypatch.setattr(Courier, "send", look_and_send)
    engine.slice(dispatch.account)
    assert seen == [{"skipped": 1, "claimed": 2}]
    assert statuses(dispatch) == {"skipped": 1, "accepted": 2}
