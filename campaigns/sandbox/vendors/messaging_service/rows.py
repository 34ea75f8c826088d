"""The JSON shapes of reports, logs and events. Pushed and pulled email reports differ, as the vendor's do."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.vendors.messaging_service.records import EMAIL, Entry
from campaigns.sandbox.vendors.messaging_service.settings import ServiceSettings
from campaigns.sandbox.vendors.messaging_service.statuses import ERRORS, SMTP_RESPONSES, STATUSES
from campaigns.sandbox.vendors.messaging_service.times import format_time

FIRST_ATTEMPT_MS = 120
SENDING_IP = "192.0.2.10"
NETWORK = "21401"
CLICKED_URL = "https://clicked.example/offer"


class Rows:
    """Writes rows with the account's price."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    def pulled(self, entry: Entry, status: int, error: int, done_at: float, address_key: str = "to") -> dict[str, Any]:
        """A row of the reports, or of the logs, which say `destination` instead of `to`."""
        row = self._head(entry, address_key, done_at)
        row |= {
            "messageCount": entry.parts,
            "price": self._price(),
            "status": STATUSES[status],
            "error": ERRORS[error],
            "platform": _platform(entry),
            **_references(entry),
        }
        if entry.channel == EMAIL:
            return {**row, "attemptCount": 1, "timeToFirstAttempt": FIRST_ATTEMPT_MS}
        return {**row, "mccMnc": NETWORK}

    def pushed(self, entry: Entry, status: int, error: int, done_at: float) -> dict[str, Any]:
        """A row of a pushed report: for SMS as pulled, for email flat and with the mail server's answer."""
        if entry.channel != EMAIL:
            return self.pulled(entry, status, error, done_at)
        row = self._head(entry, "to", done_at)
        del row["sender"]
        row |= {
            "smsCount": entry.parts,
            "price": self._price(),
            "status": STATUSES[status],
            "error": ERRORS[error],
            **_references(entry),
            **_platform(entry),
            "attemptCount": 1,
            "timeToFirstAttempt": FIRST_ATTEMPT_MS,
            "sendingIp": SENDING_IP,
            "smtp": {"response": SMTP_RESPONSES.get(error, "250 2.0.0 OK")},
            "browserLink": "",
        }
        return row

    def event(self, entry: Entry, kind: str, at: float) -> dict[str, Any]:
        """An engagement event of an email: one bare object."""
        sender = entry.body.sender.rpartition("<")[2].rstrip(">")
        shown = {
            "notificationType": kind,
            "eventId": uuid(),
            "domain": sender.rpartition("@")[2],
            "recipient": entry.destination,
            "sendDateTime": int(at * 1000),
            "messageId": entry.provider_id,
            "bulkId": entry.submission.request_id,
            **_references(entry),
            **_platform(entry),
        }
        if kind in ("COMPLAINED", "LATE_BOUNCE"):
            return {**shown, "sender": sender}
        if kind == "CLICKED":
            shown["url"] = CLICKED_URL
        shown["recipientInfo"] = {"deviceType": "Phone", "os": "Android 15", "deviceName": "Generic"}
        shown["geoLocation"] = {"countryName": "Bolivia", "city": "La Paz"}
        return shown

    def reply(self, source: str, destination: str, text: str, answered: Entry | None, at: float) -> dict[str, Any]:
        """An inbound SMS."""
        shown = {"messageId": f"in-{uuid()}", "from": source, "to": destination, "text": text,
                 "cleanText": text.partition(" ")[2], "keyword": text.partition(" ")[0].upper(),
                 "receivedAt": format_time(at), "smsCount": 1, "price": self._price()}  # fmt: skip
        return {**shown, **_references(answered), **_platform(answered)} if answered else shown

    def _head(self, entry: Entry, address_key: str, done_at: float) -> dict[str, Any]:
        sent_at = entry.submission.at if entry.wave is None else entry.wave.sent_at
        return {
            "bulkId": entry.submission.request_id,
            "messageId": entry.provider_id,
            address_key: entry.destination,
            "sender": entry.body.sender,
            "sentAt": format_time(sent_at),
            "doneAt": format_time(done_at),
        }

    def _price(self) -> dict[str, Any]:
        return {"pricePerMessage": self._settings.price, "currency": self._settings.currency}


def _references(entry: Entry) -> dict[str, str]:
    """What the client gave to recognise the message by; left out where it gave nothing."""
    given = {
        "callbackData": entry.body.webhooks.callback_data,
        "campaignReferenceId": entry.body.options.campaign_reference,
    }
    return {name: value for name, value in given.items() if value}


def _platform(entry: Entry) -> dict[str, str]:
    given = {"entityId": entry.body.options.entity_id, "applicationId": entry.body.options.application_id}
    return {name: value for name, value in given.items() if value}
