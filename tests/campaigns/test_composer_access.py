"""Every page of campaigns and templates: whose it is, and who may open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import urls_campaigns, urls_templates
from campaigns.models import Campaign, Template
from console.access import PERMISSIONS
from console.models import Role, Workspace

# What a URL takes besides the workspace.
PATTERNS = [*urls_campaigns.urlpatterns, *urls_templates.urlpatterns]
NAMES = [pattern.name for pattern in PATTERNS]
OF_ONE = [p.name for p in PATTERNS if "pk" in p.pattern.converters]
# Pages that take a POST of their own. Of the others some are only posted to.
POSTED = {
    "campaign-clone", "campaign-archive", "campaign-unschedule", "composer-audience-count", "composer-check",
    "composer-try", "composer-schedule-check", "template-check", "template-try", "template-restore",
    "template-duplicate", "template-archive", "template-unarchive",
}  # fmt: skip
WRITTEN = {
    "campaign-new", "campaign-rename", "campaign-delete", "composer-audience", "composer-message",
    "composer-schedule", "composer-review", "composer-test", "template-new", "template",
}  # fmt: skip


def arguments(name: str, pk: int) -> list[Any]:
    converters = next(p for p in PATTERNS if p.name == name).pattern.converters
    known = {"pk": pk, "number": 1, "channel": "sms"}
    return [known[argument] for argument in converters]


def address(name: str, workspace: Workspace, pk: int = 1) -> str:
    return reverse(name, args=[workspace.slug, *arguments(name, pk)])


def asked(client: Client, name: str, url: str) -> int:
    return client.post(url).status_code if name in POSTED else client.get(url).status_code


@pytest.fixture
def things(make_draft: Callable[..., Campaign], make_template: Callable[..., Template]) -> dict[str, int]:
    return {"campaign": make_draft().pk, "template": make_template().pk}


@pytest.mark.parametrize("name", OF_ONE)
def test_a_thing_of_another_workspace_is_not_found(
    name: str,
    owner_client: Client,
    workspace: Workspace,
    other_workspace: Workspace,
    make_draft: Callable[..., Campaign],
    make_template: Callable[..., Template],
) -> None:
    foreign = make_template(where=other_workspace) if name.startswith("template") else make_draft(where=other_workspace)
    url = address(name, workspace, foreign.pk)
    assert owner_client.get(url).status_code in ((405,) if name in POSTED else (404,))
    if name in POSTED | WRITTEN:
        assert owner_client.post(url).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_workspace_one_does_not_belong_to_is_not_found(
    name: str, owner_client: Client, other_workspace: Workspace, things: dict[str, int]
) -> None:
    assert asked(owner_client, name, address(name, other_workspace)) == 404


@pytest.mark.parametrize("name", NAMES)
def test_who_is_not_signed_in_is_sent_to_the_door(name: str, client: Client, workspace: Workspace) -> None:
    answer = client.post(address(name, workspace)) if name in POSTED else client.get(address(name, workspace))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", NAMES)
def test_a_role_opens_what_its_permissions_say(
    name: str, as_role: Callable[[str], Client], workspace: Workspace, things: dict[str, int]
) -> None:
    view = next(p for p in PATTERNS if p.name == name).callback
    pk = things["template" if name.startswith("template") else "campaign"]
    for role in (Role.ANALYST, Role.EDITOR):
        status = asked(as_role(role), name, address(name, workspace, pk))
        if view.permission in PERMISSIONS[role]:
            assert status != 403, role
        else:
            assert status == 403, role


@pytest.mark.parametrize("name", sorted(POSTED))
def test_what_changes_or_is_only_asked_by_a_form_refuses_get(
    name: str, owner_client: Client, workspace: Workspace, things: dict[str, int]
) -> None:
    assert owner_client.get(address(name, workspace)).status_code == 405


@pytest.mark.parametrize("name", [name for name in NAMES if name not in POSTED])
def test_what_only_shows_changes_nothing(
    name: str, owner_client: Client, workspace: Workspace, things: dict[str, int]
) -> None:
    pk = things["template" if name.startswith("template") else "campaign"]
    before = list(Campaign.objects.values()), list(Template.objects.values())
    owner_client.get(address(name, workspace, pk))
    assert (list(Campaign.objects.values()), list(Template.objects.values())) == before


def test_an_analyst_reads_a_draft_without_the_composer(
    as_role: Callable[[str], Client], url: Callable[..., str], make_draft: Callable[..., Campaign]
) -> None:
    answer = as_role(Role.ANALYST).get(url("campaign", make_draft().pk))
    assert (answer.status_code, "Clone" in answer.content.decode()) == (200, False)


def test_an_analyst_reads_a_template_without_a_button_to_save(
    as_role: Callable[[str], Client], url: Callable[..., str], make_template: Callable[..., Template]
) -> None:
    client, page = as_role(Role.ANALYST), url("template", make_template().pk)
    assert "Save template" not in client.get(page).content.decode()
    assert client.post(page, {"name": "x", "text": "y"}).status_code == 403
