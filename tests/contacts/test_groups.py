"""Lists and tags, and work on many people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from campaigns.models import Campaign
from console.errors import UserError
from console.models import AuditEvent, Job, JobStatus, User, Workspace
from console.services import jobs
from contacts.models import Contact, Group, GroupMember, Suppression
from contacts.services import groups
from contacts.services.finding import People
from contacts.services.groups import Act, Order
from contacts.states import GroupKind

Make = Callable[..., list[Contact]]
MakeGroup = Callable[..., Group]


def size(group: Group) -> tuple[int, int]:
    """(the counter, the truth)"""
    group.refresh_from_db()
    return group.size, group.members.count()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_is_needed(workspace: Workspace, now: datetime, name: str) -> None:
    with pytest.raises(UserError) as refused:
        groups.create(workspace, GroupKind.LIST, name, None, now)
    assert refused.value.field == "name"


def test_a_name_is_taken_whatever_its_capitals(workspace: Workspace, now: datetime) -> None:
    groups.create(workspace, GroupKind.LIST, "Clientes  noviembre", None, now)
    with pytest.raises(UserError, match="this name"):
        groups.create(workspace, GroupKind.LIST, "clientes noviembre", None, now)


def test_a_tag_may_be_called_like_a_list(workspace: Workspace, now: datetime) -> None:
    groups.create(workspace, GroupKind.LIST, "VIP", None, now)
    assert groups.create(workspace, GroupKind.TAG, "VIP", None, now).pk


def test_renaming_to_its_own_name_in_capitals_is_allowed(make_group: MakeGroup, now: datetime) -> None:
    group = make_group("Clientes")
    assert groups.rename(group, "CLIENTES", "los de siempre", None, now).description == "los de siempre"


def test_an_import_finds_the_list_of_that_name(make_group: MakeGroup, workspace: Workspace, now: datetime) -> None:
    group = make_group("Clientes")
    assert groups.find_or_create(workspace, GroupKind.LIST, " clientes ", None, now) == group


def test_adding_counts_only_who_is_new(
    make_contacts: Make, make_group: MakeGroup, other_workspace: Workspace, now: datetime
) -> None:
    contacts = make_contacts(5)
    foreign = make_contacts(1, where=other_workspace)
    group = make_group("Clientes", contacts[:2])
    assert groups.add(group, [c.pk for c in [*contacts, *foreign]], now) == 3
    assert size(group) == (5, 5)


def test_removing_counts_only_members(make_contacts: Make, make_group: MakeGroup) -> None:
    contacts = make_contacts(5)
    group = make_group("Clientes", contacts[:3])
    assert groups.remove(group, [c.pk for c in contacts[2:]]) == 1
    assert size(group) == (2, 2)


def test_deleting_a_list_keeps_its_people(make_contacts: Make, make_group: MakeGroup, now: datetime) -> None:
    group = make_group("Clientes", make_contacts(2))
    groups.delete(group, None, now)
    assert (Group.objects.count(), GroupMember.objects.count(), Contact.objects.count()) == (0, 0, 2)
    assert AuditEvent.objects.get().detail == {"size": 2}


@pytest.mark.parametrize("side", ["include", "exclude"])
def test_a_list_that_an_audience_is_made_of_is_not_deleted(
    make_group: MakeGroup, workspace: Workspace, now: datetime, side: str
) -> None:
    group = make_group("Clientes")
    campaign = Campaign.objects.create(workspace=workspace, name="Promo", channel="sms", created_at=now, updated_at=now)
    getattr(campaign, side).add(group)
    with pytest.raises(UserError, match="audience of 1 campaign,"):
        groups.delete(group, None, now)
    assert Group.objects.count() == 1


# -- many people at once ------------------------------------------------------------------------------


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "AT_ONCE", 3)


def claimed(job: Job, now: datetime) -> Job:
    found = jobs.claim(str(job.pk), now)
    assert found is not None
    return found


def test_a_few_people_are_done_at_once(
    make_contacts: Make, make_group: MakeGroup, workspace: Workspace, owner: User, now: datetime
) -> None:
    contacts, group = make_contacts(4), make_group("Clientes")
    order = Order(Act.ADD, group.pk, ids=tuple(c.pk for c in contacts[:2]))
    assert groups.carry_out(workspace, order, owner, now) == 2
    event = AuditEvent.objects.get()
    assert (event.action, event.label, event.detail) == ("contacts.add", "Clientes", {"changed": 2})


def test_everybody_who_fits_a_filter_is_added_by_a_job(
    few_at_once: None, make_contacts: Make, make_group: MakeGroup, workspace: Workspace, now: datetime
) -> None:
    make_contacts(15)
    group = make_group("Clientes")
    job = groups.carry_out(workspace, Order(Act.ADD, group.pk, people=People(q="nombre1")), None, now)
    assert isinstance(job, Job)
    assert size(group) == (0, 0)
    groups.run(claimed(job, now), now)
    job.refresh_from_db()
    assert (job.status, job.result) == (JobStatus.DONE, {"changed": 6, "people": 6})
    assert size(group) == (6, 6)


def test_a_job_that_is_done_twice_changes_nothing_more(
    few_at_once: None, make_contacts: Make, make_group: MakeGroup, workspace: Workspace, now: datetime
) -> None:
    make_contacts(5)
    group = make_group("Clientes")
    order = Order(Act.ADD, group.pk, people=People())
    for _time in range(2):
        job = groups.carry_out(workspace, order, None, now)
        assert isinstance(job, Job)
        groups.run(claimed(job, now), now)
    assert size(group) == (5, 5)


def test_a_job_that_was_taken_over_stops(
    few_at_once: None, make_contacts: Make, make_group: MakeGroup, workspace: Workspace, now: datetime
) -> None:
    make_contacts(5)
    job = groups.carry_out(workspace, Order(Act.ADD, make_group().pk, people=People()), None, now)
    assert isinstance(job, Job)
    mine = claimed(job, now)
    Job.objects.filter(pk=job.pk).update(token="somebody else")
    groups.run(mine, now)
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING


def test_members_can_be_removed_by_the_filter_that_finds_them(
    make_contacts: Make, make_group: MakeGroup, workspace: Workspace, now: datetime
) -> None:
    group = make_group("Clientes", make_contacts(5))
    order = Order(Act.REMOVE, group.pk, people=People(groups=(group.pk,)))
    assert groups.carry_out(workspace, order, None, now) == 5
    assert size(group) == (0, 0)


def test_do_not_contact_suppresses_both_addresses(make_contacts: Make, workspace: Workspace, now: datetime) -> None:
    contacts = make_contacts(2)
    order = Order(Act.DO_NOT_CONTACT, ids=tuple(c.pk for c in contacts))
    assert groups.carry_out(workspace, order, None, now) == 4
    addresses = set(Suppression.objects.values_list("address", flat=True))
    assert addresses == {c.phone for c in contacts} | {c.email for c in contacts}


@pytest.mark.parametrize("where", ["nowhere", "elsewhere"])
def test_a_group_that_is_not_here_is_refused(
    make_contacts: Make, workspace: Workspace, other_workspace: Workspace, now: datetime, where: str
) -> None:
    foreign = Group.objects.create(workspace=other_workspace, kind=GroupKind.LIST, name="Ajena", created_at=now)
    pk = foreign.pk if where == "elsewhere" else None
    order = Order(Act.ADD, pk, ids=(make_contacts(1)[0].pk,))
    with pytest.raises(UserError, match="Choose a list or tag"):
        groups.carry_out(workspace, order, None, now)


def test_an_order_survives_the_way_through_json() -> None:
    order: Any = Order(Act.REMOVE, 7, ids=(1, 2), people=People(q="ana", groups=(7,)))
    assert Order.from_params(order.as_params()) == order
