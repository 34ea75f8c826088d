"""A message in doubt is a failure for the guards only once nobody can find out what became of it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.providers.base import Outcome, Receipt
from campaigns.querysets import claims
from campaigns.services.sending import outcomes
from campaigns.services.settling import settle
from campaigns.states import Reason
from tests.campaigns.engine.conftest import expire_leases, statuses
from tests.campaigns.engine.test_faults import claim

pytestmark = pytest.mark.django_db

EMAIL, SMS, OCTOPUSH = "/email/4/messages", "/v1/send-*", "/v1/public/sms-campaign/send"


@pytest.fixture
def sixty(make_contacts):
    """Enough for the guard, in one request."""
    return make_contacts(60)


def held(dispatch: Dispatch) -> str:
    dispatch.refresh_from_db()
    return dispatch.reason if dispatch.status == "held" else ""


def test_one_lost_answer_holds_nothing(sixty, make_account, make_campaign, engine, sandbox):
    account = make_account("messaging-service")
    dispatch = engine.prepare(engine.start(make_campaign(account, channel="email")))
    sandbox.arm(EMAIL, "reset_after_accept")
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 60}
    assert held(dispatch) == ""
    engine.settle()
    assert (statuses(dispatch), held(dispatch)) == ({"accepted": 60}, "")


def test_lost_answers_of_single_requests_hold_nothing(sixty, make_account, make_campaign, engine, sandbox):
    account = make_account(options={"send_mode": "single"})
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    sandbox.arm(SMS, "reset_after_accept", times=20)
    engine.slice(account)
    assert (statuses(dispatch), held(dispatch)) == ({"accepted": 40, "unknown": 20}, "")


def test_what_the_vendor_turns_out_not_to_have_holds_the_dispatch(sixty, make_account, make_campaign, engine, sandbox):
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    sandbox.arm(SMS, "reset_before_accept")
    engine.slice(account)
    assert held(dispatch) == ""
    engine.settle()
    assert (statuses(dispatch), held(dispatch)) == ({"unknown": 60}, "failure_rate")


def test_a_repetition_that_gets_no_answer_either_holds_the_dispatch(
    sixty, make_account, make_campaign, engine, sandbox
):
    account = make_account("octopush", sender="Boutique")
    dispatch = engine.prepare(engine.start(make_campaign(account, "Hola {{ first_name }}. STOP au 30101")))
    sandbox.arm(OCTOPUSH, "reset_after_accept", times=2)
    engine.slice(account)
    assert held(dispatch) == ""
    engine.settle()
    assert (statuses(dispatch), held(dispatch)) == ({"unknown": 60}, "failure_rate")


def test_our_own_death_says_nothing_about_the_provider(sixty, make_account, make_campaign, engine, sandbox):
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    batches = claim(dispatch, "dead")
    claims.write_intent([batch.id for batch in batches], "dead", dispatch.pk, timezone.now())
    expire_leases(dispatch)
    settle.sweep_leases(timezone.now())
    engine.settle()
    assert (statuses(dispatch), held(dispatch)) == ({"unknown": 60}, "")


@pytest.mark.parametrize(
    ("receipts", "failures"),
    [
        ([(Outcome.UNKNOWN, Reason.NO_ANSWER), (Outcome.NOT_SENT, Reason.PROVIDER_DOWN)], 1),
        ([(Outcome.UNKNOWN, Reason.NO_ANSWER), (Outcome.NOT_SENT, Reason.NONE)], 1),
        ([(Outcome.ACCEPTED, Reason.NONE), (Outcome.NOT_SENT, Reason.PROVIDER_DOWN)], 0),
        ([(Outcome.UNKNOWN, Reason.NO_ANSWER), (Outcome.NOT_SENT, Reason.RATE_LIMITED)], 0),
    ],
    ids=["one lost and one refused", "one lost and one too late", "one taken", "one asked to wait"],
)
def test_single_requests_of_which_none_was_answered_count_for_the_breaker(
    receipts, failures, sixty, make_account, make_campaign, engine, now
):
    account = make_account(options={"send_mode": "single"})
    dispatch = engine.start(make_campaign(account))
    found = [Receipt(f"r{n}", outcome, reason=reason) for n, (outcome, reason) in enumerate(receipts)]
    outcomes._tell_account_of_receipts(dispatch, found, now)
    account.refresh_from_db()
    assert account.failures == failures
