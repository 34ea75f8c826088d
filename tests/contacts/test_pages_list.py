"""The list of contacts, what is done with many of them, and the number of queries it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import AuditEvent, Job, Role, User
from contacts.models import Contact, Group, GroupMember, Suppression
from contacts.services import groups
from contacts.states import Consent

HTMX = {"HX-Request": "true"}


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["norte", *args])


def names_on(client: Client, query: str = "") -> list[str]:
    return [row.contact.first_name for row in client.get(url("contacts") + query).context["rows"]]


# -- finding -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["600 03 900", "+34600003900", "NOMBRE3", "person3@example.test"])
def test_a_person_is_found_however_it_is_typed(owner_client: Client, make_contacts: Any, query: str) -> None:
    make_contacts(9)
    if query.startswith("600"):
        query = "600003900"

    found = owner_client.get(url("contacts"), {"q": query})

    assert [row.contact.first_name for row in found.context["rows"]] == ["Nombre3"]


def test_a_list_and_a_tag_together_show_who_is_in_both(
    owner_client: Client, make_contacts: Any, make_group: Any
) -> None:
    people = make_contacts(6)
    some, marked = make_group("Some", people[:4]), make_group("vip", people[3:], kind="tag")

    assert names_on(owner_client, f"?group={some.pk}&group={marked.pk}") == ["Nombre3"]


def test_consent_on_a_channel_filters(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(2)
    make_contacts(1, start=7, sms_consent=Consent.WITHDRAWN)

    assert names_on(owner_client, "?sms=withdrawn") == ["Nombre7"]


def test_a_group_of_another_workspace_filters_nothing(
    owner_client: Client, make_contacts: Any, other_workspace: Any, now: Any
) -> None:
    make_contacts(2)
    foreign = Group.objects.create(workspace=other_workspace, kind="list", name="Suyos", created_at=now)

    assert len(names_on(owner_client, f"?group={foreign.pk}")) == 2


@pytest.mark.parametrize("query", ["?group=9999999999999999999999", "?after=x", "?before=-1", "?sms=perhaps&reach=fax"])
def test_an_address_that_makes_no_sense_shows_everyone(owner_client: Client, make_contacts: Any, query: str) -> None:
    make_contacts(2)

    assert len(names_on(owner_client, query)) == 2


def test_pages_follow_each_other_without_a_gap(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(120)
    pages, at = [], url("contacts")
    while at:
        page = owner_client.get(at).context["page"]
        pages.append([contact.pk for contact in page.rows])
        at = page.next_url

    assert [len(page) for page in pages] == [50, 50, 20]
    assert sum(pages, []) == list(Contact.objects.order_by("-pk").values_list("pk", flat=True))


def test_the_way_back_shows_the_same_page(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(120)
    first = owner_client.get(url("contacts")).context["page"]
    third = owner_client.get(owner_client.get(first.next_url).context["page"].next_url).context["page"]

    second = owner_client.get(third.previous_url).context["page"]

    assert owner_client.get(second.previous_url).context["page"].rows == first.rows
    assert not owner_client.get(second.previous_url).context["page"].previous_url


def test_htmx_gets_the_rows_and_the_new_export_link_only(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(2)

    answer = owner_client.get(url("contacts"), {"q": "nombre1"}, headers=HTMX).content.decode()

    assert answer.lstrip().startswith('<div id="rows">')
    assert 'id="export-link" href="/w/norte/contacts/export/?q=nombre1"' in answer


def test_a_suppressed_address_is_said_in_the_row(owner_client: Client, make_contacts: Any, now: Any) -> None:
    person = make_contacts(1)[0]
    Suppression.objects.create(
        workspace=person.workspace, channel="sms", address=person.phone, reason="opt_out", source="reply", at=now
    )

    sms, email = owner_client.get(url("contacts")).context["rows"][0].reach

    assert (str(sms.word), str(email.word)) == ("Do not contact", "Yes")


# -- queries -------------------------------------------------------------------------------------------


def queries_of(client: Client, address: str) -> int:
    client.get(address)  # the session remembers the workspace
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


@pytest.mark.parametrize("query", ["", "?q=nombre", "?sms=granted"])
def test_thirty_contacts_take_as_many_queries_as_three(
    owner_client: Client, make_contacts: Any, make_group: Any, query: str
) -> None:
    make_group("Some", make_contacts(3))
    few = queries_of(owner_client, url("contacts") + query)
    make_group("More", make_contacts(27, start=3), kind="tag")

    assert queries_of(owner_client, url("contacts") + query) == few


# -- many at once --------------------------------------------------------------------------------------


def apply(client: Client, **given: Any) -> Any:
    return client.post(url("contact-bulk"), given)


def test_ticked_contacts_join_a_list(owner_client: Client, make_contacts: Any, make_group: Any) -> None:
    people, group = make_contacts(3), make_group("Some")

    answer = apply(owner_client, action="add", into=group.pk, id=[people[0].pk, people[2].pk])

    assert answer.status_code == 303
    assert set(GroupMember.objects.values_list("contact", flat=True)) == {people[0].pk, people[2].pk}
    assert AuditEvent.objects.get().action == "contacts.add"


def test_ticked_contacts_leave_a_list(owner_client: Client, make_contacts: Any, make_group: Any) -> None:
    people = make_contacts(3)
    group = make_group("Some", people)

    apply(owner_client, action="remove", into=group.pk, id=[people[1].pk])

    group.refresh_from_db()
    assert group.size == 2


def test_select_all_means_everybody_who_fits_the_filter(
    owner_client: Client, make_contacts: Any, make_group: Any
) -> None:
    make_contacts(5)
    make_contacts(4, start=10, sms_consent=Consent.WITHDRAWN)
    group = make_group("Some")

    apply(owner_client, action="add", into=group.pk, all="1", sms="withdrawn", id=[])

    group.refresh_from_db()
    assert group.size == 4


def test_many_people_become_a_job_with_a_page(
    owner_client: Client, make_contacts: Any, make_group: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(groups, "AT_ONCE", 3)
    make_contacts(5)
    group = make_group("Some")

    answer = apply(owner_client, action="add", into=group.pk, all="1")

    job = Job.objects.get()
    assert answer["Location"] == url("contact-job", job.pk)
    assert "Adding contacts to Some" in owner_client.get(answer["Location"]).content.decode()


def test_the_page_of_a_job_stops_asking_when_it_is_done(
    owner_client: Client, make_contacts: Any, make_group: Any, workspace: Any, owner: User
) -> None:
    order = groups.Order(groups.Act.ADD, group=make_group("Some").pk)
    job = Job.objects.create(
        kind=groups.JOB, workspace=workspace, actor=owner, params=order.as_params(), status="done",
        result={"changed": 1284},
    )  # fmt: skip

    answer = owner_client.get(url("contact-job", job.pk), {"polled": "1"}, headers=HTMX)

    assert answer.status_code == 286
    assert "1,284 contacts were added to Some" in answer.content.decode()


def test_nothing_ticked_is_refused_with_a_sentence(owner_client: Client, make_group: Any) -> None:
    answer = apply(owner_client, action="add", into=make_group("Some").pk)

    assert answer.status_code == 409
    assert "Tick at least one contact first." in answer.content.decode()


def test_no_group_chosen_is_refused_with_a_sentence(owner_client: Client, make_contacts: Any) -> None:
    answer = apply(owner_client, action="add", into="", id=[make_contacts(1)[0].pk])

    assert answer.status_code == 409
    assert "Choose a list or tag first." in answer.content.decode()


def test_do_not_contact_asks_first(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    answer = apply(owner_client, action="do_not_contact", id=[person.pk])

    assert "Do not contact 1 person" in answer.content.decode()
    assert not Suppression.objects.exists()


def test_do_not_contact_stops_both_addresses_when_confirmed(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    apply(owner_client, action="do_not_contact", id=[person.pk], confirmed="1")

    assert set(Suppression.objects.values_list("address", flat=True)) == {person.phone, person.email}


def test_do_not_contact_is_for_managers(as_role: Callable[[str], Client], make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    assert apply(as_role(Role.SENDER), action="do_not_contact", id=[person.pk], confirmed="1").status_code == 403
    assert not Suppression.objects.exists()


def test_ticked_contacts_of_another_workspace_are_left_alone(
    owner_client: Client, make_contacts: Any, make_group: Any, other_workspace: Any
) -> None:
    foreign = make_contacts(1, where=other_workspace)[0]
    group = make_group("Some")

    apply(owner_client, action="add", into=group.pk, id=[foreign.pk])

    assert not GroupMember.objects.exists()
