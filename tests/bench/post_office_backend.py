"""A Django email backend for a provider's HTTP API as such backends are: one POST a message, one kept-open session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

CREDENTIALS = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}


class EmailBackend(BaseEmailBackend):
    """Gives each message to the sandbox's door for single messages: the body that our adapter sends there."""

    base_url = ""  # of the sandbox of this run

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.session: httpx.Client | None = None

    def open(self) -> bool:
        if self.session is not None:
            return False
        self.session = httpx.Client(base_url=self.base_url, headers=CREDENTIALS, timeout=30)
        return True

    def close(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        self.open()
        assert self.session is not None
        for message in messages:
            body = {
                "destination": message.to[0].partition("@")[0],
                "messageText": message.body,
                "correlationId": message.extra_headers["X-Reference"],
            }
            self.session.post("/v1/send-sms", json=body).raise_for_status()
        return len(messages)
