"""The schedule step: what a campaign may cost, who goes first, and how many failures it bears."""

from __future__ import annotations

from decimal import Decimal

import pytest

from campaigns.models import Campaign, ProviderAccount
from campaigns.services.writing import lifecycle

pytestmark = pytest.mark.django_db

NOW = {"when": "now"}


@pytest.fixture
def draft(make_draft, sms_account) -> Campaign:
    ProviderAccount.objects.filter(pk=sms_account.pk).update(sms_price=Decimal("0.05"))
    campaign: Campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(account=sms_account)
    campaign.refresh_from_db()
    return campaign


def test_a_budget_is_offered_where_the_account_has_a_price(draft, owner_client, url):
    page = owner_client.get(url("composer-schedule", draft.pk)).content.decode()
    assert 'name="cost_cap"' in page
    assert "It pauses before it costs more, and asks you." in page


def test_no_budget_is_offered_where_costs_cannot_be_counted(draft, owner_client, url):
    ProviderAccount.objects.update(sms_price=None)
    assert 'name="cost_cap"' not in owner_client.get(url("composer-schedule", draft.pk)).content.decode()


def test_the_limits_are_kept_and_shown_again(draft, owner_client, url):
    given = {"cost_cap": "12.50", "canary": "50", "canary_minutes": "0", "failure_share": "35"}
    owner_client.post(url("composer-schedule", draft.pk), NOW | given)
    draft.refresh_from_db()
    assert (draft.cost_cap, draft.canary, draft.canary_minutes, draft.failure_share) == (Decimal("12.5"), 50, 0, 35)
    page = owner_client.get(url("composer-schedule", draft.pk)).content.decode()
    for value in ('value="12.5000"', 'value="50"', 'value="0"', 'value="35"'):
        assert value in page


def test_left_empty_they_are_as_the_workspace_says(draft, owner_client, url):
    owner_client.post(url("composer-schedule", draft.pk), NOW)
    draft.refresh_from_db()
    assert (draft.cost_cap, draft.canary, draft.canary_minutes, draft.failure_share) == (None, None, 5, None)
    page = owner_client.get(url("composer-schedule", draft.pk)).content.decode()
    assert "as in the settings of the workspace, 20 %." in page


@pytest.mark.parametrize(
    ("field", "value"), [("canary", "0"), ("failure_share", "101"), ("canary_minutes", "-1"), ("cost_cap", "-3")]
)
def test_a_limit_that_makes_no_sense_is_refused_at_its_field(field, value, draft, owner_client, url):
    answer = owner_client.post(url("composer-schedule", draft.pk), NOW | {field: value})
    assert answer.status_code == 422
    assert f'value="{value}"' in answer.content.decode()


def test_a_copy_has_the_same_limits(draft, owner, now):
    Campaign.objects.filter(pk=draft.pk).update(canary=9, canary_minutes=1, failure_share=7, cost_cap=Decimal(3))
    draft.refresh_from_db()
    copy = lifecycle.clone(draft, None, owner, now)
    assert (copy.canary, copy.canary_minutes, copy.failure_share, copy.cost_cap) == (9, 1, 7, Decimal(3))


def test_the_campaigns_page_shows_them(draft, owner_client, url):
    Campaign.objects.filter(pk=draft.pk).update(canary=9, failure_share=7, cost_cap=Decimal(3), status="scheduled")
    page = owner_client.get(url("campaign", draft.pk)).content.decode()
    for words in ("€3.00", "9 people alone, then the rest", "7 % failures"):
        assert words in page
