"""Every status of a campaign, a dispatch and a recipient, and the one table of allowed moves.

Pure: no Django. From these tables come the refusals, the SQL conditions, the buttons, the CHECK
constraints and the test matrix (DESIGN §4). A move that is not in a table cannot happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    STARTED = "started"
    ARCHIVED = "archived"


class DispatchStatus(StrEnum):
    PREPARING = "preparing"
    SENDING = "sending"
    PAUSED = "paused"
    HELD = "held"
    FINISHED = "finished"
    STOPPED = "stopped"


class BatchStatus(StrEnum):
    """One request to a provider. `claimed` = a lane holds it under a lease; `done` = no row of it is
    open any more; `unknown` = at least one of its rows waits for a look-up, a receipt or a person."""

    READY = "ready"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"
    DONE = "done"


class ListStatus(StrEnum):
    """A dispatch as one campaign on a list at the vendor (`ListRun`). Until `launching` nothing can have left."""

    UPLOADING = "uploading"
    CREATING = "creating"
    COMPUTING = "computing"
    WAITING = "waiting"  # count and cost are known; a person or the cost cap says yes
    LAUNCHING = "launching"  # intent committed
    LAUNCHED = "launched"
    UNCLEAR = "unclear"  # perhaps launched
    FAILED = "failed"
    CANCELLED = "cancelled"


class RecipientStatus(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"  # the provider has it
    SENT = "sent"  # the carrier has it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SKIPPED = "skipped"  # own rules: never handed over
    UNKNOWN = "unknown"  # perhaps sent
    CANCELLED = "cancelled"  # stopped by a person before it was handed over


class Reason(StrEnum):
    """Why a row is where it is. One code, one sentence in three languages (`campaigns/wording.py`)."""

    NONE = ""
    # own rules, decided by us before anything leaves
    NO_ADDRESS = "no_address"
    NOT_MOBILE = "not_mobile"
    EXCLUDED_GROUP = "excluded_group"
    SUPPRESSED = "suppressed"
    OPTED_OUT = "opted_out"
    NO_CONSENT = "no_consent"
    DUPLICATE = "duplicate"
    MISSING_VALUE = "missing_value"
    TOO_LONG = "too_long"
    CONTACT_DELETED = "contact_deleted"
    STOPPED = "stopped"
    # what a provider or a carrier says
    INVALID_RECIPIENT = "invalid_recipient"
    INVALID_CONTENT = "invalid_content"
    FORBIDDEN_WORDS = "forbidden_words"
    AUTH = "auth"
    NO_CREDIT = "no_credit"
    RATE_LIMITED = "rate_limited"
    FREQUENCY_CAP = "frequency_cap"
    PROVIDER_DOWN = "provider_down"
    REJECTED = "rejected"
    REJECTED_BY_CARRIER = "rejected_by_carrier"
    SENDER_REFUSED = "sender_refused"
    PROVIDER_BLOCKLIST = "provider_blocklist"
    PROVIDER_OPT_OUT = "provider_opt_out"
    EXPIRED = "expired"
    NOT_DELIVERED = "not_delivered"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    SPAM = "spam"
    RECEIPT_LOST = "receipt_lost"
    NO_RECEIPT = "no_receipt"
    # ambiguous
    NO_ANSWER = "no_answer"
    WORKER_DIED = "worker_died"
    NOT_FOUND = "not_found"
    UNREADABLE_ANSWER = "unreadable_answer"
    UNKNOWN_CODE = "unknown_code"
    INTERRUPTED = "interrupted"
    NO_OUTCOME = "no_outcome"
    # a person's decision on the "to verify" list
    MARKED_SENT = "marked_sent"
    MARKED_NOT_SENT = "marked_not_sent"


class Hold(StrEnum):
    """Why a dispatch paused itself, beside the reasons of messages (key refused, no credit, sender refused)."""

    STALE = "stale_schedule"
    FAILURES = "failure_rate"
    CANARY = "canary"
    BUDGET = "budget_cap"
    NONSENSE = "nonsense"


class By(StrEnum):
    PERSON = "person"
    MACHINE = "machine"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Move:
    """An allowed move: from any of `sources` to `target`, done by `by`; `permission` for persons."""

    sources: frozenset[str]
    target: str
    by: By
    permission: str = ""


def _move(sources: str, target: str, by: By, permission: str = "") -> Move:
    return Move(frozenset(sources.split()), target, by, permission)


CAMPAIGN_MOVES: dict[str, Move] = {
    "submit": _move("draft", CampaignStatus.IN_REVIEW, By.PERSON, "campaign.edit"),
    "reopen": _move("in_review", CampaignStatus.DRAFT, By.PERSON, "campaign.edit"),
    "schedule": _move("draft in_review", CampaignStatus.SCHEDULED, By.PERSON, "campaign.send"),
    "unschedule": _move("scheduled", CampaignStatus.DRAFT, By.PERSON, "campaign.send"),
    "start": _move("scheduled", CampaignStatus.STARTED, By.MACHINE),
    "archive": _move("draft in_review started", CampaignStatus.ARCHIVED, By.PERSON, "campaign.edit"),
}

DISPATCH_MOVES: dict[str, Move] = {
    "begin": _move("preparing", DispatchStatus.SENDING, By.MACHINE),
    "pause": _move("preparing sending held", DispatchStatus.PAUSED, By.PERSON, "dispatch.control"),
    "resume": _move("paused held", DispatchStatus.SENDING, By.PERSON, "dispatch.control"),
    "hold": _move("preparing sending", DispatchStatus.HELD, By.MACHINE),
    "stop": _move("preparing sending paused held", DispatchStatus.STOPPED, By.PERSON, "dispatch.control"),
    "finish": _move("sending", DispatchStatus.FINISHED, By.MACHINE),
    "resend": _move("finished", DispatchStatus.SENDING, By.PERSON, "dispatch.control"),
}

RECIPIENT_MOVES: dict[str, Move] = {
    "claim": _move("queued", RecipientStatus.CLAIMED, By.MACHINE),
    "skip": _move("queued claimed", RecipientStatus.SKIPPED, By.MACHINE),
    "requeue": _move("claimed", RecipientStatus.QUEUED, By.MACHINE),
    "accept": _move("claimed unknown", RecipientStatus.ACCEPTED, By.PROVIDER),
    "refuse": _move("claimed unknown accepted sent", RecipientStatus.FAILED, By.PROVIDER),
    "lose": _move("claimed", RecipientStatus.UNKNOWN, By.MACHINE),
    "carry": _move("claimed unknown accepted", RecipientStatus.SENT, By.PROVIDER),
    "deliver": _move("claimed unknown accepted sent", RecipientStatus.DELIVERED, By.PROVIDER),
    "undeliver": _move("claimed unknown accepted sent", RecipientStatus.UNDELIVERED, By.PROVIDER),
    "doubt": _move("accepted unknown", RecipientStatus.UNKNOWN, By.PROVIDER),  # taken, then lost sight of
    "cancel": _move("queued", RecipientStatus.CANCELLED, By.MACHINE),
    "mark_sent": _move("unknown", RecipientStatus.ACCEPTED, By.PERSON, "dispatch.control"),
    "mark_not_sent": _move("unknown", RecipientStatus.FAILED, By.PERSON, "dispatch.control"),
    "send_again": _move("unknown failed undelivered", RecipientStatus.QUEUED, By.PERSON, "dispatch.control"),
    "retry": _move("failed", RecipientStatus.QUEUED, By.MACHINE),  # a new attempt that the vendor's own rules name
    "resubmit": _move("unknown", RecipientStatus.QUEUED, By.MACHINE),  # same reference, the vendor refuses doubles
}

TERMINAL_DISPATCH = frozenset({DispatchStatus.FINISHED, DispatchStatus.STOPPED})
# Of a campaign on a list at the vendor: nothing has left, and nothing leaves without another step of ours. When its
# dispatch is stopped, it is withdrawn at the vendor.
BEFORE_LAUNCH = (
    ListStatus.UPLOADING,
    ListStatus.CREATING,
    ListStatus.COMPUTING,
    ListStatus.WAITING,
    ListStatus.FAILED,
)
# Rows a dispatch still has to do something about before it may be called finished.
OPEN_RECIPIENT = frozenset({RecipientStatus.QUEUED, RecipientStatus.CLAIMED, RecipientStatus.UNKNOWN})
FINAL_RECIPIENT = frozenset(
    {
        RecipientStatus.DELIVERED,
        RecipientStatus.UNDELIVERED,
        RecipientStatus.FAILED,
        RecipientStatus.SKIPPED,
        RecipientStatus.CANCELLED,
    }
)
# "Handed over" on every screen: the provider has, or perhaps has, the message.
HANDED_OVER = frozenset(
    {
        RecipientStatus.ACCEPTED,
        RecipientStatus.SENT,
        RecipientStatus.DELIVERED,
        RecipientStatus.UNDELIVERED,
        RecipientStatus.FAILED,
        RecipientStatus.UNKNOWN,
    }
)


def allowed(moves: dict[str, Move], action: str, status: str) -> bool:
    """True when `action` may be done to a thing in `status`. KeyError for an action nobody defined."""
    return status in moves[action].sources


def actions_from(moves: dict[str, Move], status: str, by: By = By.PERSON) -> list[str]:
    """The actions open to `by` from `status`, in table order: the buttons of a page."""
    return [name for name, move in moves.items() if move.by is by and status in move.sources]
