"""Statuses and reasons in words: one code, one sentence, one advice."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.states import BatchStatus, CampaignStatus, DispatchStatus, Hold, ListStatus, Reason, RecipientStatus

Words = str | Promise

# Words of the state table (design guide §6). Sent is not delivered.
RECIPIENT_WORDS: dict[str, Words] = {
    RecipientStatus.QUEUED: _("Waiting"),
    RecipientStatus.CLAIMED: _("Handing over"),
    RecipientStatus.ACCEPTED: _("Sent"),
    RecipientStatus.SENT: _("Sent"),
    RecipientStatus.DELIVERED: _("Delivered"),
    RecipientStatus.UNDELIVERED: _("Not delivered"),
    RecipientStatus.FAILED: _("Failed"),
    RecipientStatus.SKIPPED: _("Excluded"),
    RecipientStatus.UNKNOWN: _("To verify"),
    RecipientStatus.CANCELLED: _("Stopped"),
}
CAMPAIGN_WORDS: dict[str, Words] = {
    CampaignStatus.DRAFT: _("Draft"),
    CampaignStatus.IN_REVIEW: _("In review"),
    CampaignStatus.SCHEDULED: _("Scheduled"),
    CampaignStatus.STARTED: pgettext_lazy("campaign", "Started"),
    CampaignStatus.ARCHIVED: _("Archived"),
}
DISPATCH_WORDS: dict[str, Words] = {
    DispatchStatus.PREPARING: _("Preparing"),
    DispatchStatus.SENDING: _("Sending"),
    DispatchStatus.PAUSED: _("Paused"),
    DispatchStatus.HELD: _("Paused by a problem"),
    DispatchStatus.FINISHED: _("Finished"),
    DispatchStatus.STOPPED: _("Stopped"),
}
BATCH_WORDS: dict[str, Words] = {
    BatchStatus.READY: _("Waiting"),
    BatchStatus.CLAIMED: _("Handing over"),
    BatchStatus.UNKNOWN: _("To verify"),
    BatchStatus.DONE: _("Done"),
}
LIST_WORDS: dict[str, Words] = {
    ListStatus.UPLOADING: _("Bringing the people there"),
    ListStatus.CREATING: _("Being created"),
    ListStatus.COMPUTING: _("Being counted by the provider"),
    ListStatus.WAITING: _("Waiting for approval"),
    ListStatus.LAUNCHING: _("Being launched"),
    ListStatus.LAUNCHED: _("Launched"),
    ListStatus.UNCLEAR: _("Perhaps launched"),
    ListStatus.FAILED: _("Failed"),
    ListStatus.CANCELLED: _("Cancelled"),
}
# How far the vendor is with a ticket (`providers.remote.Course`).
COURSE_WORDS: dict[str, Words] = {
    "open": _("Under way"),
    "done": _("Done"),
    "failed": _("Failed"),
    "unclear": _("To verify"),
}
# What became of a callback.
OUTCOME_WORDS: dict[str, Words] = {
    "applied": _("Applied"),
    "parked": _("Tried again later"),
    "unmatched": _("Fits no message"),
    "unreadable": _("Not readable"),
}
# status -> (class `s-…`, icon), for recipients, campaigns and dispatches alike.
STATE_STYLE: dict[str, tuple[str, str]] = {
    RecipientStatus.QUEUED: ("waiting", "circle-dashed"),
    RecipientStatus.CLAIMED: ("sending", "send"),
    RecipientStatus.ACCEPTED: ("sent", "check"),
    RecipientStatus.SENT: ("sent", "check"),
    RecipientStatus.DELIVERED: ("delivered", "checks"),
    RecipientStatus.UNDELIVERED: ("failed", "x"),
    RecipientStatus.FAILED: ("failed", "x"),
    RecipientStatus.SKIPPED: ("excluded", "ban"),
    RecipientStatus.UNKNOWN: ("verify", "zoom-question"),
    RecipientStatus.CANCELLED: ("excluded", "ban"),
    CampaignStatus.DRAFT: ("waiting", "pencil"),
    CampaignStatus.IN_REVIEW: ("verify", "eye"),
    CampaignStatus.SCHEDULED: ("sent", "calendar-event"),
    CampaignStatus.STARTED: ("sending", "send"),
    CampaignStatus.ARCHIVED: ("excluded", "archive"),
    DispatchStatus.PREPARING: ("waiting", "circle-dashed"),
    DispatchStatus.SENDING: ("sending", "send"),
    DispatchStatus.PAUSED: ("held", "player-pause"),
    DispatchStatus.HELD: ("failed", "alert-triangle"),
    DispatchStatus.FINISHED: ("delivered", "checks"),
    DispatchStatus.STOPPED: ("excluded", "player-stop"),
}

# reason -> (what it is, what to do about it)
REASON_WORDS: dict[str, tuple[Words, Words]] = {
    Reason.NONE: ("", ""),
    Reason.NO_ADDRESS: (
        _("No address on this channel"),
        _("Add a phone or an email address to the contact."),
    ),
    Reason.NOT_MOBILE: (_("Fixed line, cannot receive SMS"), _("Add a mobile number to the contact.")),
    Reason.EXCLUDED_GROUP: (
        _("In a list or tag that this campaign excludes"),
        _("Change the excluded lists and tags if this is not meant."),
    ),
    Reason.SUPPRESSED: (
        _("On the do-not-contact list"),
        _("Only a manager can take an address off that list, with a reason."),
    ),
    Reason.OPTED_OUT: (_("Opted out"), _("They stay out until they agree again themselves.")),
    Reason.NO_CONSENT: (
        _("Never agreed to marketing on this channel"),
        _("Ask for consent first, or record it if you have it."),
    ),
    Reason.DUPLICATE: (
        _("Same address as another person"),
        _("One message goes to each address; the other person's row shows it."),
    ),
    Reason.MISSING_VALUE: (
        _("A field of the message is empty for this person"),
        _("Fill the field in, or give its placeholder a default."),
    ),
    Reason.TOO_LONG: (
        _("Longer than the allowed number of SMS parts"),
        _("Shorten the text, or allow more parts in the campaign."),
    ),
    Reason.CONTACT_DELETED: (_("The contact was deleted before the message left"), _("Nothing to do.")),
    Reason.STOPPED: (_("The dispatch was stopped first"), _("Clone the campaign to reach these people.")),
    Reason.INVALID_RECIPIENT: (
        _("The address does not exist or cannot receive messages"),
        _("Correct the address of the contact."),
    ),
    Reason.INVALID_CONTENT: (
        _("The provider did not accept the content"),
        _("Read the provider's words, correct the message and send again."),
    ),
    Reason.FORBIDDEN_WORDS: (
        _("The text holds words that the carrier refuses"),
        _("Change the wording and send again."),
    ),
    Reason.AUTH: (
        _("The provider refused the key"),
        _("Correct the credentials in the provider account, then resume."),
    ),
    Reason.NO_CREDIT: (
        _("The provider account has no credit"),
        _("Top up at the provider, release the account, then resume."),
    ),
    Reason.RATE_LIMITED: (
        _("The provider asked to slow down"),
        _("Lower the limit of the account if this happens often. It can be retried."),
    ),
    Reason.FREQUENCY_CAP: (
        _("This person already got the most messages allowed in a period"),
        _("Wait some days before writing to them again."),
    ),
    Reason.PROVIDER_DOWN: (_("The provider had a fault"), _("It can be retried.")),
    Reason.REJECTED: (_("The provider refused the message"), _("Read the provider's words next to it.")),
    Reason.REJECTED_BY_CARRIER: (
        _("The carrier refused the message"),
        _("Read the provider's words next to it; ask the provider if it is many."),
    ),
    Reason.SENDER_REFUSED: (
        _("The sender is not registered or not allowed"),
        _("Register the sender at the provider, or choose another."),
    ),
    Reason.PROVIDER_BLOCKLIST: (
        _("On the provider's block list"),
        _("Ask the provider why; the address is on our do-not-contact list now."),
    ),
    Reason.PROVIDER_OPT_OUT: (
        _("Opted out at the provider or carrier"),
        _("They stay out until they agree again themselves."),
    ),
    Reason.EXPIRED: (
        _("Could not be delivered in time"),
        _("The phone was off or out of reach. It can be retried."),
    ),
    Reason.NOT_DELIVERED: (_("Not delivered to the phone or mailbox"), _("Read the provider's words next to it.")),
    Reason.HARD_BOUNCE: (
        _("The mailbox does not exist"),
        _("Correct the address; it is not written to again until then."),
    ),
    Reason.SOFT_BOUNCE: (_("The mailbox was full or not reachable"), _("It can be retried later.")),
    Reason.SPAM: (
        _("Blocked as spam"),
        _("Check the sender's domain records and the wording before you send more."),
    ),
    Reason.RECEIPT_LOST: (
        _("The provider never learnt the outcome"),
        _("It may have been delivered; ask before you send again."),
    ),
    Reason.NO_RECEIPT: (_("No receipt came"), _("It was sent; some carriers never confirm.")),
    Reason.NO_ANSWER: (
        _("The request left, but no answer came back"),
        _("We ask the provider; nothing is sent again by itself."),
    ),
    Reason.WORKER_DIED: (
        _("The sending process ended in mid-request"),
        _("We ask the provider; nothing is sent again by itself."),
    ),
    Reason.NOT_FOUND: (
        _("The provider does not know this message"),
        _("Most likely it never arrived there. Decide whether to send it again."),
    ),
    Reason.UNREADABLE_ANSWER: (
        _("The provider's answer could not be read"),
        _("We ask the provider; nothing is sent again by itself."),
    ),
    Reason.UNKNOWN_CODE: (
        _("The provider used a code we do not know"),
        _("Read the provider's words next to it."),
    ),
    Reason.INTERRUPTED: (
        _("The provider failed while it was sending"),
        _("Some of these people may have the message. Ask the provider, then decide."),
    ),
    Reason.NO_OUTCOME: (
        _("The provider took it and never said how it ended"),
        _("Read it in the provider's own console, then decide."),
    ),
    Reason.MARKED_SENT: (_("Marked as sent by a person"), ""),
    Reason.MARKED_NOT_SENT: (_("Marked as not sent by a person"), _("It can be sent again.")),
}

HOLD_SENTENCES: dict[str, Words] = {
    Hold.STALE: _(
        "Its time passed while nothing was running, so nothing was sent. Check that the message still fits, "
        "then resume or stop."
    ),
    Hold.FAILURES: _(
        "Too many of the last messages failed. Look at the reasons, mend the cause, then resume or stop. It pauses "
        "again only if new messages fail."
    ),
    Hold.CANARY: _(
        "The first messages, which went alone, did not go well. Look at what became of them, then resume to send to "
        "everybody else, or stop."
    ),
    Hold.BUDGET: _("The next messages would cost more than this campaign may. Raise the limit to go on, or stop."),
    Hold.NONSENSE: _(
        "The provider's answers cannot be read, so nobody knows what was sent. Look at the people to verify, ask the "
        "provider, then resume or stop."
    ),
    Reason.AUTH: _("The provider refused the key. Correct the credentials, release the account, then resume."),
    Reason.NO_CREDIT: _("The provider account has no credit. Top up, release the account, then resume."),
    Reason.SENDER_REFUSED: _("The provider refused the sender. Register it or choose another, then resume."),
    "content_changed": _("The content no longer compiles. Open the campaign, correct the message and send again."),
    "bad_account": _("The provider account cannot be opened. Check its settings and credentials, then resume."),
}
# The same in a few words, where the advice has no room.
HOLD_WORDS: dict[str, Words] = {
    Hold.STALE: _("Its time passed while nothing was running"),
    Hold.FAILURES: _("Too many of the last messages failed"),
    Hold.CANARY: _("The first messages did not go well"),
    Hold.BUDGET: _("The limit of costs is reached"),
    Hold.NONSENSE: _("The provider's answers cannot be read"),
    "content_changed": _("The content no longer compiles"),
    "bad_account": _("The provider account cannot be opened"),
}


def status_word(status: str) -> Words:
    """The word for any status; the status itself for one nobody named."""
    for words in (RECIPIENT_WORDS, DISPATCH_WORDS, CAMPAIGN_WORDS):
        if status in words:
            return words[status]
    return status


def reason_sentence(reason: str) -> Words:
    """Why a row is where it is."""
    return REASON_WORDS.get(reason, (reason, ""))[0]


def reason_advice(reason: str) -> Words:
    """What to do about it."""
    return REASON_WORDS.get(reason, ("", ""))[1]


def hold_sentence(reason: str) -> Words:
    """Why a dispatch is held and what to do."""
    return HOLD_SENTENCES.get(reason) or _("%(why)s. Read the provider's words, mend the cause, then resume.") % {
        "why": reason_sentence(reason)
    }


def hold_words(reason: str) -> Words:
    """Why a dispatch is held, in a few words; what a person wrote as it is."""
    return HOLD_WORDS.get(reason) or reason_sentence(reason)


# The same as choices of model fields. Functions, so that a word that changes is no change of a table.


def campaign_choices() -> list[tuple[str, Words]]:
    return _choices(CAMPAIGN_WORDS)


def dispatch_choices() -> list[tuple[str, Words]]:
    return _choices(DISPATCH_WORDS)


def recipient_choices() -> list[tuple[str, Words]]:
    return _choices(RECIPIENT_WORDS)


def batch_choices() -> list[tuple[str, Words]]:
    return _choices(BATCH_WORDS)


def list_choices() -> list[tuple[str, Words]]:
    return _choices(LIST_WORDS)


def course_choices() -> list[tuple[str, Words]]:
    return _choices(COURSE_WORDS)


def outcome_choices() -> list[tuple[str, Words]]:
    return _choices(OUTCOME_WORDS)


def reason_choices() -> list[tuple[str, Words]]:
    return _choices({reason: words[0] for reason, words in REASON_WORDS.items() if reason})


def hold_choices() -> list[tuple[str, Words]]:
    return [*_choices(HOLD_WORDS), *reason_choices()]


def _choices(words: dict[str, Words]) -> list[tuple[str, Words]]:
    return [(str(code), word) for code, word in words.items()]
