"""Accepted messages: what the outbox shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.sandbox.log import Message
from campaigns.sandbox.vendors.crm.dispatches import Dispatch
from campaigns.sandbox.vendors.crm.templates import EMAIL


class CrmMessage(Message):
    """One recipient of a dispatch. The vendor knows people by `unique_id` within a call, and calls by their dispatch,
    whose id is the `provider_id`; it has no reference of the client's that would be unique beyond the call."""

    __slots__ = ("card_number", "payload", "unique_id")
    vendor = "crm-messaging"
    submission: Dispatch

    def __init__(
        self, dispatch: Dispatch, unique_id: str, destination: str, payload: Mapping[str, Any], card_number: str
    ) -> None:
        self.submission, self.provider_id, self.reference = dispatch, str(dispatch.id), None
        self.unique_id, self.destination, self.payload = unique_id, destination, payload
        self.card_number = card_number

    @property
    def channel(self) -> str:  # type: ignore[override]
        return "email" if self.submission.template.channel == EMAIL else "sms"

    def content(self) -> dict[str, Any]:
        template = self.submission.template
        shown = {
            "unique_id": self.unique_id,
            "template_id": template.id,
            "values": dict(self.payload),
            "text": template.render(template.text, self.payload),
            "card_number": self.card_number,
            "recorded_in_crm": bool(self.card_number),
        }
        if template.channel == EMAIL:
            shown["subject"] = template.render(template.subject, self.payload)
        return shown
