"""How the client behaves: what the contract tells it not to do, although the vendor itself would let it pass."""

from __future__ import annotations

from collections import deque

from campaigns.sandbox.log import ViolationLog
from campaigns.sandbox.vendors.crm.reading import SendRequest
from campaigns.sandbox.wire import Call

MOST_RECIPIENTS = 500
SENDS_PER_SECOND, QUESTIONS_PER_SECOND = 2, 1
TOLERANCE = 0.15  # of a second: requests that left at the right distance may arrive closer together


class Habits:
    """Writes down calls that are too big, too fast, or tell more than they must."""

    def __init__(self, vendor: str, violations: ViolationLog) -> None:
        self._vendor, self._violations = vendor, violations
        self._sends: deque[float] = deque(maxlen=SENDS_PER_SECOND)
        self._questions: deque[float] = deque(maxlen=QUESTIONS_PER_SECOND)

    def watch_send(self, call: Call, request: SendRequest) -> None:
        if len(request.recipients) > MOST_RECIPIENTS:
            self._note(call, "too_many_recipients", f"{len(request.recipients)} in one call")
        if request.undocumented:
            self._note(call, "undocumented_field", ", ".join(sorted(request.undocumented)))
        if any("email" in row and "mobilePhone" in row for row in request.recipients):
            self._note(call, "both_addresses", "an address that the channel does not need")
        self._pace(call, self._sends, "too_many_sends")

    def watch_question(self, call: Call) -> None:
        self._pace(call, self._questions, "too_many_questions")

    def _pace(self, call: Call, recent: deque[float], rule: str) -> None:
        """In real time, which is what a limit per second is about."""
        at = call.arrival.real_at
        if len(recent) == recent.maxlen and at - recent[0] < 1.0 - TOLERANCE:
            self._note(call, rule, f"{call.path}: {1 + len(recent)} within {at - recent[0]:.2f} s")
        recent.append(at)

    def _note(self, call: Call, rule: str, detail: str) -> None:
        self._violations.add(self._vendor, rule, detail, call.arrival.number)
