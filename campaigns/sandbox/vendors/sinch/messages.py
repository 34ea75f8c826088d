"""Accepted messages and the three JSON shapes in which their status is told."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.clock import iso_utc
from campaigns.sandbox.log import Message, Submission
from campaigns.sandbox.vendors.sinch.outcomes import (
    DELIVERED_NAMES,
    EXPIRED,
    LOST,
    SENT,
    SENT_NAMES,
    carrier_of,
    delivered_code,
)


class Batch(Submission):
    """What the messages of one request share. Times are virtual seconds since 1970."""

    __slots__ = (
        "campaign_alias", "campaign_id", "delivered_at", "expired", "flash", "flow_id", "messages", "send_at",
        "sent_at", "sub_account", "user",
    )  # fmt: skip

    def __init__(self, number: int, at: float, request_id: str, user: str) -> None:
        super().__init__(number, at, request_id)
        self.user = user
        self.campaign_alias: str | None = None
        self.campaign_id: int | None = None
        self.flow_id: str | None = None
        self.sub_account: str | None = None
        self.flash = False
        self.messages: list[Sms] = []
        self.expired = False
        self.send_at = self.sent_at = self.delivered_at = at


class Sms(Message):
    """One accepted message. `sent_code` is what its callback will say; a batch that expires overrules it."""

    __slots__ = ("extra_info", "sent_code", "text")
    vendor = "sinch-messaging"
    channel = "sms"
    submission: Batch

    def __init__(
        self, batch: Batch, provider_id: str, reference: str | None, destination: str, text: str, extra_info: str,
        sent_code: int,
    ) -> None:  # fmt: skip
        self.submission, self.provider_id, self.reference = batch, provider_id, reference
        self.destination, self.text, self.extra_info, self.sent_code = destination, text, extra_info, sent_code

    def content(self) -> dict[str, Any]:
        batch = self.submission
        return {
            "text": self.text,
            "extra_info": self.extra_info,
            "user": batch.user,
            "campaign_alias": batch.campaign_alias,
            "flow_id": batch.flow_id,
            "sub_account": batch.sub_account,
            "flash": batch.flash,
            "send_at": round(batch.send_at, 3),
        }

    @property
    def code(self) -> int:
        return EXPIRED if self.submission.expired else self.sent_code

    @property
    def delivery(self) -> int | None:
        """The code of the DLR, None when there never is one."""
        return delivered_code(self.destination) if self.code == SENT else None

    @property
    def ending(self) -> str:
        """What decides special behaviour: the last three digits of a message that went out, else nothing."""
        return self.destination[-3:] if self.code == SENT else ""

    @property
    def is_lost(self) -> bool:
        return self.ending == LOST

    def _head(self) -> dict[str, Any]:
        carrier_id, carrier_name = carrier_of(self.destination)
        shown = {"id": self.provider_id, "correlationId": self.reference, "carrierId": carrier_id,
                 "carrierName": carrier_name, "destination": self.destination, "sentStatusCode": self.code,
                 "sentStatus": SENT_NAMES[self.code]}  # fmt: skip
        if self.reference is None:
            del shown["correlationId"]
        return shown

    def as_callback(self) -> dict[str, Any]:
        """Sent status as pushed: `sentAt`, and the campaign's id as a string."""
        batch = self.submission
        shown = self._head()
        shown["sentAt"], shown["sentDate"] = int(batch.sent_at * 1000), iso_utc(batch.sent_at)
        if batch.campaign_id is not None:
            shown["campaignId"] = str(batch.campaign_id)
        shown["extraInfo"] = self.extra_info
        return shown

    def as_dlr(self) -> dict[str, Any]:
        """Delivered status as pushed: `sentStatusAt`, and the campaign's id as a number."""
        return self._with_delivery(self._with_sent_status())

    def as_row(self, now: float) -> dict[str, Any]:
        """Status as the queries show it at `now`."""
        shown = self._with_sent_status()
        return self._with_delivery(shown) if self.submission.delivered_at <= now else self._with_campaign(shown)

    def _with_sent_status(self) -> dict[str, Any]:
        sent_at = self.submission.sent_at
        return {**self._head(), "sentStatusAt": int(sent_at * 1000), "sentStatusDate": iso_utc(sent_at)}

    def _with_delivery(self, shown: dict[str, Any]) -> dict[str, Any]:
        code, at = self.delivery, self.submission.delivered_at
        if code is not None:
            shown |= {"deliveredStatusCode": code, "deliveredStatus": DELIVERED_NAMES[code],
                      "deliveredAt": int(at * 1000), "deliveredDate": iso_utc(at)}  # fmt: skip
        return self._with_campaign(shown)

    def _with_campaign(self, shown: dict[str, Any]) -> dict[str, Any]:
        if self.submission.campaign_id is not None:
            shown["campaignId"] = self.submission.campaign_id
        shown["extraInfo"] = self.extra_info
        return shown
