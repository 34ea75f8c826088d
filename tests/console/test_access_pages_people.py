"""Members of a workspace: who may change them, the one-time link, the last owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from console.models import AuditEvent, Membership, Role, User, Workspace

pytestmark = pytest.mark.django_db
PEOPLE = "/w/norte/settings/people/"
NEW = {"email": "New@Example.test", "name": "Nueva Persona", "role": Role.EDITOR}
HTMX = {"HX-Request": "true"}


def link_in(response: Any) -> str:
    return re.search(r"http://testserver(/invitation/[^\"]+)", response.content.decode()).group(1)


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.OWNER])
@pytest.mark.parametrize("path", ["add/", "1/role/", "1/remove/", "1/link/"])
def test_only_an_owner_changes_people(as_role: Any, role: str, path: str) -> None:
    client = as_role(role)
    assert client.post(PEOPLE + path, NEW).status_code == 403


@pytest.mark.parametrize("role", Role.values)
def test_every_member_sees_who_else_is_here(as_role: Any, role: str) -> None:
    assert as_role(role).get(PEOPLE).status_code == 200


@pytest.mark.parametrize("path", ["", "add/"])
def test_people_of_another_workspace_do_not_exist(owner_client: Client, other_workspace: Workspace, path: str) -> None:
    assert owner_client.get(f"/w/otra/settings/people/{path}").status_code == 404


@pytest.mark.parametrize("path", ["role/", "remove/", "link/"])
def test_a_membership_of_another_workspace_does_not_exist(
    owner_client: Client, other_workspace: Workspace, person: Callable[..., User], path: str
) -> None:
    stranger = membership(person(Role.EDITOR, where=other_workspace))
    assert owner_client.post(f"{PEOPLE}{stranger.pk}/{path}", {"role": Role.OWNER}).status_code == 404


class TestAdding:
    def test_somebody_new_gets_a_link(self, owner_client: Client) -> None:
        assert link_in(owner_client.post(PEOPLE + "add/", NEW))

    def test_the_link_is_not_kept_by_the_browser(self, owner_client: Client) -> None:
        assert owner_client.post(PEOPLE + "add/", NEW)["Cache-Control"] == "no-store"

    def test_the_link_is_shown_once(self, owner_client: Client) -> None:
        owner_client.post(PEOPLE + "add/", NEW)
        assert "/invitation/" not in owner_client.get(PEOPLE).content.decode()

    def test_the_link_is_in_no_log(self, owner_client: Client) -> None:
        token = link_in(owner_client.post(PEOPLE + "add/", NEW)).split("/")[3]
        assert token not in str(list(AuditEvent.objects.values()))

    def test_the_new_person_cannot_sign_in_before_using_it(self, owner_client: Client) -> None:
        owner_client.post(PEOPLE + "add/", NEW)
        assert not User.objects.get(email="new@example.test").has_usable_password()

    def test_the_link_leads_to_a_password_and_in(self, owner_client: Client, client: Client) -> None:
        link = link_in(owner_client.post(PEOPLE + "add/", NEW))
        form = client.get(link, follow=True)
        data = {"name": "Nueva", "new_password1": "a new long one", "new_password2": "a new long one"}
        assert client.post(form.redirect_chain[-1][0], data, follow=True).redirect_chain[-1][0] == "/w/norte/"

    def test_the_link_works_once(self, owner_client: Client, client: Client) -> None:
        link = link_in(owner_client.post(PEOPLE + "add/", NEW))
        form = client.get(link, follow=True)
        data = {"name": "Nueva", "new_password1": "a new long one", "new_password2": "a new long one"}
        client.post(form.redirect_chain[-1][0], data)
        again = Client().get(link, follow=True)
        assert again.status_code == 410
        assert "does not work any more" in again.content.decode()

    def test_a_weak_password_behind_the_link_is_refused(self, owner_client: Client, client: Client) -> None:
        form = client.get(link_in(owner_client.post(PEOPLE + "add/", NEW)), follow=True)
        response = client.post(
            form.redirect_chain[-1][0], {"name": "N", "new_password1": "123", "new_password2": "123"}
        )
        assert response.status_code == 422

    def test_somebody_who_has_an_account_needs_no_link(
        self, owner_client: Client, other_workspace: Workspace, person: Callable[..., User]
    ) -> None:
        known = person(Role.EDITOR, where=other_workspace)
        response = owner_client.post(PEOPLE + "add/", {**NEW, "email": known.email}, follow=True)
        assert "was added" in response.content.decode()
        assert Membership.objects.filter(workspace__slug="norte", user=known).exists()

    def test_a_member_is_not_added_twice(self, owner_client: Client, owner: User) -> None:
        response = owner_client.post(PEOPLE + "add/", {**NEW, "email": owner.email})
        assert response.status_code == 422
        assert "This person is a member already." in response.content.decode()

    def test_adding_is_written_down(self, owner_client: Client, owner: User) -> None:
        owner_client.post(PEOPLE + "add/", NEW)
        event = AuditEvent.objects.get(action="member.add")
        assert (event.actor, event.detail["role"]) == (owner, Role.EDITOR)

    def test_the_dialog_is_a_page_without_script(self, owner_client: Client) -> None:
        assert "<!doctype html>" in owner_client.get(PEOPLE + "add/").content.decode()
        assert "data-modal" in owner_client.get(PEOPLE + "add/", headers=HTMX).content.decode()


class TestChanging:
    def test_a_role_is_changed_and_written_down(self, owner_client: Client, person: Callable[..., User]) -> None:
        editor = membership(person(Role.EDITOR))
        owner_client.post(f"{PEOPLE}{editor.pk}/role/", {"role": Role.SENDER})
        editor.refresh_from_db()
        event = AuditEvent.objects.get(action="member.role")
        assert editor.role == Role.SENDER
        assert (event.detail["before"], event.detail["after"]) == (Role.EDITOR, Role.SENDER)

    def test_an_unknown_role_is_refused(self, owner_client: Client, person: Callable[..., User]) -> None:
        editor = membership(person(Role.EDITOR))
        assert owner_client.post(f"{PEOPLE}{editor.pk}/role/", {"role": "king"}).status_code == 422

    def test_the_last_owner_stays_an_owner(self, owner_client: Client, owner: User) -> None:
        response = owner_client.post(f"{PEOPLE}{membership(owner).pk}/role/", {"role": Role.EDITOR})
        assert response.status_code == 409
        assert membership(owner).role == Role.OWNER

    def test_the_last_owner_is_not_removed(self, owner_client: Client, owner: User) -> None:
        response = owner_client.post(f"{PEOPLE}{membership(owner).pk}/remove/")
        assert response.status_code == 409
        assert "A workspace needs an owner." in response.content.decode()

    def test_one_of_two_owners_may_leave(self, owner_client: Client, owner: User, person: Callable[..., User]) -> None:
        person(Role.OWNER, email="second@example.test")
        response = owner_client.post(f"{PEOPLE}{membership(owner).pk}/remove/")
        assert response["Location"] == "/"
        assert not Membership.objects.filter(user=owner).exists()

    def test_a_removed_person_is_out_at_once(self, owner_client: Client, as_role: Any) -> None:
        editor = as_role(Role.EDITOR)
        owner_client.post(f"{PEOPLE}{Membership.objects.get(role=Role.EDITOR).pk}/remove/")
        assert editor.get("/w/norte/").status_code == 404

    def test_removing_keeps_the_account_and_the_name_in_the_log(
        self, owner_client: Client, person: Callable[..., User]
    ) -> None:
        editor = person(Role.EDITOR)
        owner_client.post(f"{PEOPLE}{membership(editor).pk}/remove/")
        assert User.objects.filter(pk=editor.pk).exists()
        assert "Ane Editor" in AuditEvent.objects.get(action="member.remove").label

    def test_a_question_stands_before_removing(self, owner_client: Client, person: Callable[..., User]) -> None:
        editor = membership(person(Role.EDITOR))
        owner_client.get(f"{PEOPLE}{editor.pk}/remove/")
        assert Membership.objects.filter(pk=editor.pk).exists()


class TestNewLink:
    def test_a_member_without_password_gets_a_new_link(self, owner_client: Client) -> None:
        owner_client.post(PEOPLE + "add/", NEW)
        new = Membership.objects.get(user__email="new@example.test")
        assert link_in(owner_client.post(f"{PEOPLE}{new.pk}/link/"))

    def test_a_link_is_made_by_post_only(self, owner_client: Client, person: Callable[..., User]) -> None:
        assert owner_client.get(f"{PEOPLE}{membership(person(Role.EDITOR)).pk}/link/").status_code == 405

    def test_nobody_takes_over_an_account_that_opens_another_workspace(
        self, owner_client: Client, other_workspace: Workspace, person: Callable[..., User]
    ) -> None:
        editor = person(Role.EDITOR)
        Membership.objects.create(workspace=other_workspace, user=editor, role=Role.OWNER)
        here = Membership.objects.get(user=editor, workspace__slug="norte")
        assert owner_client.post(f"{PEOPLE}{here.pk}/link/").status_code == 409

    def test_nobody_takes_over_the_account_of_an_administrator(
        self, owner_client: Client, person: Callable[..., User]
    ) -> None:
        admin = person(Role.EDITOR)
        User.objects.filter(pk=admin.pk).update(is_staff=True)
        assert owner_client.post(f"{PEOPLE}{membership(admin).pk}/link/").status_code == 409


@pytest.mark.parametrize("n", [3, 30])
def test_the_list_of_people_takes_as_many_queries_for_30_as_for_3(
    owner_client: Client, person: Callable[..., User], django_assert_max_num_queries: Any, n: int
) -> None:
    for i in range(n):
        person(Role.EDITOR, email=f"e{i}@example.test")
    owner_client.get(PEOPLE)
    with django_assert_max_num_queries(6):
        owner_client.get(PEOPLE)
