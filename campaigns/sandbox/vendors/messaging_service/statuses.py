"""Status and error codes, and which recipients trigger which of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

GROUPS = {1: "PENDING", 2: "UNDELIVERABLE", 3: "DELIVERED", 4: "EXPIRED", 5: "REJECTED"}


def _status(id_: int, group: int, name: str, description: str, action: str = "") -> dict[str, Any]:
    shown = {"groupId": group, "groupName": GROUPS[group], "id": id_, "name": name, "description": description}
    return {**shown, "action": action} if action else shown


STATUSES = {
    status["id"]: status
    for status in (
        _status(26, 1, "PENDING_ACCEPTED", "Accepted, waiting to be processed"),
        _status(7, 1, "PENDING_ENROUTE", "Sent to the next instance"),
        _status(9, 2, "UNDELIVERABLE_NOT_DELIVERED", "Message not delivered"),
        _status(2, 3, "DELIVERED_TO_OPERATOR", "Delivered to the operator"),
        _status(5, 3, "DELIVERED_TO_HANDSET", "Delivered to the recipient"),
        _status(15, 4, "EXPIRED_EXPIRED", "Validity period is over"),
        _status(29, 4, "EXPIRED_DLR_UNKNOWN", "No delivery report was received"),
        _status(8, 5, "REJECTED_PREFIX_MISSING", "Number prefix is missing"),
        _status(10, 5, "REJECTED_DND", "Recipient is on a do-not-disturb list"),
        _status(12, 5, "REJECTED_NOT_ENOUGH_CREDITS", "Not enough credits", "Top up the account"),
        _status(14, 5, "REJECTED_DESTINATION_BLOCKLISTED", "Destination is on the blocklist"),
        _status(20, 5, "REJECTED_FLOODING_FILTER", "Too many messages to this destination"),
        _status(21, 5, "REJECTED_SYSTEM_ERROR", "System error", "Repeat later"),
        _status(23, 5, "REJECTED_DUPLICATE_MESSAGE_ID", "Message ID was used before"),
        _status(25, 5, "REJECTED_MESSAGE_TOO_LONG", "Message has too many parts"),
        _status(52, 5, "REJECTED_DESTINATION", "Destination is not valid"),
        _status(90, 5, "REJECTED_VALIDATION_FAILED", "Validation failed", "Check sender and template"),
    )
}
ACCEPTED, ENROUTE, DELIVERED, EXPIRED = 26, 7, 5, 15
BAD_DESTINATION, FLOODING, SYSTEM_ERROR, DUPLICATE, TOO_LONG, INVALID = 52, 20, 21, 23, 25, 90


def _error(group: int, group_name: str, id_: int, name: str, description: str, permanent: bool) -> dict[str, Any]:
    return {"groupId": group, "groupName": group_name, "id": id_, "name": name, "description": description,
            "permanent": permanent}  # fmt: skip


NO_ERROR, SMS_EXPIRED, SUPPRESSED = 0, 4101, 6034
ERRORS = {
    error["id"]: error
    for error in (
        _error(0, "OK", NO_ERROR, "NO_ERROR", "No error", False),
        _error(1, "HANDSET_ERRORS", 1, "EC_UNKNOWN_SUBSCRIBER", "Unknown subscriber", True),
        _error(3, "OPERATOR_ERRORS", SMS_EXPIRED, "EC_VALIDITY_EXPIRED", "Validity period is over", False),
        _error(1, "HANDSET_ERRORS", 6003, "EC_EMAIL_OPTED_OUT", "Recipient opted out", True),
        _error(2, "USER_ERRORS", 6011, "EC_SOFT_BOUNCE", "Soft bounce", False),
        _error(2, "USER_ERRORS", 6012, "EC_HARD_BOUNCE", "Hard bounce", True),
        _error(1, "HANDSET_ERRORS", SUPPRESSED, "EC_EMAIL_SUPPRESSED", "Recipient is suppressed", True),
        _error(1, "HANDSET_ERRORS", 6042, "EC_SPAM_CONTENT", "Content was classified as spam", True),
    )
}
SMTP_RESPONSES = {6012: "550 5.1.1 no such user", 6011: "452 4.2.2 mailbox full", 6042: "554 5.7.1 message refused"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to an accepted message: reports as (status, error) one after the other, then events."""

    steps: tuple[tuple[int, int], ...]
    events: tuple[str, ...] = ()


NORMAL = Outcome(((DELIVERED, NO_ERROR),))
SILENT = Outcome(())
LATE_FOR_SMS = Outcome(((EXPIRED, SMS_EXPIRED),))
LATE_FOR_EMAIL = Outcome(((EXPIRED, NO_ERROR),))
SUPPRESSED_RECIPIENT = Outcome(((9, SUPPRESSED),))

SMS_REFUSALS = {"0001": 52, "0002": 8, "0003": 10, "0004": 14, "0005": 20, "0010": 12}
SMS_REFUSED_ONCE = "0012"  # system error at the first attempt, accepted afterwards
SMS_OUTCOMES = {
    "0006": Outcome(((9, 1),)),
    "0007": LATE_FOR_SMS,
    "0008": Outcome(((29, NO_ERROR),)),
    "0009": SILENT,
    "0011": Outcome(((2, NO_ERROR), (DELIVERED, NO_ERROR))),
}
EMAIL_REFUSALS = {"badsender": INVALID}
EMAIL_OUTCOMES = {
    "hardbounce": Outcome(((9, 6012),)),
    "softbounce": Outcome(((9, 6011),)),
    "suppressed": SUPPRESSED_RECIPIENT,
    "optedout": Outcome(((9, 6003),)),
    "spam": Outcome(((9, 6042),)),
    "complaint": Outcome(NORMAL.steps, ("COMPLAINED",)),
    "engaged": Outcome(NORMAL.steps, ("OPENED", "CLICKED")),
    "leaver": Outcome(NORMAL.steps, ("UNSUBSCRIBED",)),
    "lostreport": Outcome(((29, NO_ERROR),)),
    "noreport": SILENT,
    "latebounce": Outcome(NORMAL.steps, ("LATE_BOUNCE",)),
}

_email_trigger = re.compile("|".join((*EMAIL_REFUSALS, *EMAIL_OUTCOMES)), re.IGNORECASE).match
_phone = re.compile(r"\+?[0-9]+").fullmatch


def email_fate(address: str) -> tuple[int, Outcome]:
    """(status that refuses the recipient, or 0; what happens otherwise) by the start of the address."""
    if "@" not in address:
        return BAD_DESTINATION, NORMAL
    match = _email_trigger(address)
    if match is None:
        return 0, NORMAL
    word = match.group().lower()
    return EMAIL_REFUSALS.get(word, 0), EMAIL_OUTCOMES.get(word, NORMAL)


def sms_fate(number: str) -> tuple[int, Outcome]:
    """(status that refuses the recipient, or 0; what happens otherwise) by the last four digits."""
    if not _phone(number):
        return BAD_DESTINATION, NORMAL
    ending = number[-4:]
    return SMS_REFUSALS.get(ending, 0), SMS_OUTCOMES.get(ending, NORMAL)
