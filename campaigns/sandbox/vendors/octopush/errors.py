"""Error answers: `{code, message}`, HTTP 400 unless a status is said."""

from __future__ import annotations

from campaigns.sandbox.vendors.octopush.codes import TEXTS
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings
from campaigns.sandbox.wire import Answer, ErrorAnswer

HTTP_TEXTS = {
    400: "Bad request.",
    401: "Unauthorized.",
    403: "Forbidden.",
    404: "Not found.",
    429: "Too many requests.",
    500: "Internal server error.",
    502: "Bad gateway.",
    503: "Service unavailable.",
    504: "Gateway timeout.",
}


class Errors:
    """Makes refusals with the numbers of the code table as set."""

    def __init__(self, settings: OctopushSettings) -> None:
        self._settings = settings

    def refuse(self, name: str, status: int = 400) -> ErrorAnswer:
        """The exception that ends a request with the code called `name` in the table."""
        return ErrorAnswer(Answer({"code": self._settings.code(name), "message": TEXTS[name]}, status))

    def plain(self, status: int) -> Answer:
        """The answer for an HTTP status that no rule of the API gives: a fault, or an unknown path."""
        name = {401: "bad_credentials", 404: "not_possible"}.get(status, "internal")
        return Answer({"code": self._settings.code(name), "message": HTTP_TEXTS[status]}, status)
