"""Callbacks that name a ticket and an address instead of our reference, matched to the ledger row they are about.

A ticket is the vendor's id of a whole request (`Receipt.ticket`). One that we never learnt, because the answer was
lost, is adopted from the first callback whose address belongs to exactly one request without a ticket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from campaigns.models import Batch, ProviderAccount, Recipient, Ticket
from campaigns.providers.base import Channel, Event, EventKind
from campaigns.querysets import standing
from campaigns.services.connecting import accounts
from campaigns.services.sending import outcomes
from campaigns.services.sending.flights import recipient_of, reference_of
from campaigns.states import BatchStatus, RecipientStatus

# A ticket of batch 0 is that of a whole dispatch.
WHOLE_DISPATCH = 0
# No callback is expected after this time.
CALLBACKS_FOR = timedelta(days=5)
_ABOUT_DELIVERY = frozenset({EventKind.SENT, EventKind.DELIVERED, EventKind.UNDELIVERED, EventKind.FAILED})


def resolve(account: ProviderAccount, events: Sequence[Event], now: datetime) -> list[Event]:
    """The events, those that a ticket and an address name with the reference of their row."""
    named = [e for e in events if e.provider_message_id and e.address and recipient_of(e.reference) is None]
    if not named or not accounts.capabilities(account, named[0].channel or Channel.SMS).tickets:
        return list(events)
    tickets = _known(account, named)
    if unknown := [e for e in named if e.provider_message_id not in tickets and e.kind in _ABOUT_DELIVERY]:
        _adopt(account, unknown, now)
        tickets = _known(account, named)
    rows = _rows(tickets, named)
    return [_with_reference(event, tickets, rows) for event in events]


def _known(account: ProviderAccount, events: Iterable[Event]) -> dict[str, Ticket]:
    values = {event.provider_message_id for event in events}
    return {ticket.value: ticket for ticket in Ticket.objects.filter(account=account, value__in=values)}


def _rows(tickets: dict[str, Ticket], events: Iterable[Event]) -> dict[tuple[int, str], Recipient]:
    """(dispatch, address) -> row, for the dispatches of these tickets."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for event in events:
        if ticket := tickets.get(event.provider_message_id):
            wanted[ticket.dispatch_id].append(event.address)
    return {(row.dispatch_id, row.address): row for row in standing.ticket_rows(wanted)}


def _with_reference(event: Event, tickets: dict[str, Ticket], rows: dict[tuple[int, str], Recipient]) -> Event:
    ticket = tickets.get(event.provider_message_id)
    row = rows.get((ticket.dispatch_id, event.address)) if ticket else None
    if ticket is None or row is None or event.reference or not _is_of(row, ticket):
        return event
    return replace(event, reference=reference_of(row.dispatch.key, row.pk, row.attempt))


def _is_of(row: Recipient, ticket: Ticket) -> bool:
    """Whether the row's last attempt went out under this ticket: a receipt of an earlier one says nothing about it."""
    if ticket.batch_no == WHOLE_DISPATCH:
        return row.provider_message_id == ticket.value
    return row.batch_no == ticket.batch_no


def _adopt(account: ProviderAccount, events: Iterable[Event], now: datetime) -> None:
    """Write a ticket down for each unknown one whose addresses point at exactly one request without any."""
    by_ticket: dict[str, list[str]] = defaultdict(list)
    for event in events:
        by_ticket[event.provider_message_id].append(event.address)
    addresses = sorted({address for found in by_ticket.values() for address in found})
    places: dict[str, list[Recipient]] = defaultdict(list)
    for row in standing.ticketless_rows(_without_ticket(account, now), addresses):
        places[row.address].append(row)
    for value, found in sorted(by_ticket.items()):
        certain = [places[address][0] for address in found if len(places[address]) == 1]
        requests = {(r.dispatch_id, r.batch_no or 0) for r in certain if r.status != RecipientStatus.QUEUED}
        if len(requests) == 1:
            dispatch_id, number = requests.pop()
            Ticket.objects.get_or_create(
                account=account, value=value, defaults={"dispatch_id": dispatch_id, "batch_no": number, "made_at": now}
            )


def _without_ticket(account: ProviderAccount, now: datetime) -> list[tuple[int, int]]:
    """(dispatch, batch number) of requests that were accepted without telling a ticket, perhaps accepted, or that
    are under way and will tell it soon."""
    since = now - CALLBACKS_FOR
    lost = Ticket.objects.filter(account=account, value__startswith=outcomes.LOST_TICKET, made_at__gt=since)
    open_batches = Batch.objects.filter(
        dispatch__account=account, status__in=(BatchStatus.UNKNOWN, BatchStatus.CLAIMED), started_at__gt=since
    )
    return [*lost.values_list("dispatch_id", "batch_no"), *open_batches.values_list("dispatch_id", "number")]
