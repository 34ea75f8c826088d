"""A dispatch stops before its budget would be passed, whoever sends, and asks a person."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.providers.base import Outcome
from campaigns.services.sending import budgets, dispatching
from console.errors import UserError
from console.models import AuditEvent
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(make_account, make_campaign, make_contacts) -> Campaign:
    """A hundred people at 0.05 each, and 2.00 to spend."""
    make_contacts(100)
    return make_campaign(make_account(sms_price=Decimal("0.05")), cost_cap=Decimal("2.00"))


def test_nothing_more_leaves_when_the_next_batch_would_pass_the_budget(campaign, engine, sandbox):
    dispatch = engine.send(campaign)
    assert (dispatch.status, dispatch.reason) == ("held", "budget_cap")
    assert statuses(dispatch) == {"accepted": 40, "queued": 60}
    assert len(sandbox.log()) == 40
    assert budgets.spent(dispatch) == Decimal("2.00")


def test_parts_count_not_messages(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(100)
    account = make_account(sms_price=Decimal("0.05"))
    dispatch = engine.send(make_campaign(account, text="x" * 200, cost_cap=Decimal("2.00")))
    assert statuses(dispatch) == {"accepted": 20, "queued": 80}


def test_an_email_is_one_unit(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(30)
    account = make_account("messaging-service", email_price=Decimal("0.01"))
    dispatch = engine.send(make_campaign(account, channel="email", cost_cap=Decimal("0.20")))
    assert statuses(dispatch) == {"accepted": 20, "queued": 10}


def test_a_budget_that_is_enough_holds_nothing(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(40)
    account = make_account(sms_price=Decimal("0.05"))
    dispatch = engine.send(make_campaign(account, cost_cap=Decimal("2.00")))
    assert (dispatch.status, statuses(dispatch)) == ("finished", {"accepted": 40})


def test_without_a_price_there_is_nothing_to_count_with(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(3)
    dispatch = engine.send(make_campaign(make_account(), cost_cap=Decimal("0.01")))
    assert statuses(dispatch) == {"accepted": 3}


def test_what_did_not_leave_costs_nothing(campaign, engine, sandbox):
    sandbox.arm("/v1/send-bulk-sms", "http_429", times=3, retry_after=0)
    dispatch = engine.send(campaign)
    assert statuses(dispatch) == {"accepted": 40, "queued": 60}
    assert dispatch.units == 40


def test_what_perhaps_left_is_counted_as_spent(campaign, engine, sandbox):
    sandbox.arm("/v1/send-bulk-sms", "http_500")
    dispatch = engine.send(campaign)
    assert statuses(dispatch)["unknown"] == 2
    assert len(sandbox.log()) == 38
    assert dispatch.units == 40


def test_parts_that_the_provider_names_correct_the_estimate(campaign, engine, sandbox, monkeypatch):
    dispatch = engine.prepare(engine.start(campaign))
    provider = type(dispatching.accounts.open_provider(dispatch.account))
    original = provider.send

    async def dearer(self, batch):
        receipts = await original(self, batch)
        for receipt in receipts:
            receipt.parts = 3 if receipt.outcome is Outcome.ACCEPTED else receipt.parts
        return receipts

    monkeypatch.setattr(provider, "send", dearer)
    monkeypatch.setattr("campaigns.services.sending.lanes.BULK_FLIGHTS", 1)
    engine.slice(dispatch.account)
    dispatch.refresh_from_db()
    assert dispatch.reason == "budget_cap"
    assert dispatch.units == 3 * statuses(dispatch)["accepted"] <= 42


def test_a_budget_that_is_used_up_must_be_raised_before_it_goes_on(campaign, engine, sandbox, owner):
    dispatch = engine.send(campaign)
    with pytest.raises(UserError, match="too little"):
        dispatching.resume(dispatch, owner, timezone.now())
    with pytest.raises(UserError, match="too little"):
        dispatching.raise_budget(dispatch, Decimal("2.05"), owner, timezone.now())


def test_a_raised_budget_goes_on_to_its_new_end(campaign, engine, sandbox, owner):
    dispatch = engine.send(campaign)
    dispatching.raise_budget(dispatch, Decimal("3.00"), owner, timezone.now())
    engine.slice(dispatch.account)
    assert statuses(dispatch) == {"accepted": 60, "queued": 40}
    event = AuditEvent.objects.get(action="dispatch.resume")
    assert (event.actor, event.detail["budget"]) == (owner, "3.00")


def test_a_dispatch_without_a_budget_is_given_none_later(make_account, make_campaign, make_contacts, engine, owner):
    """Nothing was counted until then, so it would begin at nothing."""
    make_contacts(2)
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    dispatching.pause(dispatch, owner, timezone.now())
    dispatch.refresh_from_db()
    with pytest.raises(UserError, match="limit of costs does not hold"):
        dispatching.raise_budget(dispatch, Decimal("5"), owner, timezone.now())


def test_without_a_budget_the_rest_goes(campaign, engine, sandbox, owner):
    dispatch = engine.send(campaign)
    dispatching.raise_budget(dispatch, None, owner, timezone.now())
    engine.slice(dispatch.account)
    assert statuses(dispatch) == {"accepted": 100}


def test_a_test_send_is_not_counted(campaign, engine, sandbox, owner):
    Campaign.objects.filter(pk=campaign.pk).update(cost_cap=Decimal("0.01"), status="draft")
    campaign.refresh_from_db()
    dispatch = dispatching.send_test(campaign, ["+34600999888"], None, owner, timezone.now())
    engine.slice(dispatch.account)
    assert statuses(dispatch) == {"accepted": 1}
