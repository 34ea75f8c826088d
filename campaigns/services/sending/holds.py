"""What stands in the way of every message: the dispatch, or all of the account's, wait for a person."""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Dispatch
from campaigns.services.connecting import accounts
from campaigns.services.sending import moves
from campaigns.states import DispatchStatus, Reason

# What stands in the way of every message of the account, not of one person.
NEEDS_A_PERSON = frozenset({Reason.AUTH, Reason.NO_CREDIT})


def hold(dispatch: Dispatch, reason: Reason, text: str, now: datetime) -> None:
    """The cause would meet every message: hold the account where it is the account's, else the dispatch."""
    if reason in NEEDS_A_PERSON:
        stop_account(dispatch.account_id, reason, text, now)
    else:
        moves.hold(dispatch, reason, now, text=text[:200])


def stop_account(account_id: int, reason: Reason, text: str, now: datetime) -> None:
    """Key refused or no credit: hold the account and every dispatch that sends through it."""
    accounts.hold(account_id, reason, text, now)
    holdable = Dispatch.objects.filter(
        account_id=account_id, status__in=[DispatchStatus.PREPARING, DispatchStatus.SENDING]
    )
    for dispatch in holdable.select_related("workspace", "campaign"):
        moves.hold(dispatch, reason, now, text=text[:200])
