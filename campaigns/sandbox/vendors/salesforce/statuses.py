"""The status of one message, and the list of those not sent (contract §5)."""

from __future__ import annotations

from campaigns.sandbox.log import MessageLog
from campaigns.sandbox.vendors.salesforce.errors import NOT_FOUND, WRONG_VALUE, Refusal
from campaigns.sandbox.vendors.salesforce.lifecycle import Lifecycle
from campaigns.sandbox.vendors.salesforce.messages import Sms
from campaigns.sandbox.vendors.salesforce.tokens import SLUG
from campaigns.sandbox.wire import Answer, Call

MEMORY_S = 3 * 86400.0
PAGE_SIZE = 50


class Statuses:
    def __init__(self, log: MessageLog, lifecycle: Lifecycle) -> None:
        self._log, self._lifecycle = log, lifecycle

    def show(self, call: Call) -> Answer:
        """GET …/messages/{messageKey}: of messages under the same key, the newest."""
        key = call.match["key"]
        found = [one for one in self._log.find(SLUG, key) if isinstance(one, Sms) and one.key == key]
        if not found or call.now - found[-1].submission.at > MEMORY_S:
            raise Refusal(NOT_FOUND, key, 404)
        return Answer(found[-1].status())

    def list_not_sent(self, call: Call) -> Answer:
        """GET …/messages/?type=notSent, oldest first, after `lastEventId`."""
        query = {name.lower(): value for name, value in call.query.items()}
        if query.get("type", "").lower() != "notsent":
            raise Refusal(WRONG_VALUE, "type")
        after, size = query.get("lasteventid", "0"), query.get("$pagesize", str(PAGE_SIZE))
        if not after.isdecimal() or not size.isdecimal() or int(size) < 1:
            raise Refusal(WRONG_VALUE, "$pageSize or lastEventId")
        first = int(after)
        part = self._lifecycle.not_sent[first : first + int(size)]
        rows = [message.not_sent_row(first + place) for place, message in enumerate(part, 1)]
        return Answer({"lastEventID": first + len(part), "messages": rows, "count": len(rows)})
