"""A workspace large enough to measure in, written as fast as the database takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount, TemplateVersion
from campaigns.querysets import sql
from campaigns.services.sending import prepare
from console.models import Membership, Role, User, Workspace
from console.services import crypto
from contacts.models import ContactField, Group

TEXT = 'Hola {{ first_name|default:"cliente" }}, tienes {{ puntos|default:"0" }} puntos en tu tienda'


@dataclass(frozen=True, slots=True)
class World:
    workspace: Workspace
    owner: User
    everyone: Group


def make(contacts: int) -> World:
    """A workspace with this many reachable people, all in one list."""
    now = timezone.now()
    workspace = Workspace.objects.create(name="Bench", slug="bench", default_country="ES")
    owner = User.objects.create_superuser("bench@despacho.example", None, name="Bench")
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    ContactField.objects.create(workspace=workspace, name="puntos")
    group = Group.objects.create(workspace=workspace, kind="list", name="All", size=contacts, created_at=now)
    _write_contacts(workspace, contacts, now)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_groupmember (group_id, contact_id, added_at) "
            "SELECT %s, id, created_at FROM contacts_contact WHERE workspace_id = %s",
            [group.pk, workspace.pk],
        )
        cursor.execute("ANALYZE")
    return World(workspace, owner, group)


def numbers(n: int) -> str:
    """A table `n(i)` with 0 to `n` - 1, for the head of a statement."""
    return f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {n - 1}) "  # noqa: S608


def _write_contacts(workspace: Workspace, contacts: int, now: datetime) -> None:
    """Phones are in no order, as in life: the index of a list in order would be too quick."""
    phone = "CAST(600000000 + (i %% 100000) * 1000 + 900 + i / 100000 AS text)"
    attributes = "('{\"puntos\": \"' || i || '\"}')" + ("::jsonb" if sql.is_postgres() else "")
    names = f"'nombre' || i %% 997 || ' apellido' || i %% 1009 || ' 34' || {phone}"
    sql.run(
        "INSERT INTO contacts_contact (workspace_id, key, email, phone, phone_type, first_name, last_name, country, "
        f"language, time_zone, attributes, email_consent, sms_consent, search, created_at, updated_at) "
        f"{numbers(contacts)} SELECT %s, 'B' || i, 'p' || i || '@example.com', '+34' || {phone}, 'mobile', "
        f"'Nombre' || i %% 997, 'Apellido' || i %% 1009, '', '', '', {attributes}, "
        f"'granted', 'granted', 'b' || i || ' p' || i || ' example com ' || {names}, %s, %s FROM n",
        [workspace.pk, sql.stamp(now), sql.stamp(now)],
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


def group(world: World, name: str, people: int) -> Group:
    """A list of this many of the people."""
    made = Group.objects.create(
        workspace=world.workspace, kind="list", name=name, size=people, created_at=timezone.now()
    )
    sql.run(
        "INSERT INTO contacts_groupmember (group_id, contact_id, added_at) SELECT %s, contact_id, added_at "
        "FROM contacts_groupmember WHERE group_id = %s ORDER BY contact_id LIMIT %s",
        [made.pk, world.everyone.pk, people],
    )
    return made


def campaign(world: World, through: ProviderAccount, name: str) -> Campaign:
    """A campaign to everybody, as after its start."""
    now = timezone.now()
    version = TemplateVersion.objects.create(workspace=world.workspace, channel="sms", text=TEXT, created_at=now)
    return Campaign.objects.create(
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


def dispatch(world: World, through: ProviderAccount, name: str) -> Dispatch:
    """A dispatch to everybody, with nothing written yet."""
    now, planned = timezone.now(), campaign(world, through, name)
    made = Dispatch(
        workspace=world.workspace,
        campaign=planned,
        channel="sms",
        purpose="marketing",
        account=through,
        version=planned.version,
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
    while prepare.write_next(taken, spec, timezone.now()) is not None:
        taken.refresh_from_db()
        if most and taken.people >= most:
            Dispatch.objects.filter(pk=made.pk).update(prepared_at=timezone.now(), lease_until=None, token="")
            break
    made.refresh_from_db()
    return made.people
