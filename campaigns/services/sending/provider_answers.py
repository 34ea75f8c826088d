"""What a provider answered about the messages of a flight, sorted before the transaction that writes it.

SQLite has one writer: the others need only wait until the answer is written, not until it is understood.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.providers.base import MaybeSent, Outcome, ProviderError, Receipt
from campaigns.querysets.claims import ClaimedRow
from campaigns.querysets.outcomes import Accepted
from campaigns.services.sending.flights import Flight
from campaigns.states import Reason

log = logging.getLogger(__name__)

# Asked of each message: an enum's member is looked up through its class each time, which costs more than to compare it.
ACCEPTED = Outcome.ACCEPTED


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that tells of each message. `others`: what was not accepted, with the row; `forbidden`: addresses that
    may not be written to again."""

    receipts: Sequence[Receipt]
    accepted: Accepted
    others: Sequence[tuple[Receipt, ClaimedRow]]
    forbidden: Sequence[str]


def read(flight: Flight) -> Told | ProviderError:
    """The answer to a flight whose future is done, or which has none because nobody of it leaves."""
    answer = _answer(flight)
    if isinstance(answer, ProviderError):
        return answer
    by_reference = {receipt.reference: receipt for receipt in answer}
    accepted, others = [], []
    for reference, row in flight.rows.items():
        receipt = by_reference.get(reference)
        if receipt is None:  # the adapter owes one receipt per message; without one nobody knows
            receipt = Receipt(reference, Outcome.UNKNOWN, reason=Reason.UNREADABLE_ANSWER)
        if receipt.outcome is ACCEPTED:
            accepted.append((row.id, receipt.provider_message_id[:200], receipt.parts or flight.parts.get(row.id, 1)))
        else:
            others.append((receipt, row))
    forbidden = [flight.rows[r.reference].address for r in answer if r.suppress and r.reference in flight.rows]
    return Told(answer, Accepted.of(accepted), others, forbidden)


def went_well(flight: Flight) -> bool:
    """Whether everybody of a flight whose future is done was accepted, and nothing asks for a person: then whatever
    comes next may leave before the answer is written."""
    if flight.future is None or flight.future.exception() is not None:
        return False
    answer = flight.future.result()
    return isinstance(answer, list) and all(receipt.outcome is ACCEPTED and not receipt.hold for receipt in answer)


def _answer(flight: Flight) -> list[Receipt] | ProviderError:
    """A bug in an adapter counts as "perhaps sent", never as a crash that forgets the batch."""
    if flight.future is None:
        return []
    error = flight.future.exception()
    if error is not None:
        log.error("adapter failed", exc_info=error, extra={"batch": flight.batch.id, "dispatch": flight.dispatch.pk})
        return MaybeSent(Reason.UNREADABLE_ANSWER, f"{type(error).__name__}: {error}"[:300])
    return flight.future.result()
