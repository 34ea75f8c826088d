"""Error answers: `{errorCode, errorMessage}` with the HTTP status repeated."""

from __future__ import annotations

from campaigns.sandbox.wire import Answer, ErrorAnswer

TEXTS = {
    400: "Bad request.",
    401: "Authentication Error: No user was found with this combination of username and Authentication token.",
    403: "The user is not allowed to do this.",
    404: "Not found.",
    429: "Too many requests.",
    500: "Internal server error.",
    502: "Bad gateway.",
    503: "Service unavailable.",
    504: "Gateway timeout.",
}


def error_answer(status: int, text: str = "") -> Answer:
    return Answer({"errorCode": status, "errorMessage": text or TEXTS[status]}, status)


class BadRequest(ErrorAnswer):
    """400 with a text. Nothing of the request is accepted."""

    def __init__(self, text: str) -> None:
        super().__init__(error_answer(400, text))
