"""The ways a request to a vendor, or a callback of one, can fail.

Pure: no Django, no settings, no models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campaigns.states import Reason


class ProviderError(Exception):
    """A whole request failed. `text` is safe to show: it never holds a credential."""

    def __init__(self, reason: Reason, text: str = "", code: str = "", http_status: int | None = None):
        super().__init__(text or reason.value)
        self.reason, self.text, self.code, self.http_status = reason, text, code, http_status


class NotSent(ProviderError):
    """Surely not sent: connect errors, 429, 503 with a documented meaning. May be retried.
    `events`: what a look-up had learned before it was stopped."""

    def __init__(
        self,
        reason: Reason,
        text: str = "",
        code: str = "",
        http_status: int | None = None,
        retry_after: float | None = None,
    ):
        super().__init__(reason, text, code, http_status)
        self.retry_after = retry_after
        self.events: Sequence[Any] = ()


class Missed(NotSent):
    """Not sent, because its slot in a rate limit had passed: whoever leaves late leaves in the time of others. Nobody's
    fault but ours, so it has no reason."""

    def __init__(self) -> None:
        super().__init__(Reason.NONE, retry_after=0.05)


class MaybeSent(ProviderError):
    """Perhaps sent: read timeout, reset, 500. Never resent blindly."""


class Refused(ProviderError):
    """The vendor read the request and said no, for all of its messages. Final."""


class Misconfigured(ProviderError):
    """Key refused, no credit, wrong base URL: surely not sent, and nothing will be until a person acts."""


class BadSignature(Exception):
    """A callback that is forged or stale. `status`: the HTTP status that the vendor's contract names for it."""

    def __init__(self, text: str = "", status: int = 400) -> None:
        super().__init__(text)
        self.status = status
