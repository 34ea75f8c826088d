"""What was written to one person and what they answered, as one story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns.models import Campaign, Recipient, Reply
from campaigns.querysets import in_flight
from campaigns.services.showing import figures
from campaigns.services.showing.recipients import Line
from console.models import Workspace
from contacts.models import Contact
from contacts.words import words

NEWEST = 50
RECENT = 1_000  # replies in which the campaigns of an inbox are looked for
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """Either a message of ours (`line`) or a reply, at `at`."""

    at: datetime
    line: Line | None = None
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which replies of an inbox. `show`: "unread", "opt-outs" or "" for all; `q`: words of the text, a name, or a
    number as people write it."""

    show: str = ""
    q: str = ""
    campaign: int | None = None


def replies(workspace: Workspace, wanted: Wanted) -> QuerySet[Reply]:
    """The inbox of a workspace with what a list shows of each reply."""
    found = Reply.objects.for_workspace(workspace)
    if wanted.show == "opt-outs":
        found = found.filter(opted_out=True)
    elif wanted.show == "unread":
        found = found.filter(read_at=None)
    if wanted.campaign is not None:
        found = found.filter(recipient__dispatch__campaign=wanted.campaign)
    if wanted.q:
        found = found.filter(_matches(wanted.q))
    return found.select_related("contact", "account", "recipient__dispatch__campaign")


def _matches(q: str) -> Q:
    digits = "".join(c for c in q if c.isdigit())
    number = Q(address__contains=digits) if len(digits) >= _FEWEST_DIGITS else Q()
    name = Q()
    for word in words(q):
        name &= Q(contact__search__contains=word)
    return Q(text__icontains=q) | Q(address__iexact=q) | name | number


def unread(workspace: Workspace) -> int:
    return Reply.objects.for_workspace(workspace).filter(read_at=None).count()


def campaigns_answered(workspace: Workspace) -> list[Campaign]:
    """The campaigns that the newest replies answer, by name: what an inbox can be narrowed to."""
    newest = Reply.objects.for_workspace(workspace).filter(recipient__isnull=False).order_by("-id")[:RECENT]
    answered = Reply.objects.filter(pk__in=newest.values("pk")).values("recipient__dispatch__campaign")
    return list(Campaign.objects.for_workspace(workspace).filter(pk__in=answered).order_by("name", "pk")[:100])


def mark_read(workspace: Workspace, ids: Sequence[int] | None, now: datetime) -> int:
    """Mark these replies as read, or all with None; gives how many were not."""
    waiting = Reply.objects.for_workspace(workspace).filter(read_at=None)
    if ids is not None:
        waiting = waiting.filter(pk__in=ids)
    return waiting.update(read_at=now)


def of_contact(contact: Contact, now: datetime) -> list[Turn]:
    """The newest messages to and replies from `contact`, newest first. Two queries."""
    sent = Recipient.objects.filter(contact=contact, dispatch__workspace=contact.workspace_id)
    rows = sent.select_related("dispatch__campaign", "dispatch__account", "dispatch__workspace", "contact")
    latest = list(rows.order_by("-dispatch_id")[:NEWEST])
    in_flight.mark(latest)
    turns = [_turn(row, now) for row in latest]
    answers = Reply.objects.filter(contact=contact, workspace=contact.workspace_id).select_related("account")
    turns += [Turn(reply.at, reply=reply) for reply in answers.order_by("-id")[:NEWEST]]
    return sorted(turns, key=lambda turn: turn.at, reverse=True)[:NEWEST]


def _turn(row: Recipient, now: datetime) -> Turn:
    """The state of a row that waits does not ask whether its batch has failed before: here that is a detail."""
    state = figures.state_of(row.status, row.reason, figures.circumstances(row.dispatch, now))
    return Turn(row.handed_over_at or row.final_at or row.dispatch.planned_at, line=Line(row, state))
