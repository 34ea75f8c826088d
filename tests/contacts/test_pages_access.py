"""Who may open the pages of contacts: members with the permission, of this workspace, for its own rows only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.models import Role, Workspace
from console.services import jobs
from contacts.models import Contact, Group, Suppression
from contacts.services import exports, finding, groups, imports

PLAIN = (
    "contacts", "contact-new", "contact-export", "groups", "group-new", "imports", "import-new", "suppressions",
    "suppression-new",
)  # fmt: skip
POST_ONLY = ("contact-bulk", "contact-groups")
OF_A_CONTACT = ("contact", "contact-edit", "contact-delete", "contact-stop", "contact-groups")
OF_A_GROUP = ("group-rename", "group-delete")
OF_AN_IMPORT = ("import", "import-rejected")


class Rows:
    """One of everything in a workspace."""

    def __init__(self, workspace: Workspace, contact: Contact, now: datetime) -> None:
        self.contact = contact
        self.group = Group.objects.create(workspace=workspace, kind="list", name="Suyos", created_at=now)
        self.stop = Suppression.objects.create(
            workspace=workspace, channel="sms", address="+34600112233", reason="manual", source="console", at=now
        )
        self.started = imports.start(workspace, None, "none.csv", "theirs.csv", imports.Options("ES"))
        order = groups.Order(groups.Act.ADD, group=self.group.pk)
        self.job = jobs.create(groups.JOB, workspace, None, order.as_params())
        self.export = exports.start(workspace, None, finding.People(), now)

    def urls(self) -> dict[str, tuple[Any, ...]]:
        """{URL name: its arguments} for everything that is about one row."""
        return {
            **dict.fromkeys(OF_A_CONTACT, (self.contact.pk,)),
            "contact-consent": (self.contact.pk, "sms"),
            **dict.fromkeys(OF_A_GROUP, (self.group.pk,)),
            **dict.fromkeys(OF_AN_IMPORT, (self.started.pk,)),
            "suppression-remove": (self.stop.pk,),
            "contact-job": (self.job.pk,),
            "contact-export-job": (self.export.pk,),
            "contact-export-file": (self.export.pk,),
        }


@pytest.fixture
def rows(workspace: Workspace, make_contacts: Any, now: datetime) -> Rows:
    return Rows(workspace, make_contacts(1)[0], now)


@pytest.fixture
def foreign(other_workspace: Workspace, make_contacts: Any, now: datetime) -> Rows:
    return Rows(other_workspace, make_contacts(1, where=other_workspace)[0], now)


NAMES = (
    *OF_A_CONTACT, "contact-consent", *OF_A_GROUP, *OF_AN_IMPORT, "suppression-remove", "contact-job",
    "contact-export-job", "contact-export-file",
)  # fmt: skip


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", NAMES)
def test_a_row_of_another_workspace_is_not_found(owner_client: Client, foreign: Rows, name: str, method: str) -> None:
    url = reverse(name, args=["norte", *foreign.urls()[name]])

    answer = getattr(owner_client, method)(url, {"action": "add"})

    assert answer.status_code == (405 if (name, method) in _WRONG_METHOD else 404)


# Refused before anything is looked up.
_WRONG_METHOD = {
    ("contact-groups", "get"), ("contact", "post"), ("import", "post"), ("import-rejected", "post"),
    ("contact-job", "post"), ("contact-export-job", "post"), ("contact-export-file", "post"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*PLAIN, *NAMES, *POST_ONLY])
def test_another_workspace_is_not_found(owner_client: Client, foreign: Rows, name: str) -> None:
    url = reverse(name, args=["otra", *foreign.urls().get(name, ())])

    assert owner_client.get(url).status_code == 404


@pytest.mark.parametrize("name", [*PLAIN, *NAMES])
def test_nobody_gets_in_without_signing_in(client: Client, rows: Rows, name: str) -> None:
    answer = client.get(reverse(name, args=["norte", *rows.urls().get(name, ())]))

    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


@pytest.mark.parametrize(
    ("name", "least", "refused"),
    [
        ("contact-new", Role.EDITOR, Role.ANALYST),
        ("contact-edit", Role.EDITOR, Role.ANALYST),
        ("contact-consent", Role.EDITOR, Role.ANALYST),
        ("contact-export", Role.EDITOR, Role.ANALYST),
        ("contact-delete", Role.MANAGER, Role.SENDER),
        ("contact-stop", Role.MANAGER, Role.SENDER),
        ("group-new", Role.EDITOR, Role.ANALYST),
        ("group-rename", Role.EDITOR, Role.ANALYST),
        ("group-delete", Role.EDITOR, Role.ANALYST),
        ("imports", Role.EDITOR, Role.ANALYST),
        ("import", Role.EDITOR, Role.ANALYST),
        ("import-new", Role.EDITOR, Role.ANALYST),
        ("suppression-new", Role.MANAGER, Role.SENDER),
        ("suppression-remove", Role.MANAGER, Role.SENDER),
    ],
)
def test_a_page_opens_for_its_role_and_no_lesser_one(
    as_role: Callable[[str], Client], rows: Rows, name: str, least: str, refused: str
) -> None:
    url = reverse(name, args=["norte", *rows.urls().get(name, ())])

    assert as_role(least).get(url).status_code == 200
    assert as_role(refused).get(url).status_code == 403


@pytest.mark.parametrize("name", ["contacts", "contact", "groups", "suppressions"])
def test_an_analyst_reads(as_role: Callable[[str], Client], rows: Rows, name: str) -> None:
    url = reverse(name, args=["norte", *rows.urls().get(name, ())])

    page = as_role(Role.ANALYST).get(url)

    assert page.status_code == 200
    assert b'method="post"' not in page.content.split(b"<main")[1].split(b"</main>")[0]


@pytest.mark.parametrize("name", POST_ONLY)
def test_what_changes_something_is_no_link(owner_client: Client, rows: Rows, name: str) -> None:
    assert owner_client.get(reverse(name, args=["norte", *rows.urls().get(name, ())])).status_code == 405
