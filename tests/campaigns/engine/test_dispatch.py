"""From queued rows to the provider and back: the ledger equals what the provider's own log says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Pulse, Recipient
from campaigns.services.sending import dispatching, lanes
from campaigns.services.writing import content
from console.errors import UserError
from tests.campaigns.engine.conftest import references, statuses

pytestmark = pytest.mark.django_db

KINDS = [
    ("sinch-messaging", "sms", {}),
    ("sinch-messaging", "sms", {"send_mode": "single"}),
    ("messaging-service", "sms", {}),
    ("messaging-service", "email", {}),
]


@pytest.mark.parametrize(("provider", "channel", "options"), KINDS)
def test_the_ledger_equals_the_providers_log_text_included(
    provider, channel, options, make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(12)
    campaign = make_campaign(make_account(provider, options=options), channel=channel)
    dispatch = engine.send(campaign)
    assert statuses(dispatch) == {"accepted": 12}
    log = {entry["reference"]: entry for entry in sandbox.log()}
    assert sorted(log) == sorted(references(dispatch))
    for row in Recipient.objects.filter(dispatch=dispatch):
        entry = log[f"c{dispatch.key}-r{row.pk}-a1"]
        sent = content.text_of(row)
        assert entry["destination"].lstrip("+") == row.address.lstrip("+")
        assert row.provider_message_id in (entry["provider_id"], entry["reference"])
        assert entry["text"] == sent.text
        if channel == "email":
            assert (entry["subject"], entry["html"]) == (sent.subject, sent.html)


def test_html_in_a_name_is_escaped_in_html_and_plain_in_text(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(1, first_name='<b>"Ana" & Co</b>')
    dispatch = engine.send(make_campaign(make_account("messaging-service"), channel="email"))
    assert statuses(dispatch) == {"accepted": 1}
    entry = sandbox.log()[0]
    assert '<b>"Ana" & Co</b>' in entry["text"]
    assert "<b>" not in entry["html"]


def test_a_name_that_the_vendor_would_take_for_a_placeholder_is_left_out_with_a_reason(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(1, first_name="{{ last_name }}")
    dispatch = engine.send(make_campaign(make_account("messaging-service"), channel="email"))
    assert Recipient.objects.get(dispatch=dispatch).reason == "invalid_content"
    assert sandbox.log() == []


def test_a_finished_dispatch_says_when_and_how_many(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(3)
    dispatch = engine.send(make_campaign(make_account()))
    assert dispatch.status == "finished"
    assert dispatch.started_at is not None
    assert dispatch.finished_at is not None
    assert sum(Pulse.objects.filter(dispatch=dispatch).values_list("n", flat=True)) == 3


def test_a_paused_dispatch_claims_nothing(make_account, make_campaign, make_contacts, engine, sandbox, owner):
    make_contacts(3)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    effect = dispatching.pause(dispatch, owner, timezone.now())
    engine.slice(account)
    assert (effect.handed_over, effect.will_not_go) == (0, 3)
    assert statuses(dispatch) == {"queued": 3}
    assert sandbox.log() == []


def test_a_resumed_dispatch_goes_on(make_account, make_campaign, make_contacts, engine, sandbox, owner):
    make_contacts(3)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    dispatching.pause(dispatch, owner, timezone.now())
    dispatching.resume(dispatch, owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 3}


def test_a_stopped_dispatch_cancels_what_waits(make_account, make_campaign, make_contacts, engine, sandbox, owner):
    make_contacts(4)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    effect = dispatching.stop(dispatch, owner, timezone.now())
    engine.slice(account)
    assert effect.will_not_go == 4
    assert statuses(dispatch) == {"cancelled": 4}
    assert sandbox.log() == []


def test_a_large_stop_is_ended_by_the_next_ticks(
    make_account, make_campaign, make_contacts, engine, owner, monkeypatch
):
    monkeypatch.setattr(dispatching, "CANCEL_CHUNK", 2)
    make_contacts(5)
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    dispatching.stop(dispatch, owner, timezone.now())
    assert statuses(dispatch) == {"queued": 3, "cancelled": 2}
    while dispatching.stopped_with_waiting():
        dispatching.cancel_waiting(dispatch.pk, timezone.now())
    assert statuses(dispatch) == {"cancelled": 5}


def test_a_finished_dispatch_cannot_be_paused_and_says_so(
    make_account, make_campaign, make_contacts, engine, sandbox, owner
):
    make_contacts(1)
    dispatch = engine.send(make_campaign(make_account()))
    with pytest.raises(UserError, match="finished"):
        dispatching.pause(dispatch, owner, timezone.now())


def test_a_campaign_starts_once_however_many_ticks_find_it(make_account, make_campaign, make_contacts, now):
    make_contacts(1)
    campaign = make_campaign(make_account())
    assert dispatching.start(campaign, now) is not None
    assert dispatching.start(campaign, now) is None


def test_a_schedule_that_is_too_late_is_held_not_sent(
    make_account, make_campaign, make_contacts, engine, sandbox, settings, now
):
    make_contacts(1)
    account = make_account()
    campaign = make_campaign(account, start_at=now - timedelta(seconds=settings.SCHEDULE_GRACE_SECONDS + 5))
    dispatch = engine.prepare(engine.start(campaign))
    engine.slice(account)
    assert (dispatch.status, dispatch.reason) == ("held", "stale_schedule")
    assert sandbox.log() == []


def test_a_held_stale_schedule_is_sent_when_a_person_resumes_it(
    make_account, make_campaign, make_contacts, engine, sandbox, settings, now, owner
):
    make_contacts(2)
    account = make_account()
    campaign = make_campaign(account, start_at=now - timedelta(seconds=settings.SCHEDULE_GRACE_SECONDS + 5))
    dispatch = engine.start(campaign)
    dispatching.resume(dispatch, owner, timezone.now())
    engine.prepare(dispatch)
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2}


def test_a_test_send_goes_to_the_typed_address_with_a_contacts_values(
    make_account, make_campaign, make_contacts, engine, sandbox, owner
):
    contact = make_contacts(1)[0]
    account = make_account()
    dispatch = dispatching.send_test(
        make_campaign(account, status="draft"), ["+34600999888"], contact, owner, timezone.now()
    )
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 1}
    assert [(e["destination"], e["text"]) for e in sandbox.log()] == [("34600999888", "Hola Nombre0")]


def test_a_text_longer_than_allowed_is_not_sent(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(1, first_name="x" * 120)
    make_contacts(1, start=1)
    text = "{{ first_name }} " + "a" * 100
    dispatch = engine.send(make_campaign(make_account("messaging-service"), text=text, max_parts=1))
    assert statuses(dispatch) == {"accepted": 1, "skipped": 1}
    assert Recipient.objects.get(dispatch=dispatch, status="skipped").reason == "too_long"


def test_a_lane_that_is_taken_is_not_given_twice(make_account, settings, now):
    settings.LANES_PER_ACCOUNT = 1
    account = make_account()
    assert lanes.take_lane(account.pk, now) is not None
    assert lanes.take_lane(account.pk, now) is None


def test_a_small_campaign_is_not_stuck_behind_a_large_one(
    make_account, make_campaign, make_contacts, make_group, engine, sandbox
):
    people = make_contacts(500)
    account = make_account(options={"send_mode": "single"})
    large = engine.prepare(engine.start(make_campaign(account, name="large")))
    small_campaign = make_campaign(account, name="small", everyone=False)
    small_campaign.include.add(make_group("few", people[:5]))
    small = engine.prepare(engine.start(small_campaign))
    engine.slice(account)
    order = [entry["reference"].split("-")[0] for entry in sandbox.log()]
    assert order.index(f"c{small.key}") < order.index(f"c{large.key}") + 405  # two batches of the large one at most
    assert statuses(large) == {"accepted": 500}


def test_marketing_waits_in_quiet_hours(make_account, make_campaign, make_contacts, engine, sandbox, workspace, now):
    make_contacts(1)
    account = make_account()
    workspace.time_zone = "UTC"
    workspace.quiet_from = (now - timedelta(hours=1)).time()
    workspace.quiet_to = (now + timedelta(hours=1)).time()
    workspace.save()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    assert statuses(dispatch) == {"queued": 1}


def test_a_service_message_goes_in_quiet_hours(
    make_account, make_campaign, make_contacts, engine, sandbox, workspace, now
):
    make_contacts(1)
    account = make_account()
    workspace.time_zone = "UTC"
    workspace.quiet_from = (now - timedelta(hours=1)).time()
    workspace.quiet_to = (now + timedelta(hours=1)).time()
    workspace.save()
    dispatch = engine.prepare(engine.start(make_campaign(account, purpose="service")))
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 1}


def test_a_batch_that_is_claimed_but_not_begun_goes_back_when_paused_in_between(
    make_account, make_campaign, make_contacts, engine, sandbox, owner, monkeypatch
):
    make_contacts(2)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    original = lanes.load

    def pause_then_load(*args):
        fresh = type(dispatch).objects.get(pk=dispatch.pk)
        if fresh.status == "sending":
            dispatching.pause(fresh, owner, timezone.now())
        return original(*args)

    monkeypatch.setattr(lanes, "load", pause_then_load)
    engine.slice(account)
    assert statuses(dispatch) == {"queued": 2}
    assert Batch.objects.get(dispatch=dispatch).status == "ready"
    assert sandbox.log() == []


def test_a_limit_far_above_what_a_lane_reaches_never_lets_it_wait_for_a_slot(
    make_account, make_campaign, make_contacts, engine, monkeypatch
):
    """Even where it has missed two: it then asks for one that comes later, and 0.2 s after now is more by rounding."""
    slots = []

    class Watched(lanes.Courier):
        def send(self, batch, leave_at=None):
            self.missed = 2
            slots.append(leave_at)
            return super().send(batch, leave_at)

    monkeypatch.setattr(lanes, "Courier", Watched)
    make_contacts(40)
    account = make_account(requests_per_second=1_000_000)
    dispatch = engine.start(make_campaign(account))
    Dispatch.objects.filter(pk=dispatch.pk).update(batch_size=1)
    engine.prepare(dispatch)
    engine.slice(account)
    assert slots == [None] * 40
