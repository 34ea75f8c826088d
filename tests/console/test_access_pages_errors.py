"""Error pages in the look of the console."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client, RequestFactory

from console.views import errors

HTMX = {"HX-Request": "true"}


@pytest.mark.django_db
def test_an_unknown_address_is_answered_in_the_look_of_the_console(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "We cannot find this page" in response.content.decode()


@pytest.mark.django_db
def test_a_workspace_of_others_looks_like_one_that_does_not_exist(owner_client: Client, other_workspace: Any) -> None:
    theirs, nobodys = owner_client.get("/w/otra/"), owner_client.get("/w/nobody/")
    assert theirs.status_code == nobodys.status_code == 404
    assert "Otra Casa" not in theirs.content.decode()


@pytest.mark.django_db
def test_a_role_that_does_not_suffice_is_told_so(as_role: Any) -> None:
    response = as_role("analyst").get("/w/norte/settings/audit/")
    assert response.status_code == 403
    assert "Your role does not allow this" in response.content.decode()


@pytest.mark.django_db
def test_htmx_gets_a_toast_and_keeps_the_page(owner_client: Client) -> None:
    response = owner_client.get("/w/norte/settings/people/999/role/", headers=HTMX)
    assert (response.status_code, response["HX-Reswap"]) == (404, "none")
    assert "This is not here any more" in response.content.decode()


@pytest.mark.django_db
def test_a_form_without_token_is_refused_in_the_look_of_the_console(owner: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "This form is out of date" in response.content.decode()


@pytest.mark.django_db
def test_a_form_without_token_is_a_toast_for_htmx(owner: Any) -> None:
    response = Client(enforce_csrf_checks=True).post("/language/", {"language": "es"}, headers=HTMX)
    assert (response.status_code, response["HX-Reswap"]) == (403, "none")


def test_a_bug_gets_a_page_with_an_id_that_is_in_the_log(rf: RequestFactory, caplog: Any) -> None:
    """Without database: it may be the fault."""
    with caplog.at_level(logging.ERROR, "console.errors"):
        response = errors.server_error(rf.get("/broken/"))
    error_id = caplog.records[0].error_id
    assert response.status_code == 500
    assert error_id in response.content.decode()
    assert caplog.records[0].path == "/broken/"


@pytest.mark.parametrize("view", [errors.bad_request, errors.forbidden, errors.not_found, errors.csrf_failure])
def test_error_pages_need_no_session(rf: RequestFactory, view: Any) -> None:
    """An error may come from a middleware that runs before the session is there."""
    assert view(rf.get("/x/")).status_code in (400, 403, 404)
