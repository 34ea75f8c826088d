"""The people of a dispatch: pages of the ledger by state, reason or search, and everything about one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Q

from campaigns import wording
from campaigns.models import Batch, Dispatch, Recipient, Reply
from campaigns.querysets import engagement as engaged
from campaigns.querysets import in_flight, reading
from campaigns.services.sending import flights
from campaigns.services.settling import engagement
from campaigns.services.showing import figures
from campaigns.services.showing.figures import Circumstances, Figures
from campaigns.states import BatchStatus, Reason, RecipientStatus
from campaigns.wording import Words
from contacts.services import finding
from contacts.services.finding import People

ROWS = 50
FILTERS = frozenset({*figures.STATES, *figures.GROUPS, *engagement.KINDS})
SEARCHED_CONTACTS = 200  # people whose name fits, newest first, that a search looks for in the dispatch


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people: in a screen state or a group of them ("" = all), for a reason ("" = any); or those who "opened"
    or "clicked"."""

    state: str = ""
    reason: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Wanted:
        """From an address or a form; what makes no sense means everybody."""
        state = given.get("state", "")
        return cls(state if state in FILTERS else "", given.get("reason", "")[:24])


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger row as a list shows it. `name` falls back to the address, `state` is its screen state."""

    recipient: Recipient
    state: str

    @property
    def name(self) -> str:
        contact = self.recipient.contact
        return (str(contact) if contact else "") or self.recipient.address or f"#{self.recipient.pk}"

    @property
    def reason(self) -> Words:
        """Why the row is where it is, in a sentence."""
        return wording.reason_sentence(self.recipient.reason)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of lines in ledger order, and whether there are more on either side."""

    lines: list[Line]
    has_previous: bool = False
    has_next: bool = False


def reference_of(recipient: Recipient) -> str:
    """The reference on the wire of the row's last attempt."""
    return flights.reference_of(recipient.dispatch.key, recipient.pk, recipient.attempt)


def walk_of(dispatch: Dispatch, wanted: Wanted, situation: Circumstances, now: datetime) -> reading.Walk:
    """The rows that `wanted` means, given what holds the queue back. No statuses = nobody can be there."""
    known = {"": tuple(RecipientStatus), **figures.STATUSES, **figures.GROUPS}
    statuses: Sequence[str] = known[wanted.state]
    reason, without, retrying = wanted.reason or None, None, None
    match wanted.state:
        case "receipt" if situation.receipts:
            reason = Reason.NO_RECEIPT.value
        case "sent" if situation.receipts:
            without = Reason.NO_RECEIPT.value
        case "sent":
            statuses = ()
        case "held":
            statuses = statuses if situation.standing else ()
        case "retry" | "waiting":
            statuses = () if situation.standing else statuses
            retrying = wanted.state == "retry"
    return reading.Walk(dispatch.pk, tuple(statuses), reason, without, retrying, now)


def ids_of(
    dispatch: Dispatch,
    wanted: Wanted,
    situation: Circumstances,
    now: datetime,
    *,
    beyond: int | None,
    limit: int,
    backwards: bool = False,
) -> list[int]:
    """At most `limit` row ids of `wanted` after `beyond` (before it, when `backwards`), ascending."""
    if wanted.state in engagement.KINDS:
        return engaged.people(dispatch.pk, wanted.state, beyond=beyond, limit=limit, backwards=backwards)
    walk = walk_of(dispatch, wanted, situation, now)
    return reading.ids(walk, beyond=beyond, limit=limit, backwards=backwards)


def number_of(dispatch: Dispatch, wanted: Wanted, found: Figures) -> int:
    """How many people `wanted` means, by the counters. `found`: the dispatch's figures."""
    if wanted.state in engagement.KINDS:
        return engagement.people(dispatch.pk).get(wanted.state, 0)
    if not wanted.reason or wanted.state not in figures.STATES:
        return found.people(wanted.state)
    return sum(cell.n for cell in found.reasons(wanted.state) if cell.reason == wanted.reason)


