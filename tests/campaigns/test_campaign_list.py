"""The list of campaigns: tabs, search, progress, polling, and the buttons of a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Dispatch, Tally
from campaigns.services.showing import overview
from campaigns.services.writing import drafts, lifecycle
from campaigns.services.writing.drafts import Plan
from console.models import User, Workspace
from contacts.models import Group

Draft = Callable[..., Campaign]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def make_run(make_draft: Draft, now: datetime) -> Callable[..., Dispatch]:
    """make_run(status, delivered=3, …) is a started campaign with a dispatch of these people."""

    def make(status: str = "sending", name: str = "Otoño", **people: int) -> Dispatch:
        campaign = make_draft(name=name)
        Campaign.objects.filter(pk=campaign.pk).update(status="started", start_at=now)
        over = now if status in ("finished", "stopped") else None
        dispatch = Dispatch.objects.create(
            workspace=campaign.workspace, campaign=campaign, status=status, channel="sms", purpose="marketing",
            account=campaign.account, version=campaign.version, planned_at=now, started_at=now, changed_at=now,
            finished_at=over, people=sum(people.values()),
        )  # fmt: skip
        Tally.objects.bulk_create(Tally(dispatch=dispatch, status=s, n=n) for s, n in people.items())
        return dispatch

    return make


def page(client: Client, url: str, **asked: str) -> str:
    return client.get(url, asked).content.decode()


# -- tabs and search ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "people", "tabs"),
    [
        ("preparing", {"queued": 1}, {"open", "sending"}),
        ("sending", {"queued": 1}, {"open", "sending"}),
        ("paused", {"queued": 1}, {"open", "sending"}),
        ("held", {"queued": 1}, {"open", "sending", "attention"}),
        ("finished", {"delivered": 1}, {"finished"}),
        ("finished", {"delivered": 1, "unknown": 1}, {"open", "attention", "finished"}),
        ("stopped", {"cancelled": 1}, {"finished"}),
    ],
)
def test_a_started_campaign_is_in_the_tabs_of_its_dispatch(
    status: str, people: dict[str, int], tabs: set[str], make_run: Callable[..., Dispatch], workspace: Workspace
) -> None:
    make_run(status, **people)
    assert {tab for tab, n in overview.counts(workspace).items() if n} == tabs


@pytest.mark.parametrize(
    ("status", "tabs"),
    [
        ("draft", {"open", "drafts"}),
        ("in_review", {"open", "drafts"}),
        ("scheduled", {"open", "scheduled"}),
        ("archived", {"archived"}),
    ],
)
def test_a_plan_is_in_the_tabs_of_its_status(
    status: str, tabs: set[str], make_draft: Draft, workspace: Workspace
) -> None:
    Campaign.objects.filter(pk=make_draft().pk).update(status=status)
    assert {tab for tab, n in overview.counts(workspace).items() if n} == tabs


def test_the_counts_stop_at_the_workspace(make_draft: Draft, workspace: Workspace, other_workspace: Workspace) -> None:
    make_draft(where=other_workspace)
    assert not any(overview.counts(workspace).values())


def test_a_tab_that_does_not_exist_is_the_first(owner_client: Client, make_draft: Draft, url: Url) -> None:
    make_draft()
    assert "Otoño" in page(owner_client, url("campaigns"), tab="nonsense")


@pytest.mark.parametrize("query", ["otoñ", "OTOÑ", "responde stop"])
def test_campaigns_are_found_by_name_and_by_text(query: str, owner_client: Client, make_draft: Draft, url: Url) -> None:
    make_draft()
    make_draft(name="Invierno", text="Otra cosa")
    found = page(owner_client, url("campaigns"), q=query.lower() if connection.vendor == "sqlite" else query)
    assert ("Otoño</a>" in found, "Invierno</a>" in found) == (True, False)


def test_a_search_without_a_hit_offers_the_way_back(owner_client: Client, make_draft: Draft, url: Url) -> None:
    make_draft()
    assert "Show all of this tab" in page(owner_client, url("campaigns"), q="zzz")


def test_a_new_workspace_is_told_how_to_begin(owner_client: Client, url: Url) -> None:
    assert "Your first campaign takes about five minutes" in page(owner_client, url("campaigns"))


def test_htmx_gets_the_rows_alone(owner_client: Client, make_draft: Draft, url: Url) -> None:
    make_draft()
    answer = owner_client.get(url("campaigns"), headers=HTMX)
    assert answer.content.decode().lstrip().startswith('<div id="rows">')
    assert "HX-Request" in answer["Vary"]


# -- rows ---------------------------------------------------------------------------------------------


def test_a_running_campaign_shows_how_far_it_is(
    owner_client: Client, make_run: Callable[..., Dispatch], url: Url
) -> None:
    make_run("sending", delivered=30, queued=70)
    assert "30.0%" in page(owner_client, url("campaigns"))


def test_a_finished_campaign_with_open_questions_says_so(make_run: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_run("finished", delivered=99, unknown=1)
    row = overview.rows_of([Campaign.objects.get(pk=dispatch.campaign_id)], now)[0]
    assert (row.css, row.word) == ("retry", "Finished, needs attention")


def test_a_row_names_its_audience(
    make_draft: Draft, make_group: Callable[..., Group], owner: User, now: datetime
) -> None:
    groups = [make_group(name) for name in ("A", "B", "C")]
    campaign = make_draft(include=groups)
    assert overview.audience_text(campaign) == "A, B and 1 more"


def test_a_time_is_shown_in_the_zone_it_was_chosen_in(make_draft: Draft, owner: User, now: datetime) -> None:
    campaign = make_draft()
    drafts.set_plan(campaign, Plan(now + timedelta(days=2), "America/Bogota", None), owner, now)
    assert "(Bogota)" in overview.rows_of([campaign], now)[0].when


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_costs_the_same_queries_for_three_rows_and_for_thirty(
    rows: int,
    owner_client: Client,
    make_draft: Draft,
    make_run: Callable[..., Dispatch],
    make_group: Callable[..., Group],
    url: Url,
) -> None:
    group = make_group()
    for n in range(rows):
        make_run("sending", f"Otoño {n}", delivered=3, queued=4) if n % 2 else make_draft(include=[group], name=f"D{n}")
    owner_client.get(url("campaigns"))
    with CaptureQueriesContext(connection) as queries:
        assert owner_client.get(url("campaigns")).status_code == 200
    assert len(queries) <= 14


# -- polling --------------------------------------------------------------------------------------------


def test_a_list_that_stands_still_asks_nothing(owner_client: Client, make_draft: Draft, url: Url) -> None:
    make_draft()
    assert "every 2s" not in page(owner_client, url("campaigns"))


def test_a_running_row_is_asked_about(owner_client: Client, make_run: Callable[..., Dispatch], url: Url) -> None:
    dispatch = make_run("sending", queued=1)
    assert f"{url('campaign-pulse')}?ids={dispatch.campaign_id}" in page(owner_client, url("campaigns"))


def test_a_campaign_that_starts_soon_is_asked_about(make_draft: Draft, now: datetime) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(status="scheduled", start_at=now + timedelta(seconds=30))
    campaign.refresh_from_db()
    assert overview.rows_of([campaign], now)[0].alive


def test_the_pulse_renews_the_moving_cells_out_of_band(
    owner_client: Client, make_run: Callable[..., Dispatch], url: Url
) -> None:
    dispatch = make_run("sending", delivered=1, queued=1)
    answer = owner_client.get(url("campaign-pulse"), {"ids": str(dispatch.campaign_id)}, headers=HTMX)
    assert answer.status_code == 200
    assert f'id="c{dispatch.campaign_id}-progress" hx-swap-oob="true"' in answer.content.decode()


def test_the_pulse_ends_when_nothing_moves_any_more(
    owner_client: Client, make_run: Callable[..., Dispatch], url: Url
) -> None:
    dispatch = make_run("finished", delivered=1)
    answer = owner_client.get(url("campaign-pulse"), {"ids": str(dispatch.campaign_id)}, headers=HTMX)
    assert (answer.status_code, "every 2s" in answer.content.decode()) == (286, False)


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "9" * 30])
def test_the_pulse_bears_any_ids(ids: str, owner_client: Client, url: Url) -> None:
    assert owner_client.get(url("campaign-pulse"), {"ids": ids}, headers=HTMX).status_code == 286


def test_the_pulse_tells_nothing_of_another_workspace(
    owner_client: Client, make_draft: Draft, other_workspace: Workspace, url: Url
) -> None:
    foreign = make_draft(where=other_workspace, name="Ajena")
    answer = owner_client.get(url("campaign-pulse"), {"ids": str(foreign.pk)}, headers=HTMX)
    assert f"c{foreign.pk}-state" not in answer.content.decode()


# -- buttons ---------------------------------------------------------------------------------------------


def test_a_campaign_is_made_once_however_often_the_form_is_sent(
    owner_client: Client, url: Url, sms_account: Any
) -> None:
    sent = {"name": "Otoño", "channel": "sms", "purpose": "marketing", "seen": "0"}
    first, second = (owner_client.post(url("campaign-new"), sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Campaign.objects.count() == 1


def test_a_new_campaign_starts_with_the_only_account_that_fits(
    owner_client: Client, url: Url, sms_account: Any
) -> None:
    owner_client.post(url("campaign-new"), {"name": "Otoño", "channel": "sms", "purpose": "marketing"})
    campaign = Campaign.objects.get()
    assert (campaign.account, campaign.sender) == (sms_account, "TIENDA")


def test_a_campaign_without_a_name_comes_back_with_what_was_chosen(owner_client: Client, url: Url) -> None:
    answer = owner_client.post(url("campaign-new"), {"name": "", "channel": "email", "purpose": "service"})
    assert answer.status_code == 422
    assert answer.context["form"]["channel"].value() == "email"


def test_a_refused_button_is_a_toast_and_changes_nothing(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    answer = owner_client.post(url("campaign-unschedule", campaign.pk), headers=HTMX)
    assert (answer.status_code, answer["HX-Reswap"]) == (409, "none")
    assert "This campaign is not scheduled." in answer.content.decode()


def test_a_refused_button_without_script_is_a_page_with_the_sentence(
    owner_client: Client, make_draft: Draft, url: Url
) -> None:
    answer = owner_client.post(url("campaign-unschedule", make_draft().pk))
    assert (answer.status_code, "This campaign is not scheduled." in answer.content.decode()) == (409, True)


def test_cloning_leads_to_the_new_draft(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    answer = owner_client.post(url("campaign-clone", campaign.pk), {"seen": str(campaign.pk)})
    copy = Campaign.objects.latest("id")
    assert (answer.status_code, answer["Location"]) == (303, url("composer-audience", copy.pk))


def test_deleting_asks_first(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    assert "for good" in page(owner_client, url("campaign-delete", campaign.pk))
    owner_client.post(url("campaign-delete", campaign.pk))
    assert not Campaign.objects.exists()


def test_a_draft_opens_in_the_composer(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    assert owner_client.get(url("campaign", campaign.pk))["Location"] == url("composer-audience", campaign.pk)


def test_a_started_campaign_shows_its_dispatches(
    owner_client: Client, make_run: Callable[..., Dispatch], url: Url
) -> None:
    dispatch = make_run("finished", delivered=2, failed=1)
    text = page(owner_client, url("campaign", dispatch.campaign_id))
    assert (url("dispatch", dispatch.pk) in text, url("report", dispatch.pk) in text) == (True, True)


def test_an_archive_button_is_not_offered_while_it_runs(
    owner_client: Client, make_run: Callable[..., Dispatch], url: Url
) -> None:
    running, over = make_run("sending", queued=1), make_run("finished", "Fin", delivered=1)
    assert url("campaign-archive", running.campaign_id) not in page(owner_client, url("campaign", running.campaign_id))
    assert url("campaign-archive", over.campaign_id) in page(owner_client, url("campaign", over.campaign_id))


def test_the_dispatches_of_a_page_cost_the_same_queries_for_three_and_for_thirty(
    owner_client: Client, make_run: Callable[..., Dispatch], url: Url
) -> None:
    first = make_run("finished", delivered=1)
    costs = []
    for number in range(2, 32):
        extra = Dispatch.objects.get(pk=first.pk)
        extra.pk, extra.key, extra.number, extra._state.adding = None, f"key{number}", number, True
        extra.save()
        if number in (3, 31):
            owner_client.get(url("campaign", first.campaign_id))
            with CaptureQueriesContext(connection) as queries:
                owner_client.get(url("campaign", first.campaign_id))
            costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_name_is_escaped(owner_client: Client, make_draft: Draft, owner: User, url: Url, now: datetime) -> None:
    campaign = make_draft()
    lifecycle.rename(campaign, "<script>x</script>", owner, now)
    assert "<script>x" not in page(owner_client, url("campaigns"))


@pytest.mark.parametrize("query", ["área", "ÁREA", "area", "de área nor"])
def test_a_campaign_is_found_whatever_the_case_and_the_accents(
    query: str, owner_client: Client, make_draft: Draft, url: Url
) -> None:
    make_draft(name="Fiesta de ÁREA Norte")
    make_draft(name="Otra cosa")
    page = owner_client.get(url("campaigns"), {"q": query}).content.decode()
    assert ("Fiesta de ÁREA Norte" in page, "Otra cosa" in page) == (True, False)
