"""The columns of an export of recipients, and one ledger row as those columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from campaigns import wording
from campaigns.models import Dispatch
from campaigns.rendering import MissingValue
from campaigns.services.sending.flights import reference_of
from campaigns.services.writing import content
from campaigns.states import RecipientStatus

# Names are for programs and stay English; `reason_text` is a sentence in the reader's language.
COLUMNS = (
    "reference", "provider_message_id", "key", "name", "address", "status", "reason", "reason_text", "provider_text",
    "parts", "attempt", "batch", "subject", "text", "handed_over_at", "final_at",
)  # fmt: skip
# What is read of the ledger for them, in the order that `rows` unpacks; `status_now` is `in_flight.status`.
FIELDS = (
    "pk", "attempt", "provider_message_id", "contact__key", "contact__first_name", "contact__last_name", "address",
    "status_now", "reason", "detail", "parts", "batch_no", "values", "handed_over_at", "final_at",
)  # fmt: skip
_NEVER_LEFT = frozenset({RecipientStatus.SKIPPED, RecipientStatus.CANCELLED})


def rows(dispatch: Dispatch, ledger: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """`FIELDS` tuples of a dispatch's ledger as `COLUMNS` tuples. The text is the one that left, or would leave;
    empty for people who were never written to."""
    message = Message(dispatch)
    key, sentences = dispatch.key, _Sentences()
    for (
        pk, attempt, provider_message_id, contact_key, first_name, last_name, address, status, reason, detail, parts,
        batch_no, frozen, handed_over_at, final_at,
    ) in ledger:  # fmt: skip
        subject, text = ("", "") if status in _NEVER_LEFT else message.of(pk, frozen)
        yield (
            reference_of(key, pk, attempt),
            provider_message_id,
            contact_key or "",
            f"{first_name or ''} {last_name or ''}".strip(),
            address,
            status,
            reason,
            sentences[reason],
            detail,
            parts,
            attempt,
            batch_no or "",
            subject,
            text,
            _stamp(handed_over_at),
            _stamp(final_at),
        )


class Message:
    """The texts of a dispatch's messages, with the content compiled once."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._compiled = content.compiled(dispatch.version_id)
        self._has_subject = dispatch.channel == "email"

    def of(self, pk: int, frozen: str) -> tuple[str, str]:
        """(subject, text). An email's HTML is not in the export: the same words in a hundred times the size."""
        compiled = self._compiled
        try:
            values = compiled.values(content.row_for_wire(self._dispatch, pk, frozen, compiled))
        except MissingValue:
            return "", ""
        return compiled.render("subject", values) if self._has_subject else "", compiled.render("text", values)


class _Sentences(dict[str, str]):
    """Reason → sentence in the active language, looked up once each instead of once per row."""

    def __missing__(self, reason: str) -> str:
        self[reason] = sentence = str(wording.reason_sentence(reason))
        return sentence


def _stamp(at: datetime | None) -> str:
    """ISO 8601 in UTC, in which the database gives its times, with milliseconds."""
    return f"{at.isoformat(timespec='milliseconds')[:23]}Z" if at else ""
