"""Lists and tags: names, sizes, deleting."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import AuditEvent
from contacts.models import Contact, Group

HTMX = {"HX-Request": "true"}


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["norte", *args])


def names_on(client: Client, query: str = "") -> list[str]:
    return [group.name for group in client.get(url("groups") + query).context["page"].rows]


def test_groups_stand_by_name_with_their_size(owner_client: Client, make_contacts: Any, make_group: Any) -> None:
    make_group("Vips", make_contacts(3))
    make_group("Altas")

    page = owner_client.get(url("groups"))

    assert [(group.name, group.size) for group in page.context["page"].rows] == [("Altas", 0), ("Vips", 3)]


@pytest.mark.parametrize(
    ("query", "names"), [("?kind=tag", ["vip"]), ("?q=CLI", ["Clientes"]), ("?kind=x", ["Clientes", "vip"])]
)
def test_groups_are_filtered_by_kind_and_name(
    owner_client: Client, make_group: Any, query: str, names: list[str]
) -> None:
    make_group("Clientes")
    make_group("vip", kind="tag")

    assert names_on(owner_client, query) == names


def test_a_group_leads_to_its_people(owner_client: Client, make_group: Any) -> None:
    group = make_group("Clientes")

    assert f'href="/w/norte/contacts/?group={group.pk}"' in owner_client.get(url("groups")).content.decode()


def test_thirty_groups_take_as_many_queries_as_three(owner_client: Client, make_group: Any) -> None:
    def queries() -> int:
        owner_client.get(url("groups"))
        with CaptureQueriesContext(connection) as caught:
            owner_client.get(url("groups"))
        return len(caught)

    for n in range(3):
        make_group(f"List {n}")
    few = queries()
    for n in range(27):
        make_group(f"Tag {n}", kind="tag")

    assert queries() == few


def test_a_tag_is_made(owner_client: Client) -> None:
    answer = owner_client.post(url("group-new"), {"kind": "tag", "name": " vip  2026 ", "description": "The best"})

    group = Group.objects.get()
    assert (answer.status_code, group.kind, group.name, group.description) == (303, "tag", "vip 2026", "The best")
    assert AuditEvent.objects.get().action == "group.created"


def test_a_name_that_is_taken_is_refused_in_the_form(owner_client: Client, make_group: Any) -> None:
    make_group("Clientes")

    answer = owner_client.post(url("group-new"), {"kind": "list", "name": "CLIENTES", "description": "Again"})

    assert answer.status_code == 422
    assert "There is one with this name already." in answer.content.decode()
    assert 'value="Again"' in answer.content.decode()


def test_a_group_without_a_name_is_refused(owner_client: Client) -> None:
    assert owner_client.post(url("group-new"), {"kind": "list", "name": " "}, headers=HTMX).status_code == 422
    assert not Group.objects.exists()


def test_a_group_is_renamed(owner_client: Client, make_group: Any) -> None:
    group = make_group("Clientes")

    answer = owner_client.post(url("group-rename", group.pk), {"name": "Clientas", "description": ""})

    group.refresh_from_db()
    assert (answer.status_code, group.name) == (303, "Clientas")


def test_renaming_to_a_taken_name_keeps_both(owner_client: Client, make_group: Any) -> None:
    make_group("Clientes")
    group = make_group("Otros")

    answer = owner_client.post(url("group-rename", group.pk), {"name": "clientes", "description": ""})

    group.refresh_from_db()
    assert (answer.status_code, group.name) == (422, "Otros")


def test_deleting_a_group_keeps_its_people(owner_client: Client, make_contacts: Any, make_group: Any) -> None:
    group = make_group("Clientes", make_contacts(2))
    assert "2 people are in it and stay contacts." in owner_client.get(url("group-delete", group.pk)).content.decode()

    owner_client.post(url("group-delete", group.pk))

    assert (Group.objects.count(), Contact.objects.count()) == (0, 2)


def test_a_group_that_a_campaign_is_made_of_cannot_be_deleted(
    owner_client: Client, make_group: Any, workspace: Any, now: Any
) -> None:
    from_elsewhere = Group._meta.apps.get_model("campaigns", "Campaign")  # contacts know nothing of campaigns
    group = make_group("Clientes")
    from_elsewhere.objects.create(
        workspace=workspace, name="Promo", channel="sms", created_at=now, updated_at=now
    ).include.add(group)

    page = owner_client.get(url("group-delete", group.pk)).content.decode()
    answer = owner_client.post(url("group-delete", group.pk))

    assert "It is part of the audience of 1 campaign" in page
    assert "Delete the list" not in page
    assert answer.status_code == 409
    assert Group.objects.exists()
