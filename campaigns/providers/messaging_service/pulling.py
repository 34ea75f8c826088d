"""Fetching delivery reports and replies, and catching up from the logs after an answer was lost (contract §8).

A report is handed out once: an answer that never reached us takes its reports with it. The logs can be read again, so
the cursor then says "read the logs from here", page by page, until they are through.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from campaigns.providers.base import Channel, Event, MaybeSent, NotSent, ProviderError, Pulled
from campaigns.providers.messaging_service import events
from campaigns.providers.messaging_service.rights import LOGS
from campaigns.providers.messaging_service.timing import moment, wire_time
from campaigns.states import Reason

log = logging.getLogger(__name__)

LIMIT = 1000
PAGES = 10  # of the logs in one pull: they answer 120 times a minute
# The vendor forgets after 48 hours; a message that was sent long ago may be reported only now.
HISTORY = timedelta(hours=48)
REPORTS = {Channel.EMAIL: "/email/4/reports", Channel.SMS: "/sms/3/reports"}
INBOX = "/sms/1/inbox/reports"
_CATCH_UP = "logs"

Query = Sequence[tuple[str, str]]


class Api(Protocol):
    """The account's calls: `take` for what is handed out once, `ask` for what can be read again."""

    async def take(self, path: str, query: Query) -> Any: ...
    async def ask(self, method: str, path: str, *, query: Query) -> Any: ...


async def pull(api: Api, channel: Channel, cursor: str, now: datetime) -> Pulled:
    """What waits, and the cursor for next time. Each thing is handed out once, so what was fetched is returned even
    when a later call fails; an error is raised only when nothing can have been lost."""
    limit = [("limit", str(LIMIT))]
    found: list[Event] = []
    try:
        found += [events.report_event(row) for row in _taken(await api.take(REPORTS[channel], limit))]
    except MaybeSent as error:
        log.warning("an answer with reports was lost: %s", error.text)
        cursor = from_the_logs(now)
    if channel is Channel.SMS:
        try:
            found += [events.reply_event(row) for row in _taken(await api.take(INBOX, limit))]
        except ProviderError as error:
            log.warning("replies could not be fetched: %s", error.text)
    if cursor.startswith(_CATCH_UP):
        more, cursor = await _catch_up(api, channel, cursor)
        found += more
    return Pulled(found, cursor)


def from_the_logs(now: datetime) -> str:
    """The cursor that reads everything once more from the logs."""
    return f"{_CATCH_UP}|{wire_time(now - HISTORY)}|"


def _taken(answer: object) -> list[events.Row]:
    try:
        return events.rows_of(answer)
    except ValueError as error:
        raise MaybeSent(Reason.UNREADABLE_ANSWER, "Unreadable answer.") from error


def rows(answer: object) -> list[events.Row]:
    """The rows of a pulled list. NotSent when the answer is none."""
    try:
        return events.rows_of(answer)
    except ValueError as error:
        raise NotSent(Reason.PROVIDER_DOWN, "Unreadable answer.") from error


async def _catch_up(api: Api, channel: Channel, cursor: str) -> tuple[list[Event], str]:
    """Some pages of the logs, and where to go on: "" when they are through."""
    _, since, position = cursor.split("|", 2)
    found: list[Event] = []
    if moment(since) is None:
        return found, ""
    for _ in range(PAGES):
        query = [("limit", str(LIMIT)), ("sentSince", since), ("useCursor", "true")]
        try:
            answer = await api.ask("GET", LOGS[channel], query=[*query, *([("cursor", position)] if position else [])])
            found += [events.log_event(row) for row in rows(answer)]
        except ProviderError as error:
            log.warning("the logs could not be read: %s", error.text)
            break
        position = str((answer.get("cursor") or {}).get("nextCursor") or "")
        if not position:
            return found, ""
    return found, f"{_CATCH_UP}|{since}|{position}"
