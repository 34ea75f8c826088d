"""GET /email/4/reports and /sms/3/reports: every report is handed out once, within 48 hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.sandbox.vendors.messaging_service.errors import Failure
from campaigns.sandbox.vendors.messaging_service.records import EMAIL, SMS, Entry
from campaigns.sandbox.vendors.messaging_service.rows import Rows
from campaigns.sandbox.wire import Answer, Call

HISTORY = 48 * 3600.0  # virtual seconds; older reports and logs are hidden
DEFAULT_LIMIT, MOST = 50, 1000


@dataclass(slots=True)
class Batch:
    """Messages that reached the same step of their outcome at the same moment."""

    at: float
    step: int
    messages: list[Entry]


class PendingReports:
    """Reports that nobody has pulled yet, newest first to go."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.clear()

    def clear(self) -> None:
        self._batches: dict[str, list[Batch]] = {EMAIL: [], SMS: []}

    def add(self, at: float, step: int, messages: Sequence[Entry]) -> None:
        if messages:
            self._batches[messages[0].channel].append(Batch(at, step, list(messages)))

    def pull(self, channel: str, call: Call) -> Answer:
        """Up to `limit` reports that match the query; they will not come again."""
        limit, matches = read_limit(call), matcher(call)
        batches = self._batches[channel]
        results: list[dict[str, Any]] = []
        for batch in reversed(batches):
            if call.now - batch.at > HISTORY or len(results) == limit:
                break
            for message in _take(batch, limit - len(results), matches):
                status, error = message.outcome.steps[batch.step]
                results.append(self._rows.pulled(message, status, error, batch.at))
        self._batches[channel] = [b for b in batches if b.messages and call.now - b.at <= HISTORY]
        return Answer({"results": results})


def _take(batch: Batch, most: int, matches: Callable[[Entry], bool]) -> list[Entry]:
    """Remove up to `most` matching messages from the end of a batch."""
    taken: list[Entry] = []
    kept: list[Entry] = []
    while batch.messages and len(taken) < most:
        message = batch.messages.pop()
        (taken if matches(message) else kept).append(message)
    batch.messages.extend(reversed(kept))
    return taken


def read_limit(call: Call) -> int:
    """The `limit` of a pull. Raises 400."""
    text = call.query.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        violation = {"property": "limit", "violation": f"must be between 1 and {MOST}"}
        raise Failure(400, call.path, violations=[violation])
    return int(text)


def matcher(call: Call) -> Callable[[Entry], bool]:
    """The filters of a pull's query, except ids of the logs, which may be lists."""
    wanted = {name: call.query[name] for name in _FILTERS if name in call.query}

    def matches(entry: Entry) -> bool:
        return all(_FILTERS[name](entry) == value for name, value in wanted.items())

    return matches


_FILTERS: dict[str, Callable[[Entry], str]] = {
    "bulkId": lambda entry: entry.submission.request_id,
    "messageId": lambda entry: entry.provider_id,
    "campaignReferenceId": lambda entry: entry.body.options.campaign_reference,
    "entityId": lambda entry: entry.body.options.entity_id,
    "applicationId": lambda entry: entry.body.options.application_id,
}
