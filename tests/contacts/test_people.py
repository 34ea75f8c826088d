"""Creating, changing and deleting one contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from console.models import AuditEvent, User, Workspace
from contacts.models import Contact, ContactField, Group
from contacts.services import people
from contacts.services.people import InvalidContact


def create(workspace: Workspace, now: datetime, **values: Any) -> Contact:
    return people.create(workspace, values, None, now)


def errors(workspace: Workspace, now: datetime, **values: Any) -> dict[str, str]:
    with pytest.raises(InvalidContact) as refused:
        create(workspace, now, **values)
    return refused.value.errors


def test_a_contact_is_stored_as_it_is_compared(workspace: Workspace, now: datetime) -> None:
    contact = create(workspace, now, first_name=" Ana  María ", phone="600 11 22 33", email=" Ana@X.ES ", key=" K1 ")
    contact.refresh_from_db()
    assert (contact.first_name, contact.key) == ("Ana María", "K1")
    assert (contact.phone, contact.phone_type, contact.country) == ("+34600112233", "mobile", "ES")
    assert (contact.email, contact.created_at, contact.updated_at) == ("ana@x.es", now, now)
    assert contact.search == "ana maria k1 x es 34600112233 600112233"


def test_a_national_number_is_read_in_the_country_of_the_person(workspace: Workspace, now: datetime) -> None:
    assert create(workspace, now, phone="06 00 11 22 34", country="FR").phone == "+33600112234"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first_name": "Ana"}, "phone"),
        ({"phone": "60011"}, "phone"),
        ({"email": "ana"}, "email"),
        ({"email": "a@x.es", "country": "ZZ"}, "country"),
        ({"email": "a@x.es", "time_zone": "Europe/Bilbao"}, "time_zone"),
        ({"email": "a@x.es", "key": "K" * 121}, "key"),
        ({"email": "a@x.es", "first_name": "A" * 121}, "first_name"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field(
    workspace: Workspace, now: datetime, values: dict[str, str], field: str
) -> None:
    assert list(errors(workspace, now, **values)) == [field]
    assert not Contact.objects.exists()


def test_everything_that_is_wrong_is_said_at_once(workspace: Workspace, now: datetime) -> None:
    assert set(errors(workspace, now, phone="1", email="ana", country="ZZ")) == {"phone", "email", "country"}


def test_an_identity_that_somebody_has_is_refused_with_the_name(workspace: Workspace, now: datetime) -> None:
    create(workspace, now, first_name="Ana", key="K1", email="ana@x.es")
    refused = errors(workspace, now, key="K1", email="ana@x.es")
    assert set(refused) == {"key", "email"}
    assert refused["email"].startswith("Ana ")


def test_a_phone_identifies_only_people_who_have_nothing_else(workspace: Workspace, now: datetime) -> None:
    create(workspace, now, phone="600112233", email="ana@x.es")
    create(workspace, now, phone="600112233", email="luis@x.es")
    create(workspace, now, phone="600112233")
    assert set(errors(workspace, now, phone="600112233")) == {"phone"}


def test_another_workspace_may_have_the_same_person(
    workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    create(workspace, now, key="K1", email="ana@x.es")
    assert create(other_workspace, now, key="K1", email="ana@x.es").pk


def test_a_change_touches_only_what_it_names(workspace: Workspace, now: datetime, owner: User) -> None:
    contact = create(workspace, now, first_name="Ana", phone="600112233", email="ana@x.es", key="K1")
    people.update(contact, {"last_name": "Gil"}, owner, now)
    contact.refresh_from_db()
    assert (contact.first_name, contact.last_name, contact.phone, contact.key) == ("Ana", "Gil", "+34600112233", "K1")


def test_fields_of_ones_own_become_known_to_templates(workspace: Workspace, now: datetime) -> None:
    create(workspace, now, email="ana@x.es", attributes={"puntos": " 701 ", "ciudad": ""})
    assert Contact.objects.get().attributes == {"puntos": "701"}
    assert list(ContactField.objects.values_list("name", flat=True)) == ["puntos"]


def test_every_change_is_in_the_audit_log(workspace: Workspace, now: datetime, owner: User) -> None:
    contact = people.create(workspace, {"email": "ana@x.es"}, owner, now)
    people.update(contact, {"first_name": "Ana"}, owner, now)
    people.delete(contact, owner, now)
    actions = AuditEvent.objects.order_by("pk").values_list("action", "actor")
    assert list(actions) == [(f"contact.{verb}", owner.pk) for verb in ("created", "changed", "deleted")]


def test_deleting_somebody_shrinks_their_lists(
    make_contacts: Callable[..., list[Contact]], make_group: Callable[..., Group], now: datetime
) -> None:
    contacts = make_contacts(3)
    group, other = make_group("Clientes", contacts), make_group("Otras", contacts[1:])
    people.delete(contacts[0], None, now)
    group.refresh_from_db()
    other.refresh_from_db()
    assert (group.size, group.members.count(), other.size) == (2, 2, 2)
