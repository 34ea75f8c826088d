"""What a send answer means for each of its messages (contract §3.2, "Row level inside 202")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.providers.base import Message, Outcome, Receipt
from campaigns.providers.salesforce_marketing_cloud import codes
from campaigns.providers.salesforce_marketing_cloud.events import error_code, responses_of
from campaigns.states import Reason


def receipts_of(answer: object, messages: Sequence[Message], *, retry: bool) -> list[Receipt]:
    """One receipt a message, by its key. retry: the same keys went out before, so that a double means accepted.
    ValueError when the answer has no rows, or none of ours."""
    rows = {str(row.get("messageKey")): row for row in responses_of(answer)}
    if not any(message.reference in rows for message in messages):
        raise ValueError("none of our messages is in the answer")
    return [_receipt(message.reference, rows.get(message.reference), retry) for message in messages]


def _receipt(reference: str, row: Mapping[str, Any] | None, retry: bool) -> Receipt:
    if row is None:
        return Receipt(reference, Outcome.UNKNOWN, reason=Reason.UNREADABLE_ANSWER)
    code = error_code(row)
    if code == codes.ACCEPTED or (retry and code == codes.DUPLICATE_KEY):
        return Receipt(reference, Outcome.ACCEPTED, provider_message_id=reference)
    reason = codes.ROWS.get(code, Reason.REJECTED)
    return Receipt(reference, Outcome.REFUSED, reason=reason, code=str(code), text=str(row.get("message") or "")[:500])
