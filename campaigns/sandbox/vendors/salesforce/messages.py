"""Accepted messages, and what the status routes say of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from campaigns.sandbox.log import Message, Submission
from campaigns.sandbox.sms import measure
from campaigns.sandbox.vendors.salesforce.tokens import SLUG

QUEUED, SENT, NOT_SENT = "SMSQueued", "SMSSent", "SMSNotSent"
CENTRAL = timezone(timedelta(hours=-6))  # all year: no daylight saving (§1)
_placeholder = re.compile(r"%%([A-Za-z0-9_ ]+)%%")

MISSING_ATTRIBUTE = 10
REASONS = {
    10: "MissingRequiredAttributes", 11: "SubscriberNotOnAllSubscribers", 33: "AccountLevelOptOut",
    39: "SubscriberQueueCleared", 43: "RequestExpired", 47: "Mobile address not found",
    129: "PhoneNumberValidationFailed",
}  # fmt: skip


class Batch(Submission):
    """What the messages of one request share."""

    __slots__ = ("definition_id", "definition_key", "resubscribe")

    def __init__(
        self, number: int, at: float, request_id: str, definition_key: str, definition_id: str, resubscribe: bool
    ) -> None:
        super().__init__(number, at, request_id)
        self.definition_key, self.definition_id, self.resubscribe = definition_key, definition_id, resubscribe


class Sms(Message):
    """One accepted message. `doomed`: a not-sent reason that stood at acceptance (0 = none). `hidden`: its end is told
    by notification only. `state`, `code` and `changed_at` are what a look-up shows."""

    __slots__ = ("changed_at", "code", "composite_id", "contact_key", "doomed", "hidden", "state", "text")
    vendor = SLUG
    channel = "sms"
    submission: Batch

    def __init__(
        self, batch: Batch, key: str, composite_id: str, number: str, contact_key: str, text: str, doomed: int
    ) -> None:
        self.submission, self.destination, self.composite_id = batch, number, composite_id
        self.reference = self.provider_id = key  # the vendor knows a message by the client's key
        self.contact_key, self.text, self.doomed = contact_key, text, doomed
        self.state, self.code, self.changed_at, self.hidden = QUEUED, 0, batch.at, False

    @property
    def key(self) -> str:
        return self.provider_id

    @property
    def parts(self) -> int:
        return measure(self.text).parts

    def content(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "contact_key": self.contact_key,
            "definition_key": self.submission.definition_key,
            "resubscribe": self.submission.resubscribe,
        }

    def status(self) -> dict[str, Any]:
        """The look-up's answer: without `info` and `compositeId` while queued."""
        shown: dict[str, Any] = {"requestId": self.submission.request_id, **self._state()}
        if self.state == QUEUED:
            return shown
        info: dict[str, Any] = {"messageKey": self.key, "contactKey": self.contact_key, "to": self.destination}
        if self.state == NOT_SENT:
            info |= {"statusCode": self.code, "statusMessage": REASONS[self.code]}
        return {**shown, "compositeId": self.composite_id, "info": info}

    def not_sent_row(self, event_id: int) -> dict[str, Any]:
        """One row of the not-sent list."""
        return {
            "statusCode": self.code,
            "statusMessage": REASONS[self.code],
            **self._state(),
            "definitionKey": self.submission.definition_key,
            "eventID": event_id,
            "info": {"messageKey": self.key, "contactKey": self.contact_key, "to": self.destination},
        }

    def _state(self) -> dict[str, str]:
        moment = datetime.fromtimestamp(self.changed_at, UTC).astimezone(CENTRAL)
        return {
            "eventCategoryType": f"TransactionalSendEvents.{self.state}",
            "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}",
        }


def rendered(template: str, *attributes: Mapping[str, Any]) -> tuple[str, bool]:
    """The text with every `%%Name%%` filled from the first of `attributes` that has it, and whether all were there."""
    complete = True

    def fill(found: re.Match[str]) -> str:
        nonlocal complete
        for values in attributes:
            if found[1] in values:
                value = values[found[1]]
                return str(value).lower() if isinstance(value, bool) else str(value)
        complete = False
        return found[0]

    return _placeholder.sub(fill, template), complete
