"""The first messages go alone; the rest follows when they went well, and waits for a person when not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.services.sending import canaries, dispatching, lanes
from console.models import AuditEvent
from contacts.models import Contact
from tests.campaigns.engine.conftest import references, statuses
from tests.campaigns.engine.test_receipts import delivery

pytestmark = pytest.mark.django_db

BULK = "/v1/send-bulk-sms"


@pytest.fixture
def account(make_account, make_contacts):
    make_contacts(40)
    return make_account()


def prepared(engine, campaign, batch_size: int = 1000) -> Dispatch:
    dispatch = engine.start(campaign)
    Dispatch.objects.filter(pk=dispatch.pk).update(batch_size=batch_size)
    return engine.prepare(dispatch)


def judge(dispatch: Dispatch, minutes: float = 0) -> Dispatch:
    """What a tick does, so many minutes from now."""
    canaries.judge_all(timezone.now() + timedelta(minutes=minutes))
    dispatch.refresh_from_db()
    return dispatch


@pytest.mark.parametrize(("wanted", "size"), [(5, 1000), (10, 4), (8, 4), (3, 4)])
def test_exactly_so_many_go_first(wanted, size, account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=wanted), size)
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": wanted, "queued": 40 - wanted}


def test_a_shared_phone_makes_the_canary_no_smaller(account, make_campaign, engine, sandbox):
    Contact.objects.filter(key__in=["K0", "K1", "K2"]).update(phone="+34600111222")
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 5, "queued": 33, "skipped": 2}


def test_a_canary_is_filled_over_chunks(account, make_campaign, engine, sandbox, monkeypatch):
    monkeypatch.setattr("campaigns.services.sending.prepare.CHUNK", 3)
    dispatch = prepared(engine, make_campaign(account, canary=7), 1000)
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 7, "queued": 33}


def test_the_rest_waits_for_receipts(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    judge(dispatch, minutes=4)
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 5, "queued": 35}


def test_the_rest_goes_when_every_receipt_is_good(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    for reference in references(dispatch)[:5]:
        engine.call_back(account, "delivery", delivery(reference))
    assert judge(dispatch).open_until is None
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 35, "delivered": 5}
    assert AuditEvent.objects.get(action="dispatch.canary").detail == {"failed": 0, "tried": 5}


def test_acceptance_is_enough_when_no_receipt_comes_in_time(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    assert judge(dispatch, minutes=6).open_until is None


def test_no_minutes_mean_that_acceptance_is_enough_at_once(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=5, canary_minutes=0))
    engine.slice(account)
    assert judge(dispatch).open_until is None


def test_bad_receipts_hold_the_dispatch_before_the_rest_goes(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    engine.call_back(account, "delivery", delivery(references(dispatch)[0], 104))
    judge(dispatch)
    assert (dispatch.status, dispatch.reason) == ("held", "canary")
    engine.slice(account)
    assert statuses(dispatch)["queued"] == 35


def test_a_canary_of_which_nobody_knows_holds_the_dispatch_when_its_time_is_over(
    account, make_campaign, engine, sandbox
):
    sandbox.arm(BULK, "http_500")
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    assert judge(dispatch).status == "sending"
    judge(dispatch, minutes=6)
    assert (dispatch.status, dispatch.reason) == ("held", "canary")


def test_a_canary_of_which_nobody_was_written_to_holds_the_dispatch(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=5))
    first = Recipient.objects.filter(dispatch=dispatch, batch_no=1).values("contact")
    Contact.objects.filter(pk__in=first).update(sms_consent="withdrawn")
    engine.slice(account)
    judge(dispatch)
    assert (dispatch.status, dispatch.reason) == ("held", "canary")


def test_a_canary_of_nobody_whom_nobody_follows_is_over(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=100))
    Contact.objects.update(sms_consent="withdrawn")
    engine.slice(account)
    judge(dispatch)
    dispatching.finish_done(timezone.now())
    dispatch.refresh_from_db()
    assert (dispatch.status, statuses(dispatch)) == ("finished", {"skipped": 40})


def test_a_person_who_resumes_lets_the_rest_go(account, make_campaign, engine, sandbox, owner):
    sandbox.arm(BULK, "http_500")
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    judge(dispatch, minutes=6)
    dispatching.resume(dispatch, owner, timezone.now())
    assert judge(dispatch, minutes=7).status == "sending"
    engine.slice(account)
    assert statuses(dispatch)["accepted"] == 35


def test_a_pause_does_not_let_the_rest_go(account, make_campaign, engine, sandbox, owner):
    dispatch = prepared(engine, make_campaign(account, canary=5))
    engine.slice(account)
    dispatching.pause(dispatch, owner, timezone.now())
    dispatching.resume(dispatch, owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 5, "queued": 35}


def test_lanes_are_not_started_for_what_waits_behind_a_canary(account, make_campaign, engine, sandbox):
    prepared(engine, make_campaign(account, canary=5))
    assert lanes.accounts_with_work(timezone.now()) == [account.pk]
    engine.slice(account)
    assert lanes.accounts_with_work(timezone.now()) == []


def test_an_audience_smaller_than_the_canary_is_all_of_it(account, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(account, canary=100, canary_minutes=0))
    engine.slice(account)
    judge(dispatch)
    dispatching.finish_done(timezone.now())
    dispatch.refresh_from_db()
    assert (dispatch.status, statuses(dispatch)) == ("finished", {"accepted": 40})


def test_every_row_has_a_batch_that_exists(account, make_campaign, engine):
    dispatch = prepared(engine, make_campaign(account, canary=10), 4)
    sizes = dict(Batch.objects.filter(dispatch=dispatch).values_list("number", "size"))
    rows = list(Recipient.objects.filter(dispatch=dispatch).values_list("batch_no", flat=True))
    assert sizes == {number: rows.count(number) for number in set(rows)}
    assert [sizes[n] for n in sorted(sizes)][:4] == [2, 4, 4, 4]
    assert dispatch.open_until == 3
