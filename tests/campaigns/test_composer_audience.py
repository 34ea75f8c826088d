"""The first step: who gets it, counted live, with a reason for everybody who does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from console.models import Workspace
from contacts.models import Contact, Group
from contacts.states import Consent

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}
STEPS = ["audience", "message", "preview", "schedule", "review"]


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


# -- audience ---------------------------------------------------------------------------------------------


def test_ticked_lists_are_saved_and_the_message_is_next(
    owner_client: Client, make_draft: Draft, make_group: Any, url: Url
) -> None:
    campaign, group, out = make_draft(), make_group("Clientes"), make_group("Fuera")
    answer = owner_client.post(
        url("composer-audience", campaign.pk), {"reach": "groups", "include": [group.pk], "exclude": [out.pk]}
    )
    assert (answer.status_code, answer["Location"]) == (303, url("composer-message", campaign.pk))
    assert ([*campaign.include.all()], [*campaign.exclude.all()]) == ([group], [out])
    assert not fresh(campaign).everyone


def test_a_list_of_another_workspace_cannot_be_ticked(
    owner_client: Client, make_draft: Draft, other_workspace: Workspace, url: Url, now: datetime
) -> None:
    foreign = Group.objects.create(workspace=other_workspace, kind="list", name="Ajena", created_at=now)
    campaign = make_draft()
    answer = owner_client.post(url("composer-audience", campaign.pk), {"reach": "groups", "include": [foreign.pk]})
    assert (answer.status_code, campaign.include.count()) == (422, 0)


def test_the_live_count_is_split_by_reason_and_saves_nothing(
    owner_client: Client, make_draft: Draft, make_contacts: People, make_group: Any, url: Url
) -> None:
    people = make_contacts(4) + make_contacts(1, start=4, sms_consent=Consent.WITHDRAWN)
    group, out = make_group("Clientes", people), make_group("Fuera", people[:1])
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-audience-count", campaign.pk),
        {"reach": "groups", "include": [group.pk], "exclude": [out.pk]},
        headers={**HTMX, "HX-Target": "count"},
    )
    assert "5 − 1 − 1 = 3." in answer.content.decode()
    assert fresh(campaign).everyone


def test_groups_are_found_by_name_and_ticked_ones_stay(
    owner_client: Client, make_draft: Draft, make_group: Any, url: Url
) -> None:
    ticked, found, hidden = make_group("Clientes"), make_group("VIP"), make_group("Proveedores")
    answer = owner_client.post(
        url("composer-audience-count", make_draft().pk),
        {"reach": "groups", "include": [ticked.pk], "find": "vi"},
        headers={**HTMX, "HX-Target": "groups"},
    )
    text = answer.content.decode()
    assert [f'id="in-{group.pk}"' in text for group in (ticked, found, hidden)] == [True, True, False]
    assert f'value="{ticked.pk}" checked' in text


def test_finding_a_list_without_script_keeps_what_was_typed(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-audience", campaign.pk), {"reach": "everyone", "go": "audience", "find": "vi p"}
    )
    assert answer["Location"] == url("composer-audience", campaign.pk) + "?find=vi+p"


def test_nobody_reachable_is_said_with_the_split(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(2, sms_consent=Consent.WITHDRAWN)
    text = owner_client.get(url("composer-audience", make_draft().pk)).content.decode()
    assert ("Nobody would receive it" in text, "2 − 2 = 0." in text) == (True, True)


def test_a_number_of_the_split_opens_its_people(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Entra")
    make_contacts(1, start=1, first_name="Sale", sms_consent=Consent.WITHDRAWN)
    people = url("composer-people", make_draft().pk)
    inside, outside = (owner_client.get(people, {"why": why}).content.decode() for why in ("", "opted_out"))
    assert ("Entra" in inside, "Sale" in inside) == (True, False)
    assert ("Entra" in outside, "Sale" in outside) == (False, True)


def test_an_unknown_reason_has_no_people(owner_client: Client, make_draft: Draft, url: Url) -> None:
    assert owner_client.get(url("composer-people", make_draft().pk), {"why": "x"}).status_code == 404


def test_people_are_paged_by_key(owner_client: Client, make_draft: Draft, make_contacts: People, url: Url) -> None:
    people = make_contacts(60)
    page = owner_client.get(url("composer-people", make_draft().pk)).context["page"]
    assert page.next_url.endswith(f"after={people[49].pk}")
    assert [c.pk for c in owner_client.get(page.next_url).context["page"].rows] == [c.pk for c in people[50:]]


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_of_people_costs_the_same_queries(
    rows: int, owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(rows)
    page = url("composer-people", make_draft().pk)
    owner_client.get(page)
    with CaptureQueriesContext(connection) as queries:
        owner_client.get(page)
    assert len(queries) <= 13
