"""The composer's steps: each saves on POST, works without script, and loses nothing that was entered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from campaigns.services.writing import headcounts, lifecycle
from console.models import User, Workspace
from contacts.models import Contact

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}
STEPS = ["audience", "message", "preview", "schedule", "review"]


# -- every step -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_a_campaign_that_is_no_draft_leads_to_its_page(
    step: str, owner_client: Client, make_draft: Draft, url: Url
) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status="scheduled")
    assert owner_client.get(url(f"composer-{step}", campaign.pk))["Location"] == url("campaign", campaign.pk)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_opens_of_a_draft_that_has_nothing_yet(
    step: str, owner_client: Client, workspace: Workspace, owner: User, url: Url, now: datetime
) -> None:
    for channel in ("sms", "email"):
        campaign = lifecycle.create(workspace, name="x", channel=channel, purpose="marketing", actor=owner, now=now)
        assert owner_client.get(url(f"composer-{step}", campaign.pk)).status_code == 200


@pytest.mark.parametrize("step", STEPS)
def test_a_step_costs_the_same_queries_for_three_people_and_for_thirty(
    step: str, owner_client: Client, make_draft: Draft, make_contacts: People, make_group: Any, url: Url
) -> None:
    costs = []
    for number in (3, 30):
        people = make_contacts(number, start=number)
        groups = [make_group(f"{number}-{n}", people[:1]) for n in range(number)]
        campaign = make_draft(include=groups)
        owner_client.get(url(f"composer-{step}", campaign.pk))
        with CaptureQueriesContext(connection) as queries:
            owner_client.get(url(f"composer-{step}", campaign.pk))
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("step", STEPS)
def test_no_step_counts_a_large_audience_while_the_page_waits(
    step: str,
    owner_client: Client,
    make_draft: Draft,
    make_contacts: People,
    url: Url,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_contacts(3)
    campaign = make_draft()
    monkeypatch.setattr(headcounts, "QUICK", 2)
    monkeypatch.setattr(headcounts.audience, "count", lambda spec: pytest.fail("counted"))
    assert owner_client.get(url(f"composer-{step}", campaign.pk)).status_code == 200
