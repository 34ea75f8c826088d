"""Status queries: by id as often as one likes, or everything new, once. Three virtual days of history."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from campaigns.sandbox.log import MessageLog
from campaigns.sandbox.vendors.sinch.errors import BadRequest
from campaigns.sandbox.vendors.sinch.messages import Sms
from campaigns.sandbox.vendors.sinch.reading import read_object
from campaigns.sandbox.wire import Answer, Call

HISTORY = 3 * 86400.0  # seconds
MOST_LISTED = 1000  # statuses per call of `list`; the contract names no number, the rest comes with the next call


class StatusQueries:
    """POST /v1/sms/status/search and GET /v1/sms/status/list."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log
        self._new: deque[tuple[float, deque[Sms]]] = deque()

    def clear(self) -> None:
        self._new.clear()

    def add(self, at: float, messages: Sequence[Sms]) -> None:
        """These messages have a new status since `at`."""
        if messages:
            self._new.append((at, deque(messages)))

    def search(self, call: Call) -> Answer:
        """Statuses of given ids and correlation ids. A message without a status yet is left out."""
        body = read_object(call.body)
        found: dict[str, Sms] = {}
        for name in ("ids", "correlationIds"):
            keys = [] if body.get(name) is None else body[name]
            if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
                raise BadRequest(f"{name} must be a list of strings.")
            for key in keys:
                for message in self._log.find(Sms.vendor, key):
                    known_as = message.provider_id if name == "ids" else message.reference
                    if isinstance(message, Sms) and known_as == key:
                        found[message.provider_id] = message
        return Answer([m.as_row(call.now) for m in found.values() if _in_history(m, call.now)])

    def list_new(self, call: Call) -> Answer:
        """Messages whose status changed since the last call, each with its status as it is now."""
        rows: dict[str, Any] = {}
        while self._new and len(rows) < MOST_LISTED:
            at, messages = self._new[0]
            while messages and len(rows) < MOST_LISTED:
                message = messages.popleft()
                if call.now - at <= HISTORY:
                    rows[message.provider_id] = message.as_row(call.now)
            if not messages:
                self._new.popleft()
        return Answer(list(rows.values()))


def _in_history(message: Sms, now: float) -> bool:
    return message.submission.sent_at <= now and now - message.submission.sent_at <= HISTORY
