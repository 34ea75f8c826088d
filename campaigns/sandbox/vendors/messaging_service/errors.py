"""The two error envelopes: the new one of the v3/v4 routes and the legacy one of most v1 routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campaigns.sandbox.wire import Answer, ErrorAnswer

LEGACY_PREFIXES = ("/email/1/", "/sms/1/")
NEW_DESPITE_PREFIX = "/email/1/suppressions"

LEGACY_NAMES = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT",
                429: "TOO_MANY_REQUESTS"}  # fmt: skip
DESCRIPTIONS = {
    400: ("The request could not be processed.", "Review the listed violations and send a corrected request."),
    401: ("The request lacks valid credentials.", "Check the Authorization header."),
    403: ("The credentials do not allow this.", "Ask for the missing scope."),
    404: ("The resource was not found.", "Check the path and the identifiers."),
    409: ("The resource is in another state.", "Read its state and decide again."),
    429: ("Rate limit reached.", "Slow down and repeat later."),
    500: ("Something went wrong on our side.", "Contact support if it goes on."),
    502: ("Bad gateway.", "Repeat later."),
    503: ("The service is not available.", "Repeat later."),
    504: ("The gateway timed out.", "Repeat later."),
}
RESOURCES = {429: [{"name": "Throttling", "url": "https://docs.example/throttling"}]}


def error_answer(status: int, path: str, text: str = "", violations: Sequence[dict[str, str]] = ()) -> Answer:
    """The error in the envelope of the route `path`."""
    if path.startswith(LEGACY_PREFIXES) and not path.startswith(NEW_DESPITE_PREFIX):
        return _legacy(status, text, violations)
    description, action = DESCRIPTIONS[status]
    payload: dict[str, Any] = {
        "errorCode": f"E{status}",
        "description": text or description,
        "action": action,
        "violations": list(violations),
        "resources": RESOURCES.get(status, []),
    }
    return Answer(payload, status)


def _legacy(status: int, text: str, violations: Sequence[dict[str, str]]) -> Answer:
    name = LEGACY_NAMES.get(status, "GENERAL_ERROR")
    exception: dict[str, Any] = {"messageId": name, "text": text or DESCRIPTIONS[status][0]}
    if violations:
        exception["validationErrors"] = {v["property"]: [v["violation"]] for v in violations}
    return Answer({"requestError": {"serviceException": exception}}, status)


class Failure(ErrorAnswer):
    """An error answer in the envelope of the route."""

    def __init__(self, status: int, path: str, text: str = "", violations: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(error_answer(status, path, text, violations))
