"""The profile: what somebody wants to hear of each workspace."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from campaigns.models import NoticeKind, NoticePreference
from campaigns.services.showing import notices
from console.models import Membership, User, Workspace

ALL_OFF = dict.fromkeys(("start", "end", "hold", "approval", "alarm", "outage", "answers"), "off")


@pytest.fixture
def member(owner: User) -> Membership:
    return Membership.objects.get(user=owner)


def posted(member: Membership, **levels: str) -> dict[str, str]:
    return {f"notices-{member.pk}-{kind}": level for kind, level in {**ALL_OFF, **levels}.items()}


def test_the_form_begins_with_what_holds_without_a_choice(owner_client: Client, member: Membership) -> None:
    page = owner_client.get("/profile/").content.decode()
    chosen = re.findall(rf'name="notices-{member.pk}-(\w+)".*?value="(\w+)" selected', page, re.DOTALL)
    assert dict(chosen) == {**dict.fromkeys(ALL_OFF, "email"), "start": "console", "end": "console"}


def test_a_choice_is_kept(owner_client: Client, owner: User, member: Membership) -> None:
    answer = owner_client.post("/profile/notices/", posted(member, start="email", hold="console"))
    assert (answer.status_code, answer["Location"]) == (303, "/profile/")
    [(_, levels)] = notices.choices_of(owner)
    assert levels == {**ALL_OFF, "start": "email", "hold": "console"}


def test_each_workspace_has_its_own(
    owner_client: Client, owner: User, member: Membership, other_workspace: Workspace
) -> None:
    other = Membership.objects.create(workspace=other_workspace, user=owner, role="editor")
    owner_client.post("/profile/notices/", {**posted(member), **posted(other, end="email")})
    levels = {found.workspace.slug: chosen[NoticeKind.END] for found, chosen in notices.choices_of(owner)}
    assert levels == {"norte": "off", "otra": "email"}


def test_nobody_chooses_for_others(owner_client: Client, member: Membership, other_workspace: Workspace) -> None:
    stranger = User.objects.create_user("stranger@example.test", "correct horse battery")
    foreign = Membership.objects.create(workspace=other_workspace, user=stranger, role="owner")
    owner_client.post("/profile/notices/", {**posted(member), **posted(foreign)})
    assert not NoticePreference.objects.filter(membership=foreign).exists()


def test_what_is_no_choice_is_refused(owner_client: Client, member: Membership) -> None:
    assert owner_client.post("/profile/notices/", posted(member, end="loudly")).status_code == 422
    assert not NoticePreference.objects.exists()


def test_a_choice_leaves_with_the_membership(owner_client: Client, member: Membership) -> None:
    owner_client.post("/profile/notices/", posted(member))
    member.delete()
    assert not NoticePreference.objects.exists()


def test_choosing_is_for_posts(owner_client: Client) -> None:
    assert owner_client.get("/profile/notices/").status_code == 405
