"""The first page: what is sending, what needs this person, what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign, Dispatch, ProviderAccount, Pulse, TemplateVersion
from campaigns.querysets import tallies
from console.models import Job, Membership, User, Workspace
from console.services import crypto
from contacts.models import Contact


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Sinch ES", provider="sinch-messaging", base_url="https://x.example", created_at=now,
        sealed=crypto.seal({"UserName": "u", "AuthenticationToken": "t"}),
    )  # fmt: skip


@pytest.fixture
def make_run(workspace: Workspace, account: ProviderAccount, now: datetime) -> Callable[..., Dispatch]:
    """make_run(name, status, [(status, n), …]) is a dispatch with its counters."""

    def make(name: str, status: str, counts: list[tuple[str, int]], **fields: Any) -> Dispatch:
        home = fields.pop("where", workspace)
        common = {"workspace": home, "channel": "sms", "purpose": "service", "account": account}
        version = TemplateVersion.objects.create(workspace=home, channel="sms", text="Hola", created_at=now)
        campaign = Campaign.objects.create(**common, name=name, status="started", created_at=now, updated_at=now)
        dispatch = Dispatch.objects.create(
            **common, campaign=campaign, version=version, status=status, planned_at=now, started_at=now,
            changed_at=now, finished_at=now if status in ("finished", "stopped") else None,
            people=sum(n for _, n in counts), **fields,
        )  # fmt: skip
        tallies.shift(dispatch.pk, {(state, ""): n for state, n in counts})
        return dispatch

    return make


def page_of(client: Client, name: str = "home", slug: str = "norte", **headers: str) -> str:
    return client.get(reverse(name, args=[slug]), headers=headers).content.decode()


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_what_is_sending_says_how_far_how_fast_and_until_when(
    owner_client: Client, make_run: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_run("Aviso", "sending", [("delivered", 40), ("queued", 60)])
    Dispatch.objects.filter(pk=dispatch.pk).update(started_at=now - timedelta(hours=1))
    Pulse.objects.create(dispatch=dispatch, at=int(now.timestamp() - 20) // 5, n=12)
    page = words(page_of(owner_client))
    assert "40 of 100 handed over · 0.2/s · ends about" in page


def test_what_moves_comes_before_what_stands(owner_client: Client, make_run: Callable[..., Dispatch]) -> None:
    make_run("Anda", "sending", [("queued", 1)])
    make_run("Quieta", "paused", [("queued", 1)])
    page = page_of(owner_client, "home-running", **{"HX-Request": "true"})
    assert page.index("Anda") < page.index("Quieta")


@pytest.mark.parametrize(("status", "seconds"), [("sending", 2), ("paused", 15)])
def test_the_card_is_asked_for_again_while_something_runs(
    owner_client: Client, make_run: Callable[..., Dispatch], status: str, seconds: int
) -> None:
    make_run("Aviso", status, [("queued", 1)])
    page = page_of(owner_client)
    assert re.search(rf'id="running"[^>]*hx-trigger="every {seconds}s"', page)


def test_nothing_is_asked_while_nothing_runs(owner_client: Client) -> None:
    answer = owner_client.get(reverse("home-running", args=["norte"]), headers={"HX-Request": "true"})
    assert answer.status_code == 286
    assert "hx-trigger" not in answer.content.decode()


def test_a_campaign_that_starts_soon_is_waited_for(owner_client: Client, workspace: Workspace, now: datetime) -> None:
    schedule(workspace, "Pronto", now + timedelta(minutes=3), now)
    assert re.search(r'id="running"[^>]*hx-trigger="every 5s"', page_of(owner_client))


def schedule(workspace: Workspace, name: str, at: datetime, now: datetime) -> Campaign:
    return Campaign.objects.create(
        workspace=workspace, name=name, channel="sms", status="scheduled", start_at=at, planned_people=4872,
        created_at=now, updated_at=now,
    )  # fmt: skip


def test_the_next_week_is_listed_next_first(owner_client: Client, workspace: Workspace, now: datetime) -> None:
    schedule(workspace, "Segunda", now + timedelta(days=3), now)
    schedule(workspace, "Primera", now + timedelta(days=1), now)
    schedule(workspace, "Lejana", now + timedelta(days=30), now)
    page = page_of(owner_client)
    assert page.index("Primera") < page.index("Segunda")
    assert "4,872" in page
    assert "Lejana" not in page


def test_everything_that_stands_still_is_named_and_counted(
    owner_client: Client,
    make_run: Callable[..., Dispatch],
    account: ProviderAccount,
    workspace: Workspace,
    now: datetime,
) -> None:
    make_run("Detenida sola", "held", [("queued", 5)], reason="no_credit")
    make_run("Dudosa", "finished", [("unknown", 28)])
    ProviderAccount.objects.update(hold_reason="auth", hold_since=now)
    Campaign.objects.create(workspace=workspace, name="Por revisar", channel="sms", status="in_review",
                            created_at=now, updated_at=now)  # fmt: skip
    Job.objects.create(
        workspace=workspace, kind="contacts.import", status="failed", error="Not a CSV.", finished_at=now
    )
    page = words(page_of(owner_client))
    assert "Needs you 5" in page
    for sentence in ("“Detenida sola” paused itself", "28 messages to verify", "Nothing leaves through Sinch ES",
                     "Review “Por revisar”", "Not a CSV."):  # fmt: skip
        assert sentence in page


def test_an_old_failure_needs_nobody(owner_client: Client, workspace: Workspace, now: datetime) -> None:
    Job.objects.create(
        workspace=workspace, kind="contacts.import", status="failed", error="x", finished_at=now - timedelta(days=9)
    )
    assert "Needs you" not in page_of(owner_client)


def test_the_last_results_are_shown(owner_client: Client, make_run: Callable[..., Dispatch]) -> None:
    make_run("Terminada", "finished", [("delivered", 95), ("failed", 5)])
    assert "95.0% delivered · 5 failed" in words(page_of(owner_client))


def test_a_new_workspace_is_told_what_to_do_first(
    owner_client: Client, workspace: Workspace, make_contacts: Callable[..., list[Contact]]
) -> None:
    page = words(page_of(owner_client))
    for step in ("Connect a provider", "Bring people in", "Write a message", "Send yourself a test"):
        assert step in page
    make_contacts(1)
    assert "Bring people in Upload a CSV file. Rows that cannot be used are listed with the reason. Done" in words(
        page_of(owner_client)
    )


def test_who_has_begun_is_not_taught(
    owner_client: Client, make_run: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]]
) -> None:
    make_contacts(1)
    make_run("Aviso", "finished", [("delivered", 1)])
    assert "Your first campaign" not in page_of(owner_client)


def test_providers_are_for_those_who_look_after_them(
    as_role: Callable[[str], Client], account: ProviderAccount
) -> None:
    analyst = as_role("analyst")
    assert "Sinch ES" not in page_of(analyst)
    assert analyst.get(reverse("home-providers", args=["norte"])).status_code == 403
    assert "Sinch ES" in page_of(as_role("manager"))


def test_another_workspace_shows_nothing_of_this_one(
    owner_client: Client, owner: User, other_workspace: Workspace, make_run: Callable[..., Dispatch]
) -> None:
    make_run("Aviso", "held", [("unknown", 3)])
    assert owner_client.get(reverse("home", args=["otra"])).status_code == 404
    assert owner_client.get(reverse("home-running", args=["otra"])).status_code == 404
    assert owner_client.get(reverse("home-providers", args=["otra"])).status_code == 404
    Membership.objects.create(workspace=other_workspace, user=owner, role="owner")
    assert "Aviso" not in page_of(owner_client, slug="otra")


def test_the_page_takes_the_same_queries_for_few_and_many(
    owner_client: Client, make_run: Callable[..., Dispatch], workspace: Workspace, now: datetime
) -> None:
    found = []
    for n in (3, 27):
        for place in range(n):
            make_run(f"Anda {n} {place}", "sending", [("queued", 1), ("unknown", 1)])
            make_run(f"Fin {n} {place}", "finished", [("delivered", 1)])
            schedule(workspace, f"Luego {n} {place}", now + timedelta(days=1), now)
        page_of(owner_client)
        with CaptureQueriesContext(connection) as queries:
            page_of(owner_client)
        found.append(len(queries))
    assert found[0] == found[1] <= 30
