"""messaging-service's numbers: HTTP statuses, message statuses, delivery errors (contract §10, "Error mapping")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from campaigns.providers.base import MaybeSent, Misconfigured, NotSent, Refused
from campaigns.providers.http import Statuses, Verdict
from campaigns.states import Reason

SEND_STATUSES: Statuses = {
    400: Verdict(Refused, Reason.INVALID_CONTENT),
    401: Verdict(Misconfigured, Reason.AUTH),
    403: Verdict(Misconfigured, Reason.AUTH),
    404: Verdict(Misconfigured, Reason.REJECTED),
    429: Verdict(NotSent, Reason.RATE_LIMITED),
    500: Verdict(MaybeSent, Reason.NO_ANSWER),
    502: Verdict(MaybeSent, Reason.NO_ANSWER),
    503: Verdict(MaybeSent, Reason.NO_ANSWER),
    504: Verdict(MaybeSent, Reason.NO_ANSWER),
}
_DOWN = Verdict(NotSent, Reason.PROVIDER_DOWN)
# Of questions and of changes that can be repeated (reports, logs, bulks, suppressions).
ASK_STATUSES: Statuses = {
    **SEND_STATUSES,
    404: Verdict(Refused, Reason.NOT_FOUND),
    **dict.fromkeys((500, 502, 503, 504), _DOWN),
}


class Fate(Enum):
    """What a status says about a message, before we say it in our words."""

    ON_ITS_WAY = auto()
    SENT = auto()
    DELIVERED = auto()
    UNDELIVERED = auto()
    REJECTED = auto()
    UNSURE = auto()  # the outcome was never learnt


@dataclass(frozen=True, slots=True)
class Meaning:
    """retry_limit: how often the same message may be tried again, `retry_after` seconds later; None = never."""

    fate: Fate
    reason: Reason = Reason.NONE
    retry_after: float | None = None
    retry_limit: int | None = None
    suppress: bool = False
    hold: bool = False


_HOUR, _MINUTE = 3600.0, 60.0
_INVALID_RECIPIENT = Meaning(Fate.REJECTED, Reason.INVALID_RECIPIENT)
_INVALID_CONTENT = Meaning(Fate.REJECTED, Reason.INVALID_CONTENT)
_BLOCKED = Meaning(Fate.REJECTED, Reason.PROVIDER_BLOCKLIST, suppress=True)
_SENDER = Meaning(Fate.REJECTED, Reason.SENDER_REFUSED, hold=True)
_CREDIT = Meaning(Fate.REJECTED, Reason.NO_CREDIT, hold=True)
_ACCOUNT = Meaning(Fate.REJECTED, Reason.REJECTED, hold=True)
_PLATFORM = Meaning(Fate.REJECTED, Reason.PROVIDER_DOWN, retry_after=_MINUTE, retry_limit=3)
REJECTED = Meaning(Fate.REJECTED, Reason.REJECTED)
ON_ITS_WAY = Meaning(Fate.ON_ITS_WAY)
UNSURE = Meaning(Fate.UNSURE, Reason.RECEIPT_LOST)

DUPLICATE_MESSAGE_ID = 23
NOT_DELIVERED, NOT_SENT = 9, 31

# `status.id`
STATUS: Mapping[int, Meaning] = {
    3: ON_ITS_WAY,
    7: ON_ITS_WAY,
    26: ON_ITS_WAY,
    2: Meaning(Fate.SENT),
    5: Meaning(Fate.DELIVERED),
    4: Meaning(Fate.UNDELIVERED, Reason.REJECTED_BY_CARRIER),
    NOT_DELIVERED: Meaning(Fate.UNDELIVERED, Reason.NOT_DELIVERED),
    NOT_SENT: REJECTED,
    15: Meaning(Fate.UNDELIVERED, Reason.EXPIRED),
    29: UNSURE,
    8: _INVALID_RECIPIENT,
    51: _INVALID_RECIPIENT,
    52: _INVALID_RECIPIENT,
    10: _BLOCKED,
    14: _BLOCKED,
    11: _SENDER,
    13: _SENDER,
    12: _CREDIT,
    17: _CREDIT,
    18: _ACCOUNT,
    19: _ACCOUNT,
    75: _ACCOUNT,
    6: REJECTED,
    20: Meaning(Fate.REJECTED, Reason.RATE_LIMITED, retry_after=_HOUR, retry_limit=1),
    21: _PLATFORM,
    89: _PLATFORM,
    100: Meaning(Fate.REJECTED, Reason.PROVIDER_DOWN, retry_after=_MINUTE, retry_limit=1),
    DUPLICATE_MESSAGE_ID: REJECTED,
    24: _INVALID_CONTENT,
    25: _INVALID_CONTENT,
    88: _INVALID_CONTENT,
    90: _INVALID_CONTENT,
    87: REJECTED,
}
# `status.groupId`, for an id we do not know; `ACCEPTED` has a name but no published number.
GROUP: Mapping[int, Meaning] = {
    1: ON_ITS_WAY,
    2: Meaning(Fate.UNDELIVERED, Reason.REJECTED),
    3: Meaning(Fate.SENT),
    4: UNSURE,
    5: REJECTED,
}
PENDING_GROUPS = frozenset({"ACCEPTED", "PENDING"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a delivery failed. `suppress`: "always", "permanent" (when `error.permanent` says so) or ""."""

    reason: Reason
    suppress: str = ""


def _faults(reason: Reason, ids: Iterable[int], suppress: str = "") -> dict[int, Fault]:
    return dict.fromkeys(ids, Fault(reason, suppress))


# `error.id`, SMS and email (which has the numbers from 6000 to 6999).
ERROR: Mapping[int, Fault] = {
    **_faults(
        Reason.INVALID_RECIPIENT,
        (1, 5, 9, 11, 12, 629, 351, 352, 568, 569, 3041, 345, 6006, 6009, 6037, 6052),
        suppress="permanent",
    ),
    **_faults(Reason.HARD_BOUNCE, (6012,), suppress="permanent"),
    **_faults(Reason.PROVIDER_OPT_OUT, (603, 6003), suppress="always"),
    **_faults(Reason.PROVIDER_BLOCKLIST, (573, 2050, 2052, 6034, 6035), suppress="always"),
    **_faults(Reason.REJECTED, (5492,)),
    **_faults(Reason.INVALID_CONTENT, (355, 561, 604, 607, 2051, 4096)),
    **_faults(
        Reason.INVALID_CONTENT,
        (6002, 6018, 6020, 6021, *range(6024, 6028), 6030, 6031, 6033, *range(6038, 6042), 6043),
    ),
    **_faults(Reason.SPAM, (6042,)),
    **_faults(
        Reason.SENDER_REFUSED,
        (368, 375, 433, 2053, 4099, 6016, 6017, 6023, 6029, 6036, *range(6044, 6050), *range(6053, 6057)),
    ),
    **_faults(Reason.RATE_LIMITED, (541, 542, 609, 4103, 4104, 4202, 6050, 6051, 6057, 6058)),
    # Temporary: a phone that is off, a mailbox that is full. "Provider down" would blame the wrong side.
    **_faults(Reason.NOT_DELIVERED, (27, 6, *range(31, 37), 256, *range(500, 510), 2048, 4097)),
    **_faults(Reason.SOFT_BOUNCE, (6007, 6010, 6011, 6013)),
    **_faults(Reason.EXPIRED, (4098, 4100, 4101, 811)),
}
