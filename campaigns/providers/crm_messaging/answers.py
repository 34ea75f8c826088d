"""The answer of `POST /api/SendMessages` as one receipt per message (contract §2.4 and error mapping)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.providers.base import Body, Channel, Message, Outcome, Receipt
from campaigns.providers.crm_messaging.bodies import unique_id
from campaigns.providers.http import Answer
from campaigns.states import Reason

_ADDRESS_WORDS = ("phone", "mobile", "email", "e-mail")


def error_of(answer: Answer) -> tuple[str, str]:
    """(code, text) of an error body `{error, errorCode}`; anything else as it is."""
    body = error_body(answer)
    if body is None:
        return "", answer.excerpt()
    code = body.get("errorCode")
    return "" if code is None else str(code), str(body.get("error") or "")


def error_body(answer: Answer) -> Mapping[str, Any] | None:
    """The error object of the API; None when the answer is of something else that stands in its place."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and ("error" in body or "errorCode" in body) else None


def is_page(answer: Answer) -> bool:
    """Whether a web page came instead of an answer: whatever spoke there, it is not the API."""
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/html"


def names_an_address(text: str) -> bool:
    """Whether an error text is about a phone number or an email address."""
    return any(word in text.lower() for word in _ADDRESS_WORDS)


def receipts(body: Body, messages: Sequence[Message], answer: object, due: datetime | None) -> list[Receipt]:
    """One receipt per message. ValueError when the answer does not say what it must, so that all are in doubt."""
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    invalid = _invalid(body, messages, answer)
    if answer.get("totalRecipientsSent") == 0:
        return [_invalid_receipt(message) for message in messages]
    ticket = _ticket(answer)
    complete = _adds_up(answer, len(messages), len(invalid))
    return [
        _invalid_receipt(message)
        if message.reference in invalid
        else Receipt(message.reference, Outcome.ACCEPTED, provider_message_id=ticket, ticket=ticket, due_at=due)
        if complete
        else _doubtful_receipt(message, ticket, answer)
        for message in messages
    ]


def _ticket(answer: Mapping[str, Any]) -> str:
    dispatch = answer.get("dispatch")
    if isinstance(dispatch, bool) or not isinstance(dispatch, int) or dispatch <= 0:
        raise ValueError("no dispatch")
    return str(dispatch)


def _invalid(body: Body, messages: Sequence[Message], answer: Mapping[str, Any]) -> set[str]:
    """References of the messages that the vendor refused: phones by their uniqueId; emails by the address, because
    their list has no id, so everybody who shares it."""
    if body.channel is Channel.SMS:
        rows = answer.get("invalidMobiles") or []
        ids = {str(row.get("uniqueId")) for row in rows if isinstance(row, dict)}
        return {message.reference for message in messages if unique_id(message) in ids}
    listed = {str(address).strip().casefold() for address in answer.get("invalidEmails") or []}
    return {message.reference for message in messages if message.address.strip().casefold() in listed}


def _adds_up(answer: Mapping[str, Any], messages: int, invalid: int) -> bool:
    total, sent, refused = (
        answer.get(name) for name in ("totalRecipients", "totalRecipientsSent", "invalidRecipients")
    )
    return (total, sent, refused) == (messages, messages - invalid, invalid)


def _invalid_receipt(message: Message) -> Receipt:
    return Receipt(message.reference, Outcome.REFUSED, reason=Reason.INVALID_RECIPIENT)


def _doubtful_receipt(message: Message, ticket: str, answer: Mapping[str, Any]) -> Receipt:
    """Not followed: the dispatch may end well although this person was left out of it."""
    text = (
        f"Dispatch {ticket}: {answer.get('totalRecipientsSent')} sent and {answer.get('invalidRecipients')} invalid "
        f"of {answer.get('totalRecipients')} do not add up with its lists."
    )
    return Receipt(
        message.reference, Outcome.UNKNOWN, provider_message_id=ticket, reason=Reason.UNREADABLE_ANSWER, text=text
    )
