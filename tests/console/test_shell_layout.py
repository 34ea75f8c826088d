"""The shell around every page: navigation by role, no dead links, theme, language, workspaces."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from console.models import Membership, Role, User, Workspace

pytestmark = pytest.mark.django_db
PEOPLE = "/w/norte/settings/people/"


def nav_of(client: Client, url: str = PEOPLE) -> str:
    html = client.get(url).content.decode()
    return html[html.index('<nav class="side-nav"') : html.index("</nav>", html.index('<nav class="side-nav"'))]


def links(html: str) -> list[str]:
    return re.findall(r'<a [^>]*href="(/[^"#?]*)', html)


def leads_somewhere(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@pytest.mark.parametrize("role", Role.values)
def test_no_link_of_the_navigation_is_dead(as_role: Any, role: str) -> None:
    assert [link for link in links(nav_of(as_role(role))) if not leads_somewhere(link)] == []


@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_open_all_that_its_navigation_shows(as_role: Any, role: str) -> None:
    client = as_role(role)
    own = [link for link in links(nav_of(client)) if link.startswith("/w/norte/settings/") or link == "/w/norte/"]
    assert {client.get(link).status_code for link in own} == {200}


def test_the_page_is_marked_in_the_navigation(owner_client: Client) -> None:
    assert re.search(r'href="/w/norte/"\s+aria-current="page"', nav_of(owner_client, "/w/norte/"))


def test_settings_is_marked_on_every_settings_page(owner_client: Client) -> None:
    for url in (PEOPLE, "/w/norte/settings/", "/w/norte/settings/audit/"):
        marked = re.findall(r'<a href="([^"]*)" aria-current="page"', nav_of(owner_client, url))
        assert len(marked) == 1
        assert marked[0].startswith("/w/norte/settings/")


def test_an_analyst_sees_no_audit_tab(as_role: Any) -> None:
    assert "/settings/audit/" not in as_role(Role.ANALYST).get(PEOPLE).content.decode()


def test_the_theme_of_the_profile_is_on_the_document(owner: User, owner_client: Client) -> None:
    User.objects.filter(pk=owner.pk).update(theme="dark")
    assert '<html lang="en" data-theme="dark">' in owner_client.get(PEOPLE).content.decode()


def test_without_a_choice_the_device_decides_the_theme(owner_client: Client) -> None:
    assert "data-theme=" not in owner_client.get(PEOPLE).content.decode().split("<head>")[0]


def test_the_language_of_the_profile_is_on_the_document(owner: User, owner_client: Client) -> None:
    User.objects.filter(pk=owner.pk).update(language="es")
    assert '<html lang="es">' in owner_client.get(PEOPLE).content.decode()


def test_without_a_choice_the_browser_decides_the_language(owner_client: Client) -> None:
    html = owner_client.get(PEOPLE, headers={"Accept-Language": "pt-BR,pt;q=0.9"}).content.decode()
    assert '<html lang="pt-br">' in html


def test_the_menu_lists_the_workspaces_of_the_person_only(
    owner: User, owner_client: Client, other_workspace: Workspace
) -> None:
    Workspace.objects.create(name="Nobody Inc", slug="nobody")
    Membership.objects.create(workspace=other_workspace, user=owner, role=Role.EDITOR)
    html = owner_client.get(PEOPLE).content.decode()
    assert 'href="/w/otra/"' in html
    assert "Nobody Inc" not in html


def test_the_profile_keeps_the_navigation_of_the_last_workspace(owner_client: Client) -> None:
    owner_client.get(PEOPLE)
    assert '<a href="/w/norte/">' in nav_of(owner_client, "/profile/")


def test_administration_is_offered_to_administrators_only(owner: User, owner_client: Client) -> None:
    assert "/admin/" not in owner_client.get(PEOPLE).content.decode()
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    assert 'href="/admin/"' in owner_client.get(PEOPLE).content.decode()


def test_every_answer_carries_the_strict_policy(owner_client: Client) -> None:
    policy = owner_client.get(PEOPLE)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "style-src 'self'" in policy
