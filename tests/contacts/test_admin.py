"""The Django admin of contacts: quick on any size, read-only where services keep things true."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import AuditEvent, User
from contacts.models import ConsentEvent, Contact, ContactField, Group, GroupMember, Suppression
from contacts.services import consent
from contacts.states import Consent

MODELS = (Contact, ContactField, Group, GroupMember, ConsentEvent, Suppression)


@pytest.fixture
def admin_client(db: Any) -> Client:
    admin = User.objects.create_superuser("admin@example.test", "correct horse battery")
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def used(workspace: Any, make_contacts: Any, make_group: Any, now: Any) -> list[Contact]:
    """Rows of every model."""
    people: list[Contact] = make_contacts(3)
    make_group("Clientes", people)
    consent.change(people[0], "email", Consent.WITHDRAWN, consent.Proof(), now)
    consent.opt_out(workspace, "sms", people[1].phone, "reply", now)
    ContactField.objects.create(workspace=workspace, name="puntos", label="Puntos")
    return people


def url(model: Any, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:contacts_{model._meta.model_name}_{page}", args=args)


def found(client: Client, model: Any, q: str) -> list[Any]:
    return list(client.get(url(model), {"q": q}).context["cl"].result_list)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_in_the_admin(model: Any) -> None:
    assert site.is_registered(model)


@pytest.mark.parametrize("model", MODELS)
def test_list_row_and_search_open(admin_client: Client, used: list[Contact], model: Any) -> None:
    row = model.objects.first()

    assert admin_client.get(url(model)).status_code == 200
    assert admin_client.get(url(model), {"q": "1"}).status_code == 200
    assert admin_client.get(url(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_list_is_never_counted_wholly(admin_client: Client, used: list[Contact], model: Any) -> None:
    with CaptureQueriesContext(connection) as caught:
        admin_client.get(url(model))

    counts = [query["sql"] for query in caught if "COUNT(" in query["sql"]]
    assert all("LIMIT" in sql for sql in counts)


@pytest.mark.parametrize("model", MODELS)
def test_more_rows_take_no_more_queries(
    admin_client: Client, used: list[Contact], make_contacts: Any, make_group: Any, workspace: Any, now: Any, model: Any
) -> None:
    def queries() -> int:
        admin_client.get(url(model))
        with CaptureQueriesContext(connection) as caught:
            admin_client.get(url(model))
        return len(caught)

    few = queries()
    more = make_contacts(20, start=10)
    for person in more:
        consent.opt_out(workspace, "sms", person.phone, "reply", now)
        make_group(person.first_name, [person])
        ContactField.objects.create(workspace=workspace, name=f"field_{person.pk}")

    assert queries() == few


@pytest.mark.parametrize("model", [Contact, Group, GroupMember, ConsentEvent, Suppression])
def test_what_services_keep_true_is_not_edited_here(admin_client: Client, used: list[Contact], model: Any) -> None:
    row = model.objects.first()

    assert admin_client.get(url(model, "add")).status_code == 403
    assert admin_client.post(url(model, "change", row.pk), {}).status_code == 403
    assert admin_client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("q", ["PERSON2@example.test", "+34 600 00 29 00"])
def test_a_contact_is_found_by_a_whole_address(admin_client: Client, used: list[Contact], q: str) -> None:
    assert found(admin_client, Contact, q) == [used[2]]


def test_consent_and_membership_are_found_by_the_person(admin_client: Client, used: list[Contact]) -> None:
    assert [event.channel for event in found(admin_client, ConsentEvent, "person0@example.test")] == ["email"]
    assert [member.contact_id for member in found(admin_client, GroupMember, str(used[2].pk))] == [used[2].pk]


def test_a_suppression_is_found_by_its_phone_however_written(admin_client: Client, used: list[Contact]) -> None:
    assert len(found(admin_client, Suppression, "+34 600 00 19 00")) == 1


def test_taking_an_address_off_goes_through_the_service(admin_client: Client, used: list[Contact]) -> None:
    stop = Suppression.objects.get()

    admin_client.post(url(Suppression), {"action": "lift", "_selected_action": [stop.pk]})

    assert not Suppression.objects.exists()
    assert AuditEvent.objects.get(action="suppression.removed").actor is not None


def test_the_name_of_a_field_cannot_be_changed(admin_client: Client, used: list[Contact]) -> None:
    field = ContactField.objects.get()

    admin_client.post(url(ContactField, "change", field.pk), {"name": "other", "label": "Points"})

    field.refresh_from_db()
    assert (field.name, field.label) == ("puntos", "Points")
