"""Sinch Messaging's numbers and what they mean: HTTP statuses, sent codes, delivered codes (contract §4.3, §7, §17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.providers.base import EventKind, MaybeSent, Misconfigured, NotSent, Refused
from campaigns.providers.http import Statuses, Verdict
from campaigns.states import Reason

# Of a send (§17.1). What is left out falls to the common table: other 4xx refused, other 5xx in doubt.
SEND_STATUSES: Statuses = {
    400: Verdict(Refused, Reason.INVALID_CONTENT),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    404: Verdict(Misconfigured, Reason.REJECTED),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
    500: Verdict(MaybeSent, Reason.NO_ANSWER),
    502: Verdict(NotSent, Reason.PROVIDER_DOWN),
    503: Verdict(NotSent, Reason.PROVIDER_DOWN),
    504: Verdict(MaybeSent, Reason.NO_ANSWER),
}
# Of a question, which can always be asked again.
ASK_STATUSES: Statuses = {
    **SEND_STATUSES,
    404: Verdict(Refused, Reason.NOT_FOUND),
    500: Verdict(NotSent, Reason.PROVIDER_DOWN),
    504: Verdict(NotSent, Reason.PROVIDER_DOWN),
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status code says about one message. `retry_after`: seconds until the new attempt it allows."""

    kind: EventKind
    reason: Reason = Reason.NONE
    retry_after: float | None = None
    suppress: bool = False
    hold: bool = False


_A_QUARTER_OF_AN_HOUR = 15 * 60.0

# `sentStatusCode`: did it reach the carrier.
SENT: Mapping[int, Meaning] = {
    2: Meaning(EventKind.SENT),
    101: Meaning(EventKind.FAILED, Reason.EXPIRED),
    102: Meaning(EventKind.FAILED, Reason.PROVIDER_DOWN, retry_after=_A_QUARTER_OF_AN_HOUR),
    103: Meaning(EventKind.FAILED, Reason.REJECTED_BY_CARRIER),
    201: Meaning(EventKind.FAILED, Reason.NO_CREDIT, hold=True),
    202: Meaning(EventKind.FAILED, Reason.INVALID_RECIPIENT),
    203: Meaning(EventKind.FAILED, Reason.PROVIDER_BLOCKLIST, suppress=True),
    204: Meaning(EventKind.FAILED, Reason.PROVIDER_OPT_OUT, suppress=True),
    205: Meaning(EventKind.FAILED, Reason.FREQUENCY_CAP),
    207: Meaning(EventKind.FAILED, Reason.FORBIDDEN_WORDS),
    301: Meaning(EventKind.FAILED, Reason.PROVIDER_DOWN, retry_after=_A_QUARTER_OF_AN_HOUR),
}

# `deliveredStatusCode`: did it reach the handset.
DELIVERED: Mapping[int, Meaning] = {
    4: Meaning(EventKind.DELIVERED),
    104: Meaning(EventKind.UNDELIVERED, Reason.NOT_DELIVERED),
}

# Codes that nobody documents (0 and 601 were seen in the wild): kept as they are, never guessed.
UNKNOWN = Meaning(EventKind.OTHER, Reason.UNKNOWN_CODE)
