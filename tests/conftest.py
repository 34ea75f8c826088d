"""Fixtures that every test may use: a workspace, its people, contacts and an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.services.writing import content
from console.models import Membership, Role, User, Workspace
from contacts.models import Contact, Group, GroupMember
from contacts.states import Consent, GroupKind


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """A rolled-back test gives its ids away again, which a real database never does."""
    content.forget()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def workspace(db: Any) -> Workspace:
    return Workspace.objects.create(name="Tienda Norte", slug="norte", default_country="ES")


@pytest.fixture
def other_workspace(db: Any) -> Workspace:
    return Workspace.objects.create(name="Otra Casa", slug="otra", default_country="ES")


@pytest.fixture
def person(workspace: Workspace) -> Callable[..., User]:
    """person(role) makes a user with that role in the workspace."""

    def make(role: str = Role.OWNER, where: Workspace | None = None, email: str = "") -> User:
        user = User.objects.create_user(
            email or f"{role}@example.test",
            "correct horse battery",
            name=f"Ane {role.title()}",
            time_zone="Europe/Madrid",
        )
        Membership.objects.create(workspace=where or workspace, user=user, role=role)
        return user

    return make


@pytest.fixture
def owner(person: Callable[..., User]) -> User:
    return person(Role.OWNER)


@pytest.fixture
def as_role(person: Callable[..., User]) -> Callable[[str], Client]:
    """as_role(role) is a logged-in test client of a new user with that role."""

    def make(role: str = Role.OWNER) -> Client:
        client = Client()
        client.force_login(person(role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def owner_client(owner: User) -> Client:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def make_contacts(workspace: Workspace, now: datetime) -> Callable[..., list[Contact]]:
    """make_contacts(n, **fields) writes n reachable contacts: consent granted, a mobile and an email each.

    The phones end in 900, which means nothing special to the sandbox.
    """

    def make(n: int, *, where: Workspace | None = None, start: int = 0, **fields: Any) -> list[Contact]:
        return Contact.objects.bulk_create(
            Contact(
                **{
                    "workspace": where or workspace,
                    "key": f"K{i}",
                    "email": f"person{i}@example.test",
                    "phone": f"+346{i:05d}900",
                    "phone_type": "mobile",
                    "first_name": f"Nombre{i}",
                    "last_name": "Apellido",
                    "country": "ES",
                    "sms_consent": Consent.GRANTED,
                    "email_consent": Consent.GRANTED,
                    "search": f"nombre{i} apellido person{i} example test 346{i:05d}900 6{i:05d}900",
                    "created_at": now,
                    "updated_at": now,
                    **fields,
                }
            )
            for i in range(start, start + n)
        )

    return make


@pytest.fixture
def make_group(workspace: Workspace, now: datetime) -> Callable[..., Group]:
    """make_group(name, contacts, kind) writes a list or tag with these members."""

    def make(name: str = "Clientes", contacts: list[Contact] | None = None, kind: str = GroupKind.LIST) -> Group:
        members = contacts or []
        group = Group.objects.create(workspace=workspace, kind=kind, name=name, size=len(members), created_at=now)
        GroupMember.objects.bulk_create(GroupMember(group=group, contact=c, added_at=now) for c in members)
        return group

    return make
