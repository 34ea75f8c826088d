"""GET and PUT of /email/1/bulks, /sms/1/bulks and their /status: an array for email, a flat object for SMS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaigns.sandbox.vendors.messaging_service.bulks import CHANGEABLE, Bulks, BulkStatus, ScheduledBulk
from campaigns.sandbox.vendors.messaging_service.checks import Checks, check_send_at, read_json
from campaigns.sandbox.vendors.messaging_service.email import MOST_DAYS_AHEAD as EMAIL_DAYS
from campaigns.sandbox.vendors.messaging_service.errors import Failure
from campaigns.sandbox.vendors.messaging_service.records import EMAIL
from campaigns.sandbox.vendors.messaging_service.sms import MOST_DAYS_AHEAD as SMS_DAYS
from campaigns.sandbox.vendors.messaging_service.times import format_time
from campaigns.sandbox.wire import Answer, Call

WRITABLE = (BulkStatus.PAUSED, BulkStatus.PENDING, BulkStatus.CANCELED)


class BulkRoutes:
    """The four calls of one channel."""

    def __init__(self, bulks: Bulks, channel: str) -> None:
        self._bulks, self._channel = bulks, channel

    def show_time(self, call: Call) -> Answer:
        return self._show(call, "sendAt", lambda scheduled: format_time(scheduled.send_at))

    def show_status(self, call: Call) -> Answer:
        return self._show(call, "status", lambda scheduled: scheduled.status.value)

    def change_time(self, call: Call) -> Answer:
        scheduled, checks = self._find(call), Checks()
        wanted = read_json(call.body, call.path).get("sendAt")
        most_days = EMAIL_DAYS if self._channel == EMAIL else SMS_DAYS
        moment = check_send_at(checks, wanted, "sendAt", call.now, most_days)
        checks.finish(call.path)
        self._refuse_late_change(call, scheduled)
        for one in scheduled:
            self._bulks.move(one, moment or call.now)
        return Answer({"bulkId": call.query["bulkId"], "sendAt": format_time(moment or call.now)})

    def change_status(self, call: Call) -> Answer:
        scheduled = self._find(call)
        wanted = read_json(call.body, call.path).get("status")
        if wanted not in WRITABLE:
            raise Failure(400, call.path, f"status must be one of {', '.join(WRITABLE)}.")
        self._refuse_late_change(call, scheduled)
        for one in scheduled:
            self._bulks.set_status(one, BulkStatus(wanted))
        return Answer({"bulkId": call.query["bulkId"], "status": wanted})

    def _show(self, call: Call, name: str, value: Callable[[ScheduledBulk], Any]) -> Answer:
        scheduled, bulk_id = self._find(call), call.query["bulkId"]
        if self._channel == EMAIL:
            parts = [{"bulkId": one.own_id, name: value(one)} for one in scheduled]
            return Answer({"externalBulkId": bulk_id, "bulks": parts})
        return Answer({"bulkId": bulk_id, name: value(scheduled[-1])})

    def _find(self, call: Call) -> list[ScheduledBulk]:
        bulk_id = call.query.get("bulkId")
        if not bulk_id:
            raise Failure(400, call.path, "bulkId is required.")
        scheduled = self._bulks.find(self._channel, bulk_id)
        if not scheduled:
            raise Failure(404, call.path, "Bulk not found")
        return scheduled

    def _refuse_late_change(self, call: Call, scheduled: list[ScheduledBulk]) -> None:
        """Too late is 409 for email; the SMS routes list no 409 and answer 400."""
        if any(one.status not in CHANGEABLE for one in scheduled):
            raise Failure(409 if self._channel == EMAIL else 400, call.path, "Update not allowed for bulk")
