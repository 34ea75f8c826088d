"""One batch on its way: its ledger rows, what is wrong with some of them, and what leaves."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import lru_cache

import orjson

from campaigns.content.filters import as_text
from campaigns.models import Dispatch, DispatchKind, Purpose
from campaigns.providers.base import Body, Capabilities, Channel, Message, Outgoing, Provider
from campaigns.querysets.claims import ClaimedBatch, ClaimedRow
from campaigns.querysets.outcomes import RowOutcome
from campaigns.rendering import Content, MissingValue
from campaigns.services.sending.courier import Answer
from campaigns.services.writing import content
from campaigns.states import Reason, RecipientStatus


@dataclass(slots=True)
class Flight:
    """`rows`: reference -> ledger row of those that leave; `parts`: ledger id -> SMS parts; `stays`: rows that may no
    more be written to, or turned out not to be sendable when their text was made; `units` of the dispatch's budget are
    reserved for it; `leave_at`: its slot in a rate limit (monotonic)."""

    dispatch: Dispatch
    batch: ClaimedBatch
    capabilities: Capabilities
    rows: dict[str, ClaimedRow] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    stays: list[RowOutcome] = field(default_factory=list)
    outgoing: Outgoing | None = None
    units: int = 0
    future: Future[Answer] | None = None
    leave_at: float | None = None


# An enum's member is looked up through its class each time, for longer than most of what is done to a message.
_SMS = Channel.SMS
# Any id or attempt of so many digits fits the database's integers. A stranger may send more of them.
_DIGITS = 18


def reference_of(dispatch_key: str, recipient_id: int, attempt: int) -> str:
    """Our name for one logical send, on the wire and in receipts: at most 64 characters (Sinch contract §16.6)."""
    return f"c{dispatch_key}-r{recipient_id}-a{attempt}"


@lru_cache(maxsize=4096)
def recipient_of(reference: str) -> tuple[str, int, int] | None:
    """(dispatch key, recipient id, attempt) of a reference; None when it is not one of ours. Remembered, because each
    callback is asked three times on its way."""
    head, _, attempt = reference.rpartition("-a")
    key, _, recipient = head.rpartition("-r")
    short = max(len(recipient), len(attempt)) <= _DIGITS
    if short and key.startswith("c") and recipient.isdecimal() and attempt.isdecimal():
        return key[1:], int(recipient), int(attempt)
    return None


def body_of(dispatch: Dispatch, compiled: Content, substitutes: bool) -> Body:
    """What the messages of a dispatch share. Slots stand in the texts only where the vendor fills them."""
    version = dispatch.version
    body = Body(
        channel=Channel(dispatch.channel),
        sender=dispatch.sender,
        reply_to=dispatch.reply_to,
        purpose=dispatch.purpose,
        options=dispatch.options,
        attachments=content.attachments_of(version),
    )
    if version.remote_id:
        return replace(body, template_id=version.remote_id, names=tuple(version.mapping))
    if not substitutes:
        return body
    texts = {part: compiled.slotted(part) for part in content.PARTS[dispatch.channel]}
    return replace(
        body,
        text=texts["text"],
        subject=texts.get("subject", ""),
        html=texts.get("html", ""),
        slots=tuple(compiled.slots),
        headers=content.headers_of(compiled),
    )


def load(flight: Flight, rows: list[ClaimedRow], compiled: Content, provider: Provider) -> None:
    """Make the messages of a flight: values, text, parts, and the vendor's own check of each."""
    dispatch, capabilities = flight.dispatch, flight.capabilities
    body = body_of(dispatch, compiled, capabilities.substitutes)
    messages = []
    for row in rows:
        reference = reference_of(dispatch.key, row.id, row.attempt)
        try:
            values = compiled.values(content.row_for_wire(dispatch, row.id, row.values, compiled))
        except MissingValue:
            flight.stays.append(skipped(row.id, Reason.MISSING_VALUE))
            continue
        message = _message(reference, row, values, compiled, body, capabilities)
        problems = [problem for problem in provider.check(body, message) if not problem.warning]
        if problems:
            flight.stays.append(skipped(row.id, problems[0].reason))
            continue
        if message.text and body.channel is _SMS:
            count = provider.count(message.text).parts
            if count > dispatch.max_parts:
                flight.stays.append(skipped(row.id, Reason.TOO_LONG, f"{count} > {dispatch.max_parts}"))
                continue
            flight.parts[row.id] = count
        messages.append(message)
        flight.rows[reference] = row
    flight.outgoing = Outgoing(
        key=str(flight.batch.key),
        body=body,
        messages=messages,
        campaign_reference=f"c{dispatch.key}",
        retry=flight.batch.resubmission,
        tries=max(1, flight.batch.tries),
    )


def _message(
    reference: str, row: ClaimedRow, values: tuple[str, ...], compiled: Content, body: Body, capabilities: Capabilities
) -> Message:
    contact = f"k{row.contact_id}" if row.contact_id else ""
    fields = _fields(row.values, capabilities.contact_fields) if capabilities.contact_fields else {}
    if body.template_id:
        mapped = tuple(compiled.render(content.MAPPED + name, values) for name in body.names)
        return Message(reference, row.address, compiled.render("text", values), "", "", mapped, contact, fields)
    if body.channel is _SMS:  # also where the vendor substitutes: parts are counted in the finished text
        return Message(reference, row.address, compiled.render("text", values), "", "", values, contact, fields)
    if capabilities.substitutes:
        return Message(reference, row.address, values=values, contact=contact, fields=fields)
    text, subject, html = (compiled.render(part, values) for part in ("text", "subject", "html"))
    return Message(reference, row.address, text, subject, html, contact=contact, fields=fields)


def _fields(frozen: str, names: Iterable[str]) -> dict[str, str]:
    """Values of the ledger row that the adapter asked for besides those of the text."""
    row = orjson.loads(frozen) if frozen else {}
    return {name: as_text(row.get(name)) or "" for name in names}


def skipped(recipient_id: int, reason: str, detail: str = "") -> RowOutcome:
    """Somebody who gets nothing, and why."""
    return RowOutcome(id=recipient_id, status=RecipientStatus.SKIPPED, reason=reason, detail=detail, final=True)


def is_marketing(dispatch: Dispatch) -> bool:
    return dispatch.purpose == Purpose.MARKETING


def is_test(dispatch: Dispatch) -> bool:
    """True for what a person has addressed by hand, and for the confirmation of an opt-out: consent is not asked."""
    return dispatch.kind != DispatchKind.CAMPAIGN


def is_confirmation(dispatch: Dispatch) -> bool:
    """True for the one message that goes to somebody who has just opted out."""
    return dispatch.kind == DispatchKind.CONFIRMATION
