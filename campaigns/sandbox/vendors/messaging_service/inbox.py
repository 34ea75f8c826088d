"""Inbound SMS: pushed to the account's webhook, and pulled once from GET /sms/1/inbox/reports."""

from __future__ import annotations

from typing import Any

import orjson

from campaigns.sandbox.vendors.messaging_service.delivery import Delivery
from campaigns.sandbox.vendors.messaging_service.records import Entry
from campaigns.sandbox.vendors.messaging_service.reports import HISTORY, read_limit
from campaigns.sandbox.vendors.messaging_service.rows import Rows
from campaigns.sandbox.vendors.messaging_service.settings import ServiceSettings
from campaigns.sandbox.wire import Answer, Call

ACCOUNT_NUMBER = "59170000111"  # replies to a message without a numeric sender go here


class Inbox:
    """Replies of people."""

    def __init__(self, settings: ServiceSettings, rows: Rows, delivery: Delivery) -> None:
        self._settings, self._rows, self._delivery = settings, rows, delivery
        self.clear()

    def clear(self) -> None:
        self._waiting: list[tuple[float, dict[str, Any]]] = []

    def receive(self, source: str, text: str, answered: Entry | None, now: float) -> str:
        """A person at `source` writes `text`. Returns the id of the reply."""
        sender = answered.body.sender if answered else ""
        shown = self._rows.reply(source, sender if sender.isdecimal() else ACCOUNT_NUMBER, text, answered, now)
        self._waiting.append((now, shown))
        if self._settings.mo_url:
            body = orjson.dumps({"results": [shown], "messageCount": 1, "pendingMessageCount": 0})
            self._delivery.send("mo", self._settings.mo_url, [lambda: body], now)
        return str(shown["messageId"])

    def pull(self, call: Call) -> Answer:
        """Replies that no call has returned before, oldest first."""
        limit = read_limit(call)
        fresh = [shown for at, shown in self._waiting if call.now - at <= HISTORY]
        wanted = {name: call.query[name] for name in ("applicationId", "entityId", "campaignReferenceId")
                  if name in call.query}  # fmt: skip
        matching = [shown for shown in fresh if all(shown.get(name) == value for name, value in wanted.items())]
        handed_out = matching[:limit]
        given = {shown["messageId"] for shown in handed_out}
        self._waiting = [(at, shown) for at, shown in self._waiting if shown["messageId"] not in given]
        pending = len(matching) - len(handed_out)
        return Answer({"results": handed_out, "messageCount": len(handed_out), "pendingMessageCount": pending})
