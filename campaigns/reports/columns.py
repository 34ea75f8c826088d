"""The columns of an export of recipients, and one ledger row as those columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from campaigns import wording
from campaigns.models import Dispatch
from campaigns.rendering import Content, MissingValue
from campaigns.services import content
from campaigns.services.flights import reference_of
from campaigns.states import RecipientStatus

# Names are for programs and stay English; `reason_text` is a sentence in the reader's language.
COLUMNS = (
    "reference", "provider_message_id", "key", "name", "address", "status", "reason", "reason_text", "provider_text",
    "parts", "attempt", "batch", "subject", "text", "handed_over_at", "final_at",
)  # fmt: skip
# What is read of the ledger for them, in the order that `_row` unpacks.
FIELDS = (
    "pk", "attempt", "provider_message_id", "contact__key", "contact__first_name", "contact__last_name", "address",
    "status", "reason", "detail", "parts", "batch_no", "values", "handed_over_at", "final_at",
)  # fmt: skip
_NEVER_LEFT = frozenset({RecipientStatus.SKIPPED, RecipientStatus.CANCELLED})


def rows(dispatch: Dispatch, ledger: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """`FIELDS` tuples of a dispatch's ledger as `COLUMNS` tuples. The text is the one that left, or would leave;
    empty for people who were never written to."""
    compiled = content.compiled(dispatch.version_id)
    for values in ledger:
        yield _row(dispatch, compiled, *values)


def _row(
    dispatch: Dispatch,
    compiled: Content,
    pk: int,
    attempt: int,
    provider_message_id: str,
    key: str | None,
    first_name: str | None,
    last_name: str | None,
    address: str,
    status: str,
    reason: str,
    detail: str,
    parts: int,
    batch_no: int | None,
    frozen: str,
    handed_over_at: datetime | None,
    final_at: datetime | None,
) -> tuple[Any, ...]:
    subject, text = ("", "") if status in _NEVER_LEFT else _message(dispatch, compiled, pk, frozen)
    return (
        reference_of(dispatch.key, pk, attempt),
        provider_message_id,
        key or "",
        f"{first_name or ''} {last_name or ''}".strip(),
        address,
        status,
        reason,
        _sentence(reason, get_language() or ""),
        detail,
        parts,
        attempt,
        batch_no or "",
        subject,
        text,
        _stamp(handed_over_at),
        _stamp(final_at),
    )


def _message(dispatch: Dispatch, compiled: Content, pk: int, frozen: str) -> tuple[str, str]:
    """(subject, text). An email's HTML is not in the export: it is the same words in a hundred times the size."""
    try:
        values = compiled.values(content.row_for_wire(dispatch, pk, frozen, compiled))
    except MissingValue:
        return "", ""
    subject = compiled.render("subject", values) if dispatch.channel == "email" else ""
    return subject, compiled.render("text", values)


@lru_cache(maxsize=512)
def _sentence(reason: str, _language: str) -> str:
    """The sentence of a reason, looked up once per language instead of once per row."""
    return str(wording.reason_sentence(reason)) if reason else ""


def _stamp(at: datetime | None) -> str:
    """ISO 8601 in UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else ""
