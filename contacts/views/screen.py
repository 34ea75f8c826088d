"""What several pages of contacts show alike: rows of people, the filter in the address, work in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console import formats
from console.access import WorkspaceRequest
from console.models import Job, JobStatus, Workspace
from contacts import wording
from contacts.models import Contact, Group, GroupMember
from contacts.querysets import ADDRESS, CHANNELS
from contacts.services import consent, finding
from contacts.states import GroupKind

MOST_GROUPS = 300  # lists and tags that a select offers
OPEN_JOB = (JobStatus.WAITING, JobStatus.RUNNING)
# status -> (colour class without "s-", icon)
JOB_STYLE = {
    JobStatus.WAITING: ("waiting", "circle-dashed"),
    JobStatus.RUNNING: ("sending", "send"),
    JobStatus.DONE: ("delivered", "circle-check"),
    JobStatus.FAILED: ("failed", "x"),
}


def contact_or_404(request: WorkspaceRequest, pk: int) -> Contact:
    """The contact of this workspace; 404 for another's."""
    found: Contact = get_object_or_404(Contact.objects.for_workspace(request.workspace), pk=pk)
    found.workspace = request.workspace
    return found


def groups_of(workspace: Workspace) -> list[Group]:
    """Lists and tags that a select offers, by name."""
    return list(Group.objects.for_workspace(workspace).order_by("name", "pk")[:MOST_GROUPS])


def of_kind(groups: Sequence[Group], kind: str) -> list[Group]:
    return [group for group in groups if group.kind == kind]


def choices_by_kind(groups: Sequence[Group]) -> list[tuple[str, list[Group]]]:
    """[("Lists", [...]), ("Tags", [...])] for a select; kinds without any are left out."""
    kinds = [(_("Lists"), of_kind(groups, GroupKind.LIST)), (_("Tags"), of_kind(groups, GroupKind.TAG))]
    return [(word, members) for word, members in kinds if members]


# -- the filter in the address -------------------------------------------------------------------------


def people_of(given: QueryDict, groups: Sequence[Group]) -> finding.People:
    """The filter of a list of contacts; groups that are not of this workspace are left out."""
    known = {str(group.pk) for group in groups}
    params: dict[str, Any] = {name: given.get(name, "") for name in ("q", "sms", "email", "reach")}
    return finding.People.from_params(params | {"groups": [pk for pk in given.getlist("group") if pk in known]})


def wanted_groups(given: QueryDict, workspace: Workspace) -> list[Group]:
    """The groups that the address names, also those beyond what a select offers."""
    named = [int(pk) for pk in given.getlist("group") if pk.isdecimal() and len(pk) < 18]
    return list(Group.objects.for_workspace(workspace).filter(pk__in=named))


def pairs_of(people: finding.People) -> list[tuple[str, str]]:
    """The filter as (name, value) for an address or hidden fields."""
    single = [("q", people.q), ("sms", people.sms), ("email", people.email), ("reach", people.reach)]
    return [pair for pair in single if pair[1]] + [("group", str(group)) for group in people.groups]


def query_of(people: finding.People) -> str:
    """ "?q=…" or ""."""
    pairs = pairs_of(people)
    return f"?{urlencode(pairs)}" if pairs else ""


def count_text(count: finding.Count) -> str:
    """ "1,284 people", "10,000+ people"."""
    if count.capped:
        return _("%(n)s+ people") % {"n": formats.number(count.n)}
    return ngettext("%(n)s person", "%(n)s people", count.n) % {"n": formats.number(count.n)}


# -- rows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """May this person be written to on a channel? `css` is the colour class without "s-"."""

    channel: str
    name: Any
    address: str
    word: Any
    css: str
    icon: str
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A contact in a list."""

    contact: Contact
    reach: list[Reach]
    groups: list[Group]


def reach_of(contact: Contact, channel: str, suppressed: bool) -> Reach:
    """What stands against writing to the person on this channel comes first: no address, a fixed line, a stop."""
    address = getattr(contact, ADDRESS[channel])
    state = wording.CONSENT[getattr(contact, f"{channel}_consent")]
    if not address:
        state = wording.NO_ADDRESS
    elif suppressed:
        state = wording.SUPPRESSED
    elif channel == "sms" and contact.phone_type == "fixed":
        state = (_("Fixed line"), "excluded", "ban")
    return Reach(channel, wording.CHANNELS[channel], address, *state, suppressed=suppressed)


def reaches_of(contacts: Sequence[Contact], workspace: Workspace) -> dict[int, list[Reach]]:
    """{contact id: [SMS, email]} with one query per channel."""
    stopped: Mapping[str, set[str]] = {
        channel: consent.suppressed_among(
            workspace, channel, {getattr(c, column) for c in contacts if getattr(c, column)}
        )
        for channel, column in ADDRESS.items()
    }
    return {
        contact.pk: [
            reach_of(contact, channel, getattr(contact, ADDRESS[channel]) in stopped[channel]) for channel in CHANNELS
        ]
        for contact in contacts
    }


def rows_of(contacts: Sequence[Contact], workspace: Workspace) -> list[Row]:
    """Rows with three queries, however many there are."""
    members = GroupMember.objects.filter(contact__in=[c.pk for c in contacts]).select_related("group")
    groups: dict[int, list[Group]] = {}
    for member in members.order_by("group__kind", "group__name"):
        groups.setdefault(member.contact_id, []).append(member.group)
    reaches = reaches_of(contacts, workspace)
    return [Row(contact, reaches[contact.pk], groups.get(contact.pk, [])) for contact in contacts]


# -- work in the background ----------------------------------------------------------------------------


def job_or_404(request: WorkspaceRequest, pk: Any, *kinds: str) -> Job:
    """The job of one of these kinds of this workspace; 404 for another's."""
    jobs = Job.objects.for_workspace(request.workspace).filter(kind__in=kinds).select_related("actor", "workspace")
    found: Job = get_object_or_404(jobs, pk=pk)
    return found
