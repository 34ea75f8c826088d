"""The list of notices: whose they are, what is new, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Dispatch, Notice, NoticeKind
from campaigns.services.showing import notices
from console.models import Membership, User, Workspace

PAGE = "/w/norte/notices/"
MakeDispatch = Callable[..., Dispatch]


@pytest.fixture
def told(owner: User, make_dispatch: MakeDispatch, now: datetime) -> Notice:
    notices.tell(make_dispatch([("queued", "", 1)], name="Otoño"), NoticeKind.HOLD, now, reason="no_credit")
    return Notice.objects.get()


def words(client: Client, address: str = PAGE) -> str:
    page = re.sub(r"<[^>]+>", " ", client.get(address).content.decode())
    return re.sub(r"\s+", " ", page)


def test_a_notice_says_what_happened_and_what_to_do(owner_client: Client, told: Notice) -> None:
    page = words(owner_client)
    assert "“Otoño” paused itself new" in page
    assert "Top up, release the account, then resume" in page


def test_the_shell_counts_what_is_unread(owner_client: Client, told: Notice) -> None:
    assert 'aria-label="Notices, 1 unread"' in owner_client.get("/w/norte/contacts/").content.decode()
    notices.read(told.user, told.workspace, None, told.at)
    assert "unread" not in owner_client.get("/w/norte/contacts/").content.decode()


def test_opening_reads_it_and_leads_to_the_dispatch(owner_client: Client, told: Notice) -> None:
    answer = owner_client.post(reverse("notice-open", args=["norte", told.pk]))
    assert (answer.status_code, answer["Location"]) == (303, f"/w/norte/dispatches/{told.dispatch_id}/")
    told.refresh_from_db()
    assert told.read_at is not None


def test_marking_as_read_leads_back_to_the_same_page(owner_client: Client, told: Notice) -> None:
    came_from = f"http://testserver{PAGE}?show=unread"
    answer = owner_client.post(reverse("notice-read", args=["norte", told.pk]), headers={"Referer": came_from})
    assert answer["Location"] == f"{PAGE}?show=unread"
    assert "You have read everything" in words(owner_client, f"{PAGE}?show=unread")


def test_all_are_marked_at_once(owner_client: Client, told: Notice, now: datetime) -> None:
    notices.tell(told.dispatch, NoticeKind.END, now)
    owner_client.post(reverse("notices-read", args=["norte"]))
    assert not Notice.objects.filter(read_at=None).exists()


def test_reading_is_for_posts(owner_client: Client, told: Notice) -> None:
    for name, args in (("notice-open", [told.pk]), ("notice-read", [told.pk]), ("notices-read", [])):
        assert owner_client.get(reverse(name, args=["norte", *args])).status_code == 405


def test_somebody_elses_notice_is_not_found(as_role: Callable[[str], Client], told: Notice) -> None:
    manager = as_role("manager")
    for name in ("notice-open", "notice-read"):
        assert manager.post(reverse(name, args=["norte", told.pk])).status_code == 404
    assert "Otoño" not in words(manager)


def test_marking_all_leaves_those_of_others(as_role: Callable[[str], Client], told: Notice) -> None:
    as_role("manager").post(reverse("notices-read", args=["norte"]))
    told.refresh_from_db()
    assert told.read_at is None


def test_a_stranger_finds_nothing(stranger: Client, told: Notice) -> None:
    assert stranger.get(PAGE).status_code == 404
    assert stranger.post(reverse("notices-read", args=["norte"])).status_code == 404


def test_each_workspace_shows_its_own(
    owner_client: Client, owner: User, told: Notice, other_workspace: Workspace
) -> None:
    Membership.objects.create(workspace=other_workspace, user=owner, role="owner")
    assert "No notices yet" in words(owner_client, "/w/otra/notices/")
    assert owner_client.post(reverse("notice-read", args=["otra", told.pk])).status_code == 404


def test_every_role_may_read_its_own(as_role: Callable[[str], Client]) -> None:
    for role in ("owner", "manager", "sender", "editor", "analyst"):
        assert as_role(role).get(PAGE).status_code == 200


def test_the_list_is_paged_by_key(owner_client: Client, told: Notice, now: datetime) -> None:
    for second in range(1, 61):
        notices.tell(told.dispatch, NoticeKind.START, now + timedelta(seconds=second))
    first = owner_client.get(PAGE)
    assert len(first.context["entries"]) == 50
    rest = owner_client.get(first.context["page"].next_url)
    assert [entry["notice"].pk for entry in rest.context["entries"]][-1] == told.pk


def test_the_page_takes_the_same_queries_for_few_and_many(
    owner_client: Client, told: Notice, now: datetime, count_queries: Callable[..., int]
) -> None:
    few = count_queries(owner_client, PAGE)
    for second in range(1, 31):
        notices.tell(told.dispatch, NoticeKind.START, now + timedelta(seconds=second))
    assert count_queries(owner_client, PAGE) == few
