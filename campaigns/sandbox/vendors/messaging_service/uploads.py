"""POST /email/1/content: binaries to refer to from attachments and inline images."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.messaging_service.records import file_facts
from campaigns.sandbox.wire import Answer, Call, ErrorAnswer

SHORTEST_VALIDITY, LONGEST_VALIDITY = 1440, 10080  # minutes


class Uploads:
    """What was uploaded, by id: name, type, size and digest, until its validity ends. The bytes are not kept."""

    def __init__(self) -> None:
        self._facts: dict[str, tuple[dict[str, Any], float]] = {}

    def clear(self) -> None:
        self._facts = {}

    def find(self, content_id: object, now: float) -> dict[str, Any] | None:
        """The facts of an upload that has not ended."""
        facts, until = self._facts.get(str(content_id), (None, 0.0))
        return facts if now < until else None

    def store(self, call: Call) -> Answer:
        for name in ("X-Content-Id", "X-Media-Type"):
            if not call.headers.get(name):
                raise _refusal(f"Header {name} is required.")
        minutes = call.headers.get("X-Validity-Period-Minutes", str(SHORTEST_VALIDITY))
        if not minutes.isdecimal() or not SHORTEST_VALIDITY <= int(minutes) <= LONGEST_VALIDITY:
            raise _refusal(f"X-Validity-Period-Minutes must be between {SHORTEST_VALIDITY} and {LONGEST_VALIDITY}.")
        if not call.body:
            raise _refusal("The body is empty.")
        uploaded = uuid()
        facts = file_facts(call.headers["X-Content-Id"], call.headers["X-Media-Type"], call.body)
        self._facts[uploaded] = (facts, call.now + int(minutes) * 60.0)
        return Answer({"uploadedContentId": uploaded})


def _refusal(text: str) -> ErrorAnswer:
    """This route has a 400 of its own kind."""
    return ErrorAnswer(Answer({"bulkId": "", "messages": [], "errorMessage": text}, 400))
