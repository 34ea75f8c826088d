"""What a person decides about rows that the machine cannot settle, or wants to try once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Dispatch, Recipient
from campaigns.querysets import ledger_ids
from campaigns.querysets.outcomes import RowOutcome
from campaigns.services.sending import moves, outcomes
from campaigns.services.settling import repeats, settle
from campaigns.states import RECIPIENT_MOVES, DispatchStatus, Reason, RecipientStatus
from console.errors import UserError
from console.models import User
from console.services import audit

DECISIONS = {
    "mark_sent": (RecipientStatus.ACCEPTED, Reason.MARKED_SENT),
    "mark_not_sent": (RecipientStatus.FAILED, Reason.MARKED_NOT_SENT),
}
# Failures that another try may mend; the others would fail again.
WORTH_RETRYING = frozenset(
    {Reason.PROVIDER_DOWN, Reason.RATE_LIMITED, Reason.SOFT_BOUNCE, Reason.NO_CREDIT, Reason.AUTH, Reason.EXPIRED}
)
CHUNK = 5_000


def decide(recipient: Recipient, action: str, actor: User, now: datetime) -> None:
    """mark_sent, mark_not_sent or send_again for one row. UserError when its status no longer allows it."""
    if not decide_many(recipient.dispatch, [recipient.pk], action, actor, now):
        raise UserError(_("This message has been settled in the meantime; nothing was changed."))


def decide_many(dispatch: Dispatch, ids: Sequence[int], action: str, actor: User, now: datetime) -> int:
    """The same for several rows of a dispatch, with one audit line; gives how many were changed."""
    changed = 0
    with transaction.atomic():
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            if action == "send_again":
                changed += _queue_again(dispatch, chunk, now)
            else:
                changed += _mark(dispatch, chunk, action, now)
        if changed:
            audit.record(
                f"recipient.{action}",
                workspace=dispatch.workspace,
                actor=actor,
                target=dispatch,
                now=now,
                people=changed,
            )
            if action == "send_again":
                moves.move_dispatch(dispatch, "resend", actor, now, finished_at=None)
    return changed


def decide_all_unknown(dispatch: Dispatch, action: str, actor: User, now: datetime) -> int:
    """One decision for the whole "to verify" list of a dispatch."""
    return decide_many(dispatch, ledger_ids.in_status(dispatch.pk, RecipientStatus.UNKNOWN), action, actor, now)


def retry_failed(dispatch: Dispatch, actor: User, now: datetime) -> int:
    """Send again to those whose failure another try may mend. UserError when there is nobody, or it is running."""
    if dispatch.status not in (DispatchStatus.FINISHED, DispatchStatus.SENDING):
        raise UserError(_("Messages can be sent again once the dispatch is finished."))
    ids = ledger_ids.in_status(
        dispatch.pk, RecipientStatus.FAILED, RecipientStatus.UNDELIVERED, reasons=sorted(WORTH_RETRYING)
    )
    changed = decide_many(dispatch, ids, "send_again", actor, now)
    if not changed:
        raise UserError(_("Nobody is left whose failure another try could mend."))
    return changed


def retry_sentence(people: int) -> str:
    return ngettext("%(n)s message goes out again.", "%(n)s messages go out again.", people) % {"n": people}


def _mark(dispatch: Dispatch, ids: Sequence[int], action: str, now: datetime) -> int:
    status, reason = DECISIONS[action]
    ledger = outcomes.Ledger(now)
    changed = ledger.write(
        dispatch.pk,
        [RowOutcome(id=pk, status=status, reason=reason, final=status == RecipientStatus.FAILED) for pk in ids],
        RECIPIENT_MOVES[action].sources,
    )
    ledger.close()
    settle.close_settled(dispatch.pk)
    return changed


def _queue_again(dispatch: Dispatch, ids: Sequence[int], now: datetime) -> int:
    """A new logical send: a new attempt, and so a new reference on the wire."""
    if dispatch.status == DispatchStatus.STOPPED:
        raise UserError(_("This dispatch was stopped for good; send to these people with a new campaign."))
    again = repeats.queue_again(dispatch, ids, "send_again", now, now)
    if again:
        settle.close_settled(dispatch.pk)
    return again
