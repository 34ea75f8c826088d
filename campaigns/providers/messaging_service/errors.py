"""messaging-service's error bodies: two envelopes on one API, and which messages a refusal means (§10.1, §10.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.providers.base import Message, Outcome, Receipt, Refused
from campaigns.providers.http import Answer
from campaigns.states import Reason

# messages[i] -> destinations[j] of the request, as our messages.
Layout = Sequence[Sequence[Message]]

_MESSAGE = re.compile(r"\bmessages\[(\d+)\]")
_DESTINATION = re.compile(r"\bdestinations\[(\d+)\]")
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Violation:
    """`path` of the field in the request, and what is wrong with it."""

    path: str
    text: str


class Violated(Refused):
    """A 400: nothing of the request was accepted. `violations` may be empty."""

    def __init__(self, text: str, code: str, violations: Sequence[Violation], layout: Layout) -> None:
        reasons = {_reason(violation) for violation in violations}
        reason = Reason.INVALID_RECIPIENT if reasons == {Reason.INVALID_RECIPIENT} else Reason.INVALID_CONTENT
        super().__init__(reason, text, code, 400)
        self.violations = violations
        self.layout = layout

    def named(self) -> dict[str, Receipt]:
        """Receipts of the messages that violations point at."""
        return {
            message.reference: Receipt(
                message.reference, Outcome.REFUSED, reason=_reason(violation), code=self.code, text=violation.text
            )
            for violation in self.violations
            for message in self._meant(violation.path)
        }

    def is_about_all(self) -> bool:
        """True when a violation is about what the messages share, so that no part of them would pass."""
        return any(not self._meant(violation.path) for violation in self.violations)

    def _meant(self, path: str) -> Sequence[Message]:
        """The messages that a path stands for: one destination, or all that share a content of their own."""
        item, destination = _index(_MESSAGE, path), _index(_DESTINATION, path)
        if item is None and len(self.layout) == 1:
            item = 0
        if item is None or item >= len(self.layout):
            return ()
        messages = self.layout[item]
        if destination is not None:
            return messages[destination : destination + 1]
        return messages if ".content" in path and len(self.layout) > 1 else ()


def _reason(violation: Violation) -> Reason:
    return Reason.INVALID_RECIPIENT if "destinations" in violation.path else Reason.INVALID_CONTENT


def _index(pattern: re.Pattern[str], path: str) -> int | None:
    found = pattern.search(path)
    return int(found[1]) if found else None


def explain(answer: Answer) -> tuple[str, str]:
    """Code and text of an error body, whichever envelope it came in."""
    body = _body(answer)
    exception = _legacy(body)
    if exception:
        return str(exception.get("messageId") or ""), _legacy_text(exception)[:_LONGEST_TEXT]
    if "errorCode" in body or "description" in body:
        found = "; ".join(f"{v.path}: {v.text}" for v in violations_of(answer))
        text = " ".join(part for part in (str(body.get("description") or ""), found) if part)
        return str(body.get("errorCode") or ""), text[:_LONGEST_TEXT]
    if "error" in body:  # of the token route (RFC 6749 §5.2)
        return str(body["error"]), str(body.get("error_description") or body["error"])[:_LONGEST_TEXT]
    return "", str(body.get("errorMessage") or answer.excerpt())[:_LONGEST_TEXT]


def violations_of(answer: Answer) -> list[Violation]:
    found = _body(answer).get("violations")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return [Violation(str(row.get("property") or ""), str(row.get("violation") or "")) for row in rows]


def _body(answer: Answer) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _legacy(body: Mapping[str, Any]) -> Mapping[str, Any]:
    request_error = body.get("requestError")
    exception = request_error.get("serviceException") if isinstance(request_error, dict) else None
    return exception if isinstance(exception, dict) else {}


def _legacy_text(exception: Mapping[str, Any]) -> str:
    text = str(exception.get("text") or "")
    errors = exception.get("validationErrors")
    if not isinstance(errors, dict):
        return text
    return " ".join([text, *(f"{name}: {'; '.join(map(str, says))}" for name, says in errors.items())])
