"""Lists and tags: names, members, and work on many people at once.

`Group.size` moves in the transaction that moves the members. Work on more people than a request may wait for
becomes a Job; it goes through them in chunks and may be done again from the start without harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, IntegerField, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import UserError
from console.models import Job, User, Workspace
from console.services import audit, jobs
from contacts.models import Contact, Group, GroupMember
from contacts.querysets import ADDRESS
from contacts.services import consent, finding
from contacts.services.bulk import insert_from
from contacts.states import ConsentSource, SuppressionReason

AT_ONCE = 2_000  # people that a request does itself
JOB = "groups.apply"


def create(
    workspace: Workspace, kind: str, name: str, actor: User | None, now: datetime, description: str = ""
) -> Group:
    """A new, empty list or tag. Raises UserError for a name that is empty or taken (capitals do not matter)."""
    group = Group(workspace=workspace, kind=kind, created_at=now)
    return _save(group, name, description, actor, now, "group.created")


def rename(group: Group, name: str, description: str, actor: User | None, now: datetime) -> Group:
    """Another name. Raises UserError as `create` does."""
    return _save(group, name, description, actor, now, "group.changed")


def find_or_create(workspace: Workspace, kind: str, name: str, actor: User | None, now: datetime) -> Group:
    """The list or tag of that name, made when there is none."""
    found = Group.objects.for_workspace(workspace).filter(kind=kind, name__iexact=" ".join(name.split())).first()
    return found or create(workspace, kind, name, actor, now)


def delete(group: Group, actor: User | None, now: datetime) -> None:
    """Remove a list or tag, not its people. Raises UserError while an audience is made of it."""
    if used := uses(group):
        raise UserError(
            ngettext(
                "%(name)s is part of the audience of %(n)s campaign, so it cannot be deleted. Rename it instead.",
                "%(name)s is part of the audience of %(n)s campaigns, so it cannot be deleted. Rename it instead.",
                used,
            )
            % {"name": group.name, "n": used},
            code="in_use",
        )
    with transaction.atomic():
        audit.record("group.deleted", workspace=group.workspace, actor=actor, target=group, now=now, size=group.size)
        group.delete()


def uses(group: Group) -> int:
    """How many things outside this app are made of the group: whatever has a relation to it but membership."""
    users: set[tuple[str, Any]] = set()
    relations: list[Any] = Group._meta.get_fields(include_hidden=True)
    for relation in relations:
        if not relation.auto_created or relation.concrete or relation.related_model in (None, GroupMember):
            continue
        model: Any = relation.related_model
        if not model._meta.auto_created:  # the table between is not the user, both of its ends are looked at
            found = model._default_manager.filter(**{relation.field.name: group}).values_list("pk", flat=True)
            users.update((model._meta.label, pk) for pk in found)
    return len(users)


def add(group: Group, contact_ids: Sequence[int], now: datetime) -> int:
    """Make people members; how many were not yet. Ids of other workspaces are left out."""
    people = Contact.objects.numbered(group.workspace_id, contact_ids)
    row = (Value(group.pk, output_field=IntegerField()), "pk", Value(now, output_field=DateTimeField()))
    with transaction.atomic():
        members = people.values_list(*row)
        added = insert_from(GroupMember, ("group_id", "contact_id", "added_at"), members, ignore_conflicts=True)
        Group.objects.filter(pk=group.pk).update(size=F("size") + added)
    return added


def remove(group: Group, contact_ids: Sequence[int]) -> int:
    """Take people out; how many were members."""
    with transaction.atomic():
        removed, _by_model = GroupMember.objects.filter(group=group, contact_id__in=contact_ids).delete()
        Group.objects.filter(pk=group.pk).update(size=F("size") - removed)
    return removed


# -- many people at once ----------------------------------------------------------------------------


class Act(StrEnum):
    """What can be done with everybody who is selected."""

    ADD = "add"
    REMOVE = "remove"
    DO_NOT_CONTACT = "do_not_contact"


@dataclass(frozen=True, slots=True)
class Order:
    """`act` on the contacts `ids`, or on everybody who fits `people` when that is given."""

    act: Act
    group: int | None = None
    ids: tuple[int, ...] = ()
    people: finding.People | None = None

    def as_params(self) -> dict[str, Any]:
        people = self.people.as_params() if self.people else None
        return {"act": str(self.act), "group": self.group, "ids": list(self.ids), "people": people}

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        people = finding.People.from_params(params["people"]) if params["people"] else None
        return cls(Act(params["act"]), params["group"], tuple(params["ids"]), people)


def carry_out(workspace: Workspace, order: Order, actor: User | None, now: datetime) -> int | Job:
    """Do it, and say for how many people something changed; or give the Job that will, when they are many."""
    if order.act != Act.DO_NOT_CONTACT:
        _group_of(workspace, order)
    everybody: Sequence[int] = finding.ids(workspace, order.people) if order.people else order.ids
    if len(everybody) > AT_ONCE:
        return jobs.create(JOB, workspace, actor, order.as_params())
    changed = _do(workspace, order, everybody, actor, now)
    _record(workspace, order, actor, now, changed)
    return changed


def run(job: Job, now: datetime) -> None:
    """The handler of `groups.apply`."""
    order = Order.from_params(job.params)
    everybody: Sequence[int] = finding.ids(job.workspace, order.people) if order.people else order.ids
    done = changed = 0
    for chunk in finding.in_chunks(everybody):
        changed += _do(job.workspace, order, chunk, job.actor, now)
        done += len(chunk)
        if not jobs.advance(job, done, len(everybody), timezone.now()):
            return
    _record(job.workspace, order, job.actor, now, changed)
    jobs.finish(job, {"changed": changed, "people": len(everybody)}, timezone.now())


def _do(workspace: Workspace, order: Order, ids: Sequence[int], actor: User | None, now: datetime) -> int:
    if order.act == Act.ADD:
        return add(_group_of(workspace, order), ids, now)
    if order.act == Act.REMOVE:
        return remove(_group_of(workspace, order), ids)
    people = Contact.objects.for_workspace(workspace).filter(pk__in=ids)
    added = 0
    for channel, column in ADDRESS.items():
        addresses = people.exclude(**{column: ""}).values_list(column, flat=True)
        reason, source = SuppressionReason.MANUAL, ConsentSource.CONSOLE
        added += consent.suppress_many(workspace, channel, addresses, reason, source, now, actor=actor)
    return added


def _group_of(workspace: Workspace, order: Order) -> Group:
    group = Group.objects.for_workspace(workspace).filter(pk=order.group or 0).first()
    if group is None:
        raise UserError(_("Choose a list or tag first."), field="group", code="no_group")
    return group


def _record(workspace: Workspace, order: Order, actor: User | None, now: datetime, changed: int) -> None:
    target = _group_of(workspace, order) if order.group else None
    audit.record(f"contacts.{order.act}", workspace=workspace, actor=actor, target=target, now=now, changed=changed)


def _save(group: Group, name: str, description: str, actor: User | None, now: datetime, action: str) -> Group:
    group.name, group.description = " ".join(name.split()), description.strip()[:300]
    if not group.name or len(group.name) > 80:
        raise UserError(_("Give it a name of at most 80 characters."), field="name", code="bad_name")
    others = Group.objects.for_workspace(group.workspace).filter(kind=group.kind).exclude(pk=group.pk)
    taken = UserError(_("There is one with this name already."), field="name", code="name_taken")
    if others.filter(name__iexact=group.name).exists():
        raise taken
    try:
        with transaction.atomic():
            if group.pk:
                group.save(update_fields=["name", "description"])
            else:
                group.save()
            audit.record(action, workspace=group.workspace, actor=actor, target=group, now=now)
    except IntegrityError as error:  # somebody else was quicker
        raise taken from error
    return group
