"""What was written to one person and what they answered, as one story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from campaigns.models import Recipient, Reply
from campaigns.services import figures
from campaigns.services.recipients import Line
from console.models import Workspace
from contacts.models import Contact

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """Either a message of ours (`line`) or a reply, at `at`."""

    at: datetime
    line: Line | None = None
    reply: Reply | None = None


def replies(workspace: Workspace, *, opted_out: bool = False) -> QuerySet[Reply]:
    """The inbox of a workspace with what a list shows of each reply."""
    found = Reply.objects.for_workspace(workspace)
    if opted_out:
        found = found.filter(opted_out=True)
    return found.select_related("contact", "account", "recipient__dispatch__campaign")


def of_contact(contact: Contact, now: datetime) -> list[Turn]:
    """The newest messages to and replies from `contact`, newest first. Two queries."""
    sent = Recipient.objects.filter(contact=contact, dispatch__workspace=contact.workspace_id)
    rows = sent.select_related("dispatch__campaign", "dispatch__account", "dispatch__workspace", "contact")
    turns = [_turn(row, now) for row in rows.order_by("-dispatch_id")[:NEWEST]]
    answers = Reply.objects.filter(contact=contact, workspace=contact.workspace_id).select_related("account")
    turns += [Turn(reply.at, reply=reply) for reply in answers.order_by("-id")[:NEWEST]]
    return sorted(turns, key=lambda turn: turn.at, reverse=True)[:NEWEST]


def _turn(row: Recipient, now: datetime) -> Turn:
    """The state of a row that waits does not ask whether its batch has failed before: here that is a detail."""
    state = figures.state_of(row.status, row.reason, figures.circumstances(row.dispatch, now))
    return Turn(row.handed_over_at or row.final_at or row.dispatch.planned_at, line=Line(row, state))
