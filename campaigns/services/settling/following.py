"""Tickets: what the vendor calls a whole request, asked about until it says how it ended.

Every poll is one short task. It takes the account's next slot and the ticket that is due longest, each by one
conditional UPDATE, so that doubled tasks poll nothing twice; a killed one leaves a ticket that is due again later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from campaigns.models import Batch, Ticket
from campaigns.providers.base import Capabilities, Channel, Misconfigured, NotSent, ProviderError
from campaigns.providers.remote import Course, Followed
from campaigns.querysets import ledger_ids
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.connecting import accounts
from campaigns.services.sending import holds, outcomes, pace
from campaigns.services.settling import follow_times, settle
from campaigns.states import RECIPIENT_MOVES, BatchStatus, Reason, RecipientStatus
from console.services import crypto

log = logging.getLogger(__name__)

# Longer than a poll can take: nobody else asks about the ticket in the meantime.
LEASE = timedelta(seconds=90)
POLLS_PER_SECOND = 1.0

Sleep = Callable[[float], object]


def accounts_due(now: datetime) -> list[int]:
    """Accounts with a ticket to ask about. One whose key was refused is not asked again until a person releases it."""
    due = Ticket.objects.filter(follow_at__lte=now).exclude(account__hold_reason=Reason.AUTH)
    return list(due.order_by("account_id").values_list("account_id", flat=True).distinct())


def follow_next(account_id: int, now: datetime, sleep: Sleep = time.sleep) -> bool:
    """Ask about the ticket of the account that is due longest; False when there is none, or no slot is free."""
    due = Ticket.objects.filter(account_id=account_id, follow_at__lte=now).exclude(account__hold_reason=Reason.AUTH)
    found = due.select_related("account", "dispatch__workspace", "dispatch__version").order_by("follow_at", "pk")
    ticket = found.first()
    if ticket is None or (wait := pace.take_soon(limit_of(account_id), now)) is None:
        return False
    mine = Ticket.objects.filter(pk=ticket.pk, follow_at=ticket.follow_at)
    if not mine.update(follow_at=now + LEASE, follows=F("follows") + 1):
        return False
    sleep(wait)
    _poll(ticket, now)
    return True


def limit_of(account_id: int) -> pace.Limit:
    """Polls of one account, in all processes."""
    return pace.Limit(f"account:{account_id}:follows", POLLS_PER_SECOND)


def ask(ticket: Ticket) -> Followed:
    """The vendor's answer. Raises ProviderError, or crypto.WrongKey when the credentials cannot be read."""
    provider, channel = accounts.open_provider(ticket.account, connections=1), Channel(ticket.dispatch.channel)

    async def call() -> Followed:
        async with provider:
            return await provider.follow(ticket.value, channel)

    return asyncio.run(call())


def _poll(ticket: Ticket, now: datetime) -> None:
    try:
        followed = ask(ticket)
    except (Misconfigured, crypto.WrongKey) as error:
        _refused(ticket, error, now)
    except ProviderError as error:
        _not_answered(ticket, error, now)
    else:
        conclude(ticket, followed, now)


def _refused(ticket: Ticket, error: Misconfigured | crypto.WrongKey, now: datetime) -> None:
    """A refused key stops all polling of the account; the ticket is due again as soon as a person releases it."""
    reason = getattr(error, "reason", Reason.AUTH)
    if reason == Reason.AUTH:
        holds.stop_account(ticket.account_id, reason, str(error), now)
        Ticket.objects.filter(pk=ticket.pk).update(follow_at=now)
        return
    accounts.note_error(ticket.account_id, reason, str(error), now)
    _ask_later(ticket, now)


def _not_answered(ticket: Ticket, error: ProviderError, now: datetime) -> None:
    """Asking is harmless, so the schedule goes on, up to its end. Told to slow down, all polls of the account wait."""
    accounts.note_error(ticket.account_id, error.reason, error.text, now)
    if not isinstance(error, NotSent) or error.reason != Reason.RATE_LIMITED:
        _ask_later(ticket, now)
    elif error.retry_after is not None:
        until = now + timedelta(seconds=error.retry_after)
        pace.hold_back(limit_of(ticket.account_id), until)
        _ask_later(ticket, now, not_before=until)
    else:
        _ask_later(ticket, now, twice=True)


def _ask_later(
    ticket: Ticket, now: datetime, *, not_before: datetime | None = None, twice: bool = False, note: str = ""
) -> None:
    """Plan the next poll: by the schedule, `twice` as far away as it says, or at its end decide that nobody knows."""
    next_at = follow_times.next_at(_capabilities(ticket), ticket.made_at, ticket.due_at, now)
    if next_at is None:
        _doubt(ticket, Reason.NO_OUTCOME, ticket.note, now)
        return
    if twice:
        next_at += next_at - now
    Ticket.objects.filter(pk=ticket.pk).update(follow_at=max(next_at, not_before or next_at), note=note or ticket.note)


def conclude(ticket: Ticket, followed: Followed, now: datetime) -> None:
    """Do what an answer says about all rows of the ticket. Repeated, it changes nothing."""
    note = " ".join(part for part in (followed.code, followed.text) if part)[:300]
    match followed.course:
        case Course.OPEN:
            if note != ticket.note:  # once per change: an undocumented state is told by its code
                log.info("ticket under way", extra={"ticket": ticket.pk, "state": note})
            _ask_later(ticket, now, note=note)
        case Course.MISSING if follow_times.may_be_invisible(ticket.made_at, now):
            _ask_later(ticket, now, note=note)
        case Course.MISSING:
            _doubt(ticket, Reason.NOT_FOUND, note, now)
        case Course.UNCLEAR:
            _doubt(ticket, Reason.INTERRUPTED, note, now)
        case Course.DONE:
            _finish(ticket, "carry", Course.DONE, Reason.NONE, note, now)
        case Course.FAILED:
            _finish(ticket, "refuse", Course.FAILED, Reason.REJECTED, note, now)


def _doubt(ticket: Ticket, reason: Reason, note: str, now: datetime) -> None:
    """Nobody knows what became of these people; a person decides on the "to verify" list."""
    _finish(ticket, "doubt", Course.UNCLEAR, reason, note, now)


def _finish(ticket: Ticket, action: str, course: Course, reason: Reason, note: str, now: datetime) -> None:
    """The last word of a ticket: its rows, their counters, the batch and the ticket itself in one transaction."""
    move = RECIPIENT_MOVES[action]
    with transaction.atomic():
        ids = ledger_ids.of_ticket(ticket.dispatch_id, ticket.batch_no, ticket.value, move.sources)
        ledger = outcomes.Ledger(now)
        final = move.target == RecipientStatus.FAILED
        detail = note[:200] if reason else ""
        rows = [RowOutcome(id=pk, status=move.target, reason=reason, detail=detail, final=final) for pk in ids]
        moved = ledger.write(ticket.dispatch_id, rows, move.sources)
        ledger.close()
        if course is Course.UNCLEAR and moved:
            batch = Batch.objects.filter(dispatch_id=ticket.dispatch_id, number=ticket.batch_no)
            batch.update(status=BatchStatus.UNKNOWN, look_up_at=None, excerpt=note)
        else:
            settle.close_settled(ticket.dispatch_id)
        Ticket.objects.filter(pk=ticket.pk).update(follow_at=None, course=course.value, note=note)
    log.info("ticket ended", extra={"ticket": ticket.pk, "course": course.value, "people": moved})


def _capabilities(ticket: Ticket) -> Capabilities:
    return accounts.capabilities(ticket.account, ticket.dispatch.channel)
