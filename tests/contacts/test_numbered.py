"""Thousands of people by their ids, at the price of those people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from console.models import Workspace
from contacts.models import Contact

pytestmark = pytest.mark.django_db

Make = Callable[..., list[Contact]]


def test_people_are_found_by_their_ids(workspace: Workspace, make_contacts: Make) -> None:
    _first, second, third = make_contacts(3)
    found = Contact.objects.numbered(workspace, [second.pk, third.pk, 10**12])
    assert set(found) == {second, third}


def test_ids_of_another_workspace_are_left_out(
    workspace: Workspace, other_workspace: Workspace, make_contacts: Make
) -> None:
    (foreign,) = make_contacts(1, where=other_workspace)
    assert not Contact.objects.numbered(workspace, [foreign.pk]).exists()


def test_no_ids_are_nobody(workspace: Workspace, make_contacts: Make) -> None:
    make_contacts(1)
    assert not Contact.objects.numbered(workspace, []).exists()


def test_they_are_looked_up_and_not_looked_for(workspace: Workspace, make_contacts: Make) -> None:
    """By the primary key, whatever else is asked of them: not through everybody in the workspace."""
    people = make_contacts(300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact")
        if connection.vendor == "postgresql":  # so small a table is read whole; what counts is what can be used
            cursor.execute("SET LOCAL enable_seqscan = off")
    found = Contact.objects.numbered(workspace, [people[0].pk]).exclude(sms_consent="withdrawn")
    plan = found.values("pk").explain()
    assert "PRIMARY KEY" in plan or "contacts_contact_pkey" in plan, plan
