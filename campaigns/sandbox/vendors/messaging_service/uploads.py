"""POST /email/1/content: binaries to refer to from attachments and inline images."""

from __future__ import annotations

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.wire import Answer, Call, ErrorAnswer

SHORTEST_VALIDITY, LONGEST_VALIDITY = 1440, 10080  # minutes


class Uploads:
    """Ids of what was uploaded; the bytes are not kept, nobody asks for them."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def clear(self) -> None:
        self.ids.clear()

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
        self.ids.add(uploaded)
        return Answer({"uploadedContentId": uploaded})


def _refusal(text: str) -> ErrorAnswer:
    """This route has a 400 of its own kind."""
    return ErrorAnswer(Answer({"bulkId": "", "messages": [], "errorMessage": text}, 400))
