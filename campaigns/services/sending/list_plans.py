"""Dispatches that go out as one campaign on a list at the vendor: planned with the dispatch, approved by a person.

Who does the steps is `list_runs`; how it is let go is `list_launch`.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from campaigns.models import Dispatch, DispatchKind, ListRun
from campaigns.providers.lists import LIST, MODE, TAG
from campaigns.services.connecting import accounts
from campaigns.states import BEFORE_LAUNCH, DispatchStatus, ListStatus
from console.errors import UserError
from console.models import User
from console.services import audit

# What waits in such a dispatch is the run's. Afterwards lanes send what a person queues again.
LEFT_TO_THE_RUN = (*BEFORE_LAUNCH, ListStatus.LAUNCHING, ListStatus.CANCELLED)
# Contacts of ours are at the vendor, or a campaign of ours is. A contact has one set of values there.
UNDER_WAY = (*BEFORE_LAUNCH, ListStatus.LAUNCHING)


def plan(dispatch: Dispatch, now: datetime) -> ListRun | None:
    """The run of a new dispatch whose campaign asks for one; None where lanes send it. Tests always go directly."""
    if not is_asked_for(dispatch):
        return None
    return ListRun.objects.create(
        dispatch=dispatch,
        kind=dispatch.options[MODE],
        name=name_of(dispatch, now),
        key=new_key(),
        next_at=now,
        created_at=now,
    )


def is_asked_for(dispatch: Dispatch) -> bool:
    """True when the campaign chose to go out as one campaign on a list or tag at the vendor."""
    if dispatch.kind != DispatchKind.CAMPAIGN or dispatch.options.get(MODE) not in (LIST, TAG):
        return False
    return accounts.capabilities(dispatch.account, dispatch.channel).remote_lists


def for_lanes() -> QuerySet[Dispatch]:
    """Dispatches whose waiting rows lanes may send."""
    return Dispatch.objects.exclude(list_run__status__in=LEFT_TO_THE_RUN)


def name_of(dispatch: Dispatch, now: datetime, number: int = 1) -> str:
    """A list of its own, also beside those of other installations on the same account: at most 20 characters, letters,
    digits and "-"."""
    again = f"-{number}" if number > 1 else ""
    return f"c{dispatch.key[:8]}-{now:%Y%m%d}{again}"


def new_key() -> str:
    """A request key for the vendor: 36 characters."""
    return str(uuid.uuid4())


def approve(run: ListRun, actor: User, now: datetime) -> None:
    """A person says yes to count and cost. UserError when there is nothing to say yes to (any more)."""
    with transaction.atomic():
        waiting = ListRun.objects.filter(pk=run.pk, status=ListStatus.WAITING, approved_at=None, ticket=run.ticket)
        waiting = waiting.filter(dispatch__status=DispatchStatus.SENDING, count=run.count, cost=run.cost)
        if not waiting.update(approved_by=actor, approved_at=now, next_at=now):
            raise UserError(_("There is nothing to approve any more; look at the page again."))
        note_approval(run, actor, now)


def note_approval(run: ListRun, actor: User | None, now: datetime) -> None:
    """The line in the audit log; without a person it was the campaign's limit."""
    audit.record(
        "list_run.approve",
        workspace=run.dispatch.workspace,
        actor=actor,
        target=run.dispatch,
        now=now,
        count=run.count,
        cost=str(run.cost),
    )


def is_covered(run: ListRun) -> bool:
    """Whether the campaign's own limit is enough of a yes: the cost is within it, and the vendor counts no more people
    than were brought there."""
    cap = run.dispatch.cost_cap
    if cap is None or run.cost is None or not run.count:
        return False
    return run.cost <= cap and run.count <= run.uploaded


def is_alone(run: ListRun) -> bool:
    """Whether no other run of the account has contacts or a campaign at the vendor. Only one of them may: a contact
    has one set of values there, and one campaign is computed at a time."""
    others = ListRun.objects.filter(dispatch__account_id=run.dispatch.account_id).exclude(pk=run.pk)
    begun = Q(cursor__gt=0) | Q(pk__lt=run.pk)
    open_ = others.filter(begun, status__in=UNDER_WAY)
    return not open_.exclude(dispatch__status__in=(DispatchStatus.STOPPED, DispatchStatus.FINISHED)).exists()


def write(run: ListRun, **fields: object) -> None:
    """Write fields of a run that this process holds (by its token)."""
    ListRun.objects.filter(pk=run.pk, token=run.token).update(**fields)
    run.refresh_from_db(fields=list(fields))
