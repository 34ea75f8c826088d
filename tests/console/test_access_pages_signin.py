"""Signing in and out, the first set-up, the choice of a workspace."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.errors import UserError
from console.models import AuditEvent, Membership, Role, User, Workspace
from console.services import workspaces as workspace_service

PASSWORD = "correct horse battery"
SET_UP = {
    "name": "Lucía Ferrer",
    "email": "Lucia@Example.test",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "workspace": "Tienda Norte",
    "default_country": "ES",
    "time_zone": "Europe/Madrid",
}


def sign_in(client: Client, email: str = "owner@example.test", password: str = PASSWORD, **extra: Any) -> Any:
    return client.post("/login/", {"username": email, "password": password}, **extra)


@pytest.mark.django_db
class TestSigningIn:
    def test_email_and_password_open_the_workspace(self, client: Client, owner: User) -> None:
        assert client.post("/login/", {"username": owner.email, "password": PASSWORD}, follow=True).redirect_chain[
            -1
        ] == ("/w/norte/", 302)

    def test_capitals_in_the_email_do_not_matter(self, client: Client, owner: User) -> None:
        assert sign_in(client, "OWNER@example.test").status_code == 302

    def test_a_wrong_password_is_said_and_the_email_stays(self, client: Client, owner: User) -> None:
        response = sign_in(client, password="wrong")
        assert response.status_code == 422
        assert "Email and password do not match." in response.content.decode()
        assert 'value="owner@example.test"' in response.content.decode()

    def test_an_unknown_email_gets_the_same_answer_as_a_wrong_password(self, client: Client, owner: User) -> None:
        known, unknown = sign_in(client, password="wrong"), sign_in(client, "nobody@example.test", "wrong")
        assert known.context["form"].errors == unknown.context["form"].errors

    def test_the_last_tries_are_counted_aloud(self, client: Client, owner: User) -> None:
        for _attempt in range(settings.AXES_FAILURE_LIMIT - 2):
            sign_in(client, password="wrong")
        assert "1 try left." in sign_in(client, password="wrong").content.decode()

    def test_too_many_wrong_passwords_lock_the_door_for_a_while(self, client: Client, owner: User) -> None:
        for _attempt in range(settings.AXES_FAILURE_LIMIT):
            response = sign_in(client, password="wrong")
        assert response.status_code == 429
        assert "Try again in 15 min." in response.content.decode()

    def test_the_right_password_does_not_open_a_locked_door(self, client: Client, owner: User) -> None:
        for _attempt in range(settings.AXES_FAILURE_LIMIT):
            sign_in(client, password="wrong")
        assert sign_in(client).status_code == 429

    def test_writing_the_email_in_capitals_gives_no_more_tries(self, client: Client, owner: User) -> None:
        for attempt in range(settings.AXES_FAILURE_LIMIT):
            sign_in(client, "OWNER@example.test" if attempt % 2 else "owner@example.test", "wrong")
        assert sign_in(client).status_code == 429

    def test_signing_in_leads_to_the_page_that_was_asked_for(self, client: Client, owner: User) -> None:
        response = client.post("/login/?next=/profile/", {"username": owner.email, "password": PASSWORD})
        assert response["Location"] == "/profile/"

    def test_signing_in_never_leads_to_another_site(self, client: Client, owner: User) -> None:
        data = {"username": owner.email, "password": PASSWORD, "next": "https://evil.example/"}
        assert client.post("/login/", data)["Location"] == "/"

    def test_a_polled_fragment_of_an_ended_session_brings_the_whole_page_to_the_login(
        self, client: Client, owner: User
    ) -> None:
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/w/norte/settings/people/"}
        response = client.get("/w/norte/", headers=headers, follow=True)
        assert response["HX-Redirect"] == "/login/?next=/w/norte/settings/people/"

    def test_signing_out_needs_a_post(self, owner_client: Client) -> None:
        assert owner_client.get("/logout/").status_code == 405

    def test_signing_out_ends_the_session(self, owner_client: Client) -> None:
        owner_client.post("/logout/")
        assert owner_client.get("/profile/").status_code == 302

    def test_the_login_page_speaks_the_language_of_the_browser(self, client: Client, owner: User) -> None:
        assert '<html lang="es">' in client.get("/login/", headers={"Accept-Language": "es"}).content.decode()

    def test_a_language_chosen_before_signing_in_is_kept_in_a_cookie(self, client: Client, owner: User) -> None:
        client.post("/language/", {"language": "es", "next": "/login/"})
        assert '<html lang="es">' in client.get("/login/").content.decode()


@pytest.mark.django_db
class TestSetUp:
    def test_a_console_without_people_leads_to_the_set_up(self, client: Client) -> None:
        assert client.get("/", follow=True).redirect_chain[-1][0] == "/setup/"

    def test_the_set_up_makes_an_owner_who_is_signed_in(self, client: Client) -> None:
        response = client.post("/setup/", SET_UP, follow=True)
        assert response.redirect_chain[-1][0] == "/w/tienda-norte/"
        assert Membership.objects.get().role == Role.OWNER

    def test_the_first_owner_administers_the_console(self, client: Client) -> None:
        client.post("/setup/", SET_UP)
        assert User.objects.get(email="lucia@example.test").is_superuser

    def test_the_set_up_is_written_down(self, client: Client) -> None:
        client.post("/setup/", SET_UP)
        assert AuditEvent.objects.get().action == "workspace.set_up"

    def test_the_set_up_is_gone_once_somebody_exists(self, client: Client, owner: User) -> None:
        assert (client.get("/setup/").status_code, client.post("/setup/", SET_UP).status_code) == (404, 404)

    @pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "lucia@example.test"])
    def test_a_weak_password_is_refused_in_place(self, client: Client, password: str) -> None:
        response = client.post("/setup/", {**SET_UP, "password": password, "password_again": password})
        assert response.status_code == 422
        assert "password" in response.context["form"].errors
        assert not User.objects.exists()

    def test_two_different_passwords_are_refused(self, client: Client) -> None:
        response = client.post("/setup/", {**SET_UP, "password_again": "another one entirely"})
        assert "The two passwords differ." in response.content.decode()

    def test_what_was_entered_stays_after_a_mistake(self, client: Client) -> None:
        html = client.post("/setup/", {**SET_UP, "time_zone": "Europe/Madird"}).content.decode()
        assert 'value="Lucía Ferrer"' in html
        assert "Did you mean Europe/Madrid?" in html

    def test_a_password_never_comes_back_in_the_page(self, client: Client) -> None:
        assert PASSWORD not in client.post("/setup/", {**SET_UP, "email": "no"}).content.decode()

    def test_equal_names_get_different_addresses(self, owner: User) -> None:
        made = [workspace_service.create(owner=owner, name="Tienda", now=timezone.now()).slug for _again in range(3)]
        assert made == ["tienda", "tienda-2", "tienda-3"]


@pytest.mark.django_db(transaction=True)
def test_of_two_set_ups_at_the_same_moment_one_wins() -> None:
    start, outcomes = threading.Barrier(2), []

    def race(number: int) -> None:
        start.wait(timeout=10)
        try:
            workspace_service.set_up(
                person={"email": f"p{number}@example.test", "name": "P"},
                password=PASSWORD,
                workspace={"name": f"Workspace {number}"},
                now=timezone.now(),
            )
            outcomes.append("made")
        except UserError as error:
            outcomes.append(str(error.code))
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["made", "set_up_done"]
    assert User.objects.count() == 1


@pytest.mark.django_db
class TestChoosingAWorkspace:
    def test_a_member_of_one_workspace_goes_straight_in(self, owner_client: Client) -> None:
        assert owner_client.get("/")["Location"] == "/w/norte/"

    def test_a_member_of_several_chooses(self, owner: User, owner_client: Client, other_workspace: Workspace) -> None:
        Membership.objects.create(workspace=other_workspace, user=owner, role=Role.ANALYST)
        html = owner_client.get("/").content.decode()
        assert 'href="/w/norte/"' in html
        assert 'href="/w/otra/"' in html

    def test_a_member_of_none_is_told_what_to_do(self, client: Client, db: Any) -> None:
        client.force_login(
            User.objects.create_user("x@example.test", PASSWORD), backend=settings.AUTHENTICATION_BACKENDS[1]
        )
        assert "You belong to no workspace yet" in client.get("/").content.decode()
