"""A workspace large enough to measure in, written as fast as the database takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount, TemplateVersion
from campaigns.services import prepare
from console.models import Membership, Role, User, Workspace
from console.services import crypto
from contacts.models import Contact, ContactField, Group

TEXT = 'Hola {{ first_name|default:"cliente" }}, tienes {{ puntos|default:"0" }} puntos en tu tienda'
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class World:
    workspace: Workspace
    owner: User
    everyone: Group


def make(contacts: int) -> World:
    """A workspace with this many reachable people, all in one list."""
    now = timezone.now()
    workspace = Workspace.objects.create(name="Bench", slug="bench", default_country="ES")
    owner = User.objects.create_user("bench@despacho.example", None, name="Bench")
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    ContactField.objects.create(workspace=workspace, name="puntos")
    group = Group.objects.create(workspace=workspace, kind="list", name="All", size=contacts, created_at=now)
    for start in range(0, contacts, CHUNK):
        made = [_contact(workspace, i, now) for i in range(start, min(contacts, start + CHUNK))]
        Contact.objects.bulk_create(made, batch_size=1_000)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_groupmember (group_id, contact_id, added_at) "
            "SELECT %s, id, created_at FROM contacts_contact WHERE workspace_id = %s",
            [group.pk, workspace.pk],
        )
        cursor.execute("ANALYZE")
    return World(workspace, owner, group)


def _contact(workspace: Workspace, i: int, now: datetime) -> Contact:
    return Contact(
        workspace=workspace,
        key=f"B{i}",
        email=f"p{i}@example.com",
        phone=f"+346{i % 100_000:05d}{900 + i // 100_000:03d}",
        phone_type="mobile",
        first_name=f"Nombre{i % 997}",
        last_name=f"Apellido{i % 1009}",
        attributes={"puntos": str(i)},
        sms_consent="granted",
        email_consent="granted",
        search=f"b{i} p{i} example com nombre{i % 997} apellido{i % 1009} 346{i % 100_000:05d}{900 + i // 100_000:03d}",
        created_at=now,
        updated_at=now,
    )


def account(world: World, base_url: str, name: str, **options: str) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=world.workspace,
        name=name,
        provider="sinch-messaging",
        base_url=base_url,
        sealed=crypto.seal({"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}),
        options=options,
        requests_per_second=1_000_000,
        sender="BENCH",
        created_at=timezone.now(),
    )


def dispatch(world: World, through: ProviderAccount, name: str) -> Dispatch:
    """A dispatch to everybody, with nothing written yet."""
    now = timezone.now()
    version = TemplateVersion.objects.create(workspace=world.workspace, channel="sms", text=TEXT, created_at=now)
    campaign = Campaign.objects.create(
        workspace=world.workspace,
        name=name,
        channel="sms",
        status="started",
        account=through,
        version=version,
        everyone=True,
        created_at=now,
        updated_at=now,
    )
    made = Dispatch(
        workspace=world.workspace,
        campaign=campaign,
        channel="sms",
        purpose="marketing",
        account=through,
        version=version,
        sender="BENCH",
        planned_at=now,
        changed_at=now,
    )
    made.batch_size = prepare.batch_size_of(made)
    made.save()
    return made


def write_audience(made: Dispatch, most: int | None = None) -> int:
    """`prepare`, up to about `most` people; gives the rows written."""
    taken = prepare.take(made.pk, timezone.now())
    assert taken is not None
    spec = prepare.spec_of(taken)
    while prepare.write_next(taken, spec, timezone.now()):
        taken.refresh_from_db()
        if most and taken.people >= most:
            Dispatch.objects.filter(pk=made.pk).update(prepared_at=timezone.now(), lease_until=None, token="")
            break
    made.refresh_from_db()
    return made.people