def page(
    dispatch: Dispatch,
    wanted: Wanted,
    now: datetime,
    *,
    after: int | None = None,
    before: int | None = None,
    rows: int = ROWS,
) -> Listing:
    """The page of `dispatch` after or before a row id; four or five queries, however large the dispatch."""
    situation = figures.circumstances(dispatch, now)
    backwards = before is not None
    beyond = before if backwards else after
    found = ids_of(dispatch, wanted, situation, now, beyond=beyond, limit=rows + 1, backwards=backwards)
    more = len(found) > rows
    shown = found[-rows:] if backwards else found[:rows]
    return Listing(
        lines=_lines(dispatch, Q(pk__in=shown), situation, now),
        has_previous=more if backwards else after is not None,
        has_next=True if backwards else more,
    )


def search(dispatch: Dispatch, text: str, now: datetime) -> Listing:
    """The people of `dispatch` whose reference or whole address is `text`, or whose name or address fits it."""
    text = text.strip()
    reference = flights.recipient_of(text.lower())
    if reference:
        condition = Q(pk=reference[1] if reference[0] == dispatch.key else None)
    else:
        people = finding.newest(dispatch.workspace, People(q=text), SEARCHED_CONTACTS)
        condition = Q(contact__in=[person.pk for person in people])
        condition |= Q(address=text.lower(), batch_no__isnull=False)  # the condition of the index
    return Listing(_lines(dispatch, condition, figures.circumstances(dispatch, now), now))


def to_verify(dispatch: Dispatch, now: datetime, rows: int) -> list[Line]:
    """The first people whose outcome is unknown."""
    return page(dispatch, Wanted("verify"), now, rows=rows).lines


def next_look_up(dispatch: Dispatch) -> datetime | None:
    """When the provider is asked next about people to verify; None when it is not asked any more."""
    doubtful = Batch.objects.filter(dispatch=dispatch, status=BatchStatus.UNKNOWN)
    at: datetime | None = doubtful.aggregate(at=Min("look_up_at"))["at"]
    return at


def line_of(recipient: Recipient, now: datetime) -> Line:
    """One row with its screen state."""
    in_flight.mark([recipient])
    situation = figures.circumstances(recipient.dispatch, now)
    return Line(recipient, _state(recipient, situation, _retrying(recipient.dispatch_id, [recipient], now)))


def batch_of(recipient: Recipient) -> Batch | None:
    """The request the row travels in; None for rows excluded from the start."""
    if recipient.batch_no is None:
        return None
    return Batch.objects.filter(dispatch=recipient.dispatch_id, number=recipient.batch_no).first()


def replies_of(recipient: Recipient) -> list[Reply]:
    """What the person answered to this message, newest first, at most 20."""
    if recipient.contact_id is None:
        return []
    mine = Reply.objects.filter(contact=recipient.contact_id, recipient=recipient.pk)
    return list(mine.order_by("-id")[:20])


def _lines(dispatch: Dispatch, condition: Q, situation: Circumstances, now: datetime) -> list[Line]:
    found = Recipient.objects.filter(condition, dispatch=dispatch).select_related("contact")
    rows = list(found.order_by("pk")[:SEARCHED_CONTACTS])
    for row in rows:
        row.dispatch = dispatch
    in_flight.mark(rows)
    retrying = _retrying(dispatch.pk, rows, now)
    return [Line(row, _state(row, situation, retrying)) for row in rows]


def _state(row: Recipient, situation: Circumstances, retrying: frozenset[int]) -> str:
    return figures.state_of(row.status, row.reason, situation, row.batch_no in retrying)


def _retrying(dispatch_id: int, rows: Iterable[Recipient], now: datetime) -> frozenset[int]:
    """The batches of these rows that failed for the moment. No query when nobody is queued."""
    numbers = {row.batch_no for row in rows if row.status == RecipientStatus.QUEUED and row.batch_no is not None}
    if not numbers:
        return frozenset()
    failed_before = Batch.objects.filter(
        dispatch=dispatch_id, number__in=numbers, status=BatchStatus.READY, tries__gt=0, not_before__gt=now
    )
    return frozenset(failed_before.values_list("number", flat=True))
