"""Requests of a dispatch that nobody knows the outcome of, where the vendor has a name for each: a person who reads
that name in the provider's own console can enter it, and the vendor is asked from there on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Batch, Dispatch, Recipient, Ticket
from campaigns.providers.base import ProviderError
from campaigns.providers.remote import Course, Followed
from campaigns.querysets import shelves
from campaigns.services.connecting import accounts
from campaigns.services.sending import pace
from campaigns.services.settling import following
from campaigns.states import RecipientStatus
from campaigns.wording import reason_sentence
from console import formats
from console.errors import UserError
from console.models import User
from console.services import audit, crypto

SHOWN = 50
LONGEST_WAIT = 5.0  # seconds that a person waits for a free slot to ask the vendor


@dataclass(frozen=True, slots=True)
class Request:
    """A batch with `people` whose outcome is unknown."""

    batch: Batch
    people: int


def may_be_named(dispatch: Dispatch) -> bool:
    """Whether the vendor of this dispatch tells what became of a request by its name."""
    return bool(accounts.capabilities(dispatch.account, dispatch.channel).follow_after)


def requests(dispatch: Dispatch) -> list[Request]:
    """The first of them, oldest first; none where a name would be of no use."""
    if not may_be_named(dispatch):
        return []
    people = dict(_unknown(dispatch).values_list("batch_no").annotate(n=Count("id")).order_by("batch_no")[:SHOWN])
    batches = Batch.objects.filter(dispatch=dispatch, number__in=people).order_by("number")
    return [Request(batch, people[batch.number]) for batch in batches]


def request_of(dispatch: Dispatch, number: int) -> Request | None:
    """One of them; None when it is settled, or cannot be named."""
    batch = Batch.objects.filter(dispatch=dispatch, number=number).first()
    people = _unknown(dispatch).filter(batch_no=number).count() if batch and may_be_named(dispatch) else 0
    return Request(batch, people) if batch and people else None


def enter(dispatch: Dispatch, request: Request, name: str, actor: User, now: datetime) -> int:
    """Take `name` for what the vendor calls the request, and do what it says about it now; gives the people it is
    about. UserError when the vendor does not know it, or it is another request."""
    ticket = _ticket(dispatch, request, name, now)
    followed = _answer(ticket, now)
    _refuse_other(dispatch, request, followed)
    ticket.due_at = followed.due_at if followed.due_at and followed.due_at > now else None
    with transaction.atomic():
        people = _unknown(dispatch).filter(batch_no=request.batch.number).update(provider_message_id=name)
        if not people:
            raise UserError(_("These messages have been settled in the meantime; nothing was changed."))
        ticket.save()
        audit.record(
            "recipient.name_request", workspace=dispatch.workspace, actor=actor, target=dispatch, now=now,
            people=people, name=name,
        )  # fmt: skip
        following.conclude(ticket, followed, now)
    return people


def _ticket(dispatch: Dispatch, request: Request, name: str, now: datetime) -> Ticket:
    """The ticket of that name, new or of this very request again."""
    found = Ticket.objects.filter(account=dispatch.account, value=name).first()
    if found and (found.dispatch_id, found.batch_no) != (dispatch.pk, request.batch.number):
        raise UserError(_("This id belongs to another request of ours; look for the one of this time and size."))
    ticket = found or Ticket(
        account=dispatch.account, dispatch=dispatch, batch_no=request.batch.number, value=name, made_at=now
    )
    # Asked about from now on, for as long as a request that was accepted now would be.
    ticket.account, ticket.dispatch, ticket.made_at, ticket.course = dispatch.account, dispatch, now, Course.OPEN.value
    return ticket


def _answer(ticket: Ticket, now: datetime) -> Followed:
    time.sleep(min(LONGEST_WAIT, pace.take(following.limit_of(ticket.account_id), now)))
    try:
        return following.ask(ticket)
    except ProviderError as error:
        accounts.note_error(ticket.account_id, error.reason, error.text, now)
        why = reason_sentence(error.reason)
    except crypto.WrongKey as error:
        why = str(error)
    raise UserError(_("The provider could not be asked: %(why)s. Nothing was changed.") % {"why": why})


def _refuse_other(dispatch: Dispatch, request: Request, followed: Followed) -> None:
    """A mistyped id is most likely one of another send of the same company."""
    if followed.course is Course.MISSING:
        raise UserError(_("The provider knows no request of this id. Read it again in the provider's console."))
    wanted = dispatch.version.remote_id
    if wanted and followed.template_id and followed.template_id != wanted:
        text = _("That request sent the provider's template %(other)s, this one %(wanted)s.")
        raise UserError(text % {"other": followed.template_id, "wanted": wanted})
    if followed.people is not None and followed.people > request.batch.size:
        text = ngettext(
            "That request went to %(other)s person, this one had fewer.",
            "That request went to %(other)s people, this one had fewer.",
            followed.people,
        )
        raise UserError(text % {"other": formats.number(followed.people)})


def _unknown(dispatch: Dispatch) -> QuerySet[Recipient]:
    unknown = shelves.holds(RecipientStatus.UNKNOWN)
    return Recipient.objects.filter(unknown, dispatch=dispatch, batch_no__isnull=False)
