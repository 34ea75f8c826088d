"""Marketing Cloud's numbers and what they mean (contract §7 and "Error mapping")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.providers.base import EventKind, MaybeSent, Misconfigured, NotSent, ProviderError, Refused
from campaigns.providers.http import Verdict
from campaigns.states import Reason

ACCEPTED, SOME_FAILED = 0, 109001
TOO_MANY, NOBODY, NOBODY_VALID = 109101, 109102, 109103
DUPLICATE_KEY = 109110
BLOCKED = 50200  # a 429 that says nothing about when to come back

# -- requests -------------------------------------------------------------------------------------
_BY_STATUS: Mapping[int, Verdict] = {
    400: Verdict(Refused, Reason.INVALID_CONTENT),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    # The send route itself always exists: what is not found is the definition, or the host is not the API.
    404: Verdict(Misconfigured, Reason.INVALID_CONTENT),
    409: Verdict(Refused, Reason.REJECTED),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
    500: Verdict(MaybeSent, Reason.NO_ANSWER),
    502: Verdict(MaybeSent, Reason.NO_ANSWER),
    503: Verdict(MaybeSent, Reason.NO_ANSWER),
    504: Verdict(MaybeSent, Reason.NO_ANSWER),
}
# Misconfigured with INVALID_CONTENT: it would meet every message of the dispatch, which waits for a person.
_BY_CODE: Mapping[int, Verdict] = {
    40000: Verdict(Misconfigured, Reason.AUTH),
    40001: Verdict(Misconfigured, Reason.AUTH),
    109107: Verdict(Misconfigured, Reason.INVALID_CONTENT),
    109111: Verdict(Misconfigured, Reason.INVALID_CONTENT),
    30003: Verdict(Misconfigured, Reason.INVALID_CONTENT),
    NOBODY: Verdict(Refused, Reason.INVALID_RECIPIENT),
    NOBODY_VALID: Verdict(Refused, Reason.INVALID_RECIPIENT),
    30001: Verdict(Refused, Reason.REJECTED),
    30004: Verdict(Refused, Reason.REJECTED),
}


def verdict(status: int, code: int | None) -> Verdict | None:
    """What a refused request means; None where the common table decides. A code counts only with a 4xx."""
    if code is not None and 400 <= status < 500 and status != 429 and code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(status)


def is_lost(error: ProviderError) -> bool:
    """True for a definition that cannot be sent with: a cause of the campaign, not of the account."""
    return isinstance(error, Misconfigured) and error.reason is Reason.INVALID_CONTENT


# -- rows of a 202 --------------------------------------------------------------------------------
ROWS: Mapping[int, Reason] = {
    109104: Reason.REJECTED,
    109108: Reason.REJECTED,
    109105: Reason.INVALID_RECIPIENT,
    109109: Reason.INVALID_RECIPIENT,
    109106: Reason.INVALID_RECIPIENT,
    109121: Reason.INVALID_RECIPIENT,
    109103: Reason.INVALID_RECIPIENT,
    DUPLICATE_KEY: Reason.REJECTED,
}


# -- not sent, and carriers -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says about one message. `retry_after`: seconds until the new attempt that it allows."""

    kind: EventKind
    reason: Reason = Reason.NONE
    retry_after: float | None = None
    suppress: bool = False


_A_QUARTER_OF_AN_HOUR = 15 * 60.0
_OPTED_OUT = Meaning(EventKind.FAILED, Reason.PROVIDER_OPT_OUT, suppress=True)
_BAD_RECIPIENT = Meaning(EventKind.FAILED, Reason.INVALID_RECIPIENT)
_BAD_CONTENT = Meaning(EventKind.FAILED, Reason.INVALID_CONTENT)
_EXPIRED = Meaning(EventKind.FAILED, Reason.EXPIRED)
_REJECTED = Meaning(EventKind.FAILED, Reason.REJECTED)

_NOT_SENT: Mapping[int, Meaning] = {
    **dict.fromkeys((1, 2, 3, 27, 28, 31, 33, 1000, 1010, 1020, 1030), _OPTED_OUT),
    **dict.fromkeys((7, 8, 11, 13, 24, 29, 30, 36, 40, 42, 47, 109, 129, 134, 135, 136, 1040), _BAD_RECIPIENT),
    **dict.fromkeys((10, 16, 17, 19, 20, 22, 103, 104, 111, 130), _BAD_CONTENT),
    **dict.fromkeys((43, 138, 139), _EXPIRED),
    **dict.fromkeys((15, 37, 39, 41), _REJECTED),
    126: Meaning(EventKind.FAILED, Reason.RATE_LIMITED, retry_after=_A_QUARTER_OF_AN_HOUR),
}

_CARRIER: Mapping[int, Meaning] = {
    4000: Meaning(EventKind.DELIVERED),
    2502: Meaning(EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT),
    4504: Meaning(EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT),
    4505: Meaning(EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT),
    4501: Meaning(EventKind.UNDELIVERED, Reason.EXPIRED),
    4502: Meaning(EventKind.UNDELIVERED, Reason.REJECTED_BY_CARRIER),
    4503: Meaning(EventKind.UNDELIVERED, Reason.REJECTED_BY_CARRIER),
    4500: Meaning(EventKind.UNDELIVERED, Reason.NOT_DELIVERED),
    1501: Meaning(EventKind.UNDELIVERED, Reason.REJECTED),
    2600: Meaning(EventKind.FAILED, Reason.RATE_LIMITED, retry_after=_A_QUARTER_OF_AN_HOUR),
    1500: Meaning(EventKind.FAILED, Reason.PROVIDER_DOWN, retry_after=_A_QUARTER_OF_AN_HOUR),
    2500: Meaning(EventKind.FAILED, Reason.PROVIDER_DOWN, retry_after=_A_QUARTER_OF_AN_HOUR),
    2601: Meaning(EventKind.FAILED, Reason.PROVIDER_DOWN, retry_after=_A_QUARTER_OF_AN_HOUR),
    # Handed over, and the carrier does not know more: nobody will.
    2501: Meaning(EventKind.OTHER, Reason.NO_RECEIPT),
    3400: Meaning(EventKind.OTHER, Reason.NO_RECEIPT),
}
DELIVERED, FIRST_FAILURE = 4000, 4500
ON_ITS_WAY = Meaning(EventKind.SENT)


def not_sent(code: int | None) -> Meaning:
    """A reason of SMSNotSent. One that nobody documents is still final: the message did not leave."""
    return _NOT_SENT.get(-1 if code is None else code, _REJECTED)


def carrier(code: int | None, *, final: bool) -> Meaning:
    """A carrier status. `final`: told as delivered or bounced; else it came as Transient, where only 4000 and the
    failures from 4500 on are the end (published samples of both carry that type)."""
    number = -1 if code is None else code
    if not final and number != DELIVERED and number < FIRST_FAILURE:
        return ON_ITS_WAY
    return _CARRIER.get(number, Meaning(EventKind.UNDELIVERED, Reason.UNKNOWN_CODE))
