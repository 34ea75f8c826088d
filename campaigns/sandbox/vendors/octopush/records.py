"""Campaigns and their messages as the vendor keeps them, and the JSON shapes in which their fate is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaigns.sandbox.log import Message, Submission
from campaigns.sandbox.vendors.octopush.reading import PARIS, Contact, Content

SLUG = "octopush"
DIRECT, ON_LIST, ON_TAG = "direct", "list", "tag"


class Campaign(Submission):
    """`request_id` of the log is the ticket. `ready_at`: when its computation ends. `sent_at` and `cancelled_at` are
    None until then; times are virtual seconds. `failed`: the computation ends in a failure."""

    __slots__ = ("account", "cancelled_at", "contacts", "content", "cost", "failed", "kind", "list_name", "messages",
                 "parts", "ready_at", "sent_at", "tag_name")  # fmt: skip

    def __init__(self, number: int, at: float, ticket: str, account: str, kind: str, content: Content) -> None:
        super().__init__(number, at, ticket)
        self.account, self.kind, self.content = account, kind, content
        self.list_name = self.tag_name = ""
        self.contacts: list[Contact] = []
        self.messages: list[Sms] = []
        self.cost, self.parts, self.failed = 0.0, 0, False
        self.ready_at = at
        self.sent_at: float | None = None
        self.cancelled_at: float | None = None

    @property
    def ticket(self) -> str:
        return self.request_id

    def is_waiting(self) -> bool:
        """Neither sent nor cancelled nor failed."""
        return self.sent_at is None and self.cancelled_at is None and not self.failed

    def figures(self) -> dict[str, Any]:
        return {"number_of_contacts": len(self.contacts), "number_of_sms_needed": self.parts}


class Sms(Message):
    """One message that left. The vendor knows it by the campaign's ticket and the number."""

    __slots__ = ("text",)
    vendor = SLUG
    channel = "sms"
    submission: Campaign

    def __init__(self, campaign: Campaign, contact: Contact) -> None:
        self.submission, self.provider_id, self.reference = campaign, campaign.ticket, None
        self.destination, self.text = contact.number, contact.fill(campaign.content.text)

    def content(self) -> dict[str, Any]:
        campaign, content = self.submission, self.submission.content
        return {
            "text": self.text,
            "account": campaign.account,
            "kind": campaign.kind,
            "list_name": campaign.list_name,
            "tag_name": campaign.tag_name,
            "type": content.product,
            "purpose": content.purpose,
            "sender": content.sender,
            "with_replies": content.with_replies,
            "client_request_id": content.request_id,
            "cancelled": campaign.cancelled_at is not None,
        }

    @property
    def ending(self) -> str:
        return self.destination[-3:]


def local_time(moment: float) -> str:
    """`Y-m-d H:i:s` in Paris, as callbacks have it."""
    return datetime.fromtimestamp(moment, PARIS).strftime("%Y-%m-%d %H:%M:%S")


def iso_time(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), PARIS).isoformat()
