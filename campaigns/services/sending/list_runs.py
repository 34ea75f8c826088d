"""The steps of a campaign on a list at the vendor, up to its launch. Every step may be cut off and done again.

    uploading -> creating -> computing -> waiting for a yes -> (list_launch) launching -> launched

The row's status and cursor move only after the vendor has answered, and nothing before the launch can reach anybody.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from campaigns.models import ListRun, NoticeKind
from campaigns.providers.base import Misconfigured, NotSent, ProviderError
from campaigns.providers.lists import ListGone, Progress, Stage
from campaigns.querysets import standing
from campaigns.services.connecting import accounts
from campaigns.services.sending import holds, list_launch, list_plans, list_upload, list_wire
from campaigns.services.sending.flights import body_of
from campaigns.services.showing import notices
from campaigns.services.writing import content
from campaigns.states import BEFORE_LAUNCH, DispatchStatus, ListStatus, Reason, RecipientStatus
from console.services import crypto

log = logging.getLogger(__name__)

# Seconds between questions about a computation, the last one again and again; and how many there are in 30 minutes.
POLLS = (2, 4, 8, 15, 30)
MOST_POLLS = 63
ANOTHER_TRY = timedelta(seconds=10)
AFTER_A_LOST_DRAFT = timedelta(seconds=60)

Clock = Callable[[], datetime]


def due(now: datetime) -> list[int]:
    """Runs with something to do: a step before the launch while their dispatch is sending, the settlement of a doubt
    whatever the dispatch does, and what is left at the vendor of a stopped one."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    account_free = Q(dispatch__account__hold_until__isnull=True) | Q(dispatch__account__hold_until__lte=now)
    step = Q(
        account_free,
        next_at__lte=now,
        status__in=BEFORE_LAUNCH,
        dispatch__status=DispatchStatus.SENDING,
        dispatch__account__hold_reason="",
    )
    doubt = Q(next_at__lte=now, status__in=(ListStatus.LAUNCHING, ListStatus.UNCLEAR))
    stopped = Q(status__in=BEFORE_LAUNCH, dispatch__status=DispatchStatus.STOPPED)
    found = ListRun.objects.filter(free, step | doubt | stopped)
    return list(found.order_by("pk").values_list("pk", flat=True)[:20])


def work(run_id: int, clock: Clock, draining: threading.Event) -> None:
    """Do the steps of a run that are due, for one slice of time. A doubled task ends here."""
    token = secrets.token_hex(16)
    now = clock()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    if not ListRun.objects.filter(free, pk=run_id).update(token=token, lease_until=until):
        return
    end = time.monotonic() + settings.LANE_SLICE_SECONDS
    try:
        while _step(run_id, token, clock()) and time.monotonic() < end and not draining.is_set():
            pass
    finally:
        ListRun.objects.filter(pk=run_id, token=token).update(token="", lease_until=None)


def _step(run_id: int, token: str, now: datetime) -> bool:
    """One step; True when the next may follow at once. What fails before the launch is tried again, or holds the
    dispatch with words."""
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    if not ListRun.objects.filter(pk=run_id, token=token).update(lease_until=until):
        return False
    joined = ListRun.objects.select_related("dispatch__account", "dispatch__workspace", "dispatch__version")
    run = joined.select_related("dispatch__campaign").get(pk=run_id)
    try:
        return _do(run, now)
    except ListGone as error:
        return _bring_again(run, error, now)
    except (Misconfigured, crypto.WrongKey) as error:
        holds.stop_account(run.dispatch.account_id, getattr(error, "reason", Reason.AUTH), str(error), now)
        list_plans.write(run, next_at=now)
    except NotSent as error:
        accounts.note_error(run.dispatch.account_id, error.reason, error.text, now)
        wait = ANOTHER_TRY if error.retry_after is None else timedelta(seconds=error.retry_after)
        list_plans.write(run, next_at=now + wait, detail=error.text[:300])
    except ProviderError as error:
        fail(run, error.reason, error.text, now)
    return False


def _do(run: ListRun, now: datetime) -> bool:
    status, dispatch = ListStatus(run.status), run.dispatch
    if status in (ListStatus.LAUNCHING, ListStatus.UNCLEAR):
        return list_launch.settle(run, now)
    if dispatch.status == DispatchStatus.STOPPED:
        return _withdraw(run)
    if dispatch.status != DispatchStatus.SENDING:
        return False
    if run.next_at is None or run.next_at > now:
        return False
    match status:
        case ListStatus.UPLOADING:
            return list_upload.upload_next(run, now)
        case ListStatus.CREATING | ListStatus.FAILED:  # failed, and a person has resumed the dispatch
            return _create(run, now)
        case ListStatus.COMPUTING:
            return _ask(run, now)
        case ListStatus.WAITING:
            return _go_on_if_approved(run, now)
    return False


def _bring_again(run: ListRun, error: ListGone, now: datetime) -> bool:
    """The list is not there any more: bring everybody once again. One that is gone at once will be so again."""
    log.warning("list gone", extra={"list_run": run.pk, "text": error.text})
    if run.status == ListStatus.UPLOADING and not run.cursor:
        fail(run, error.reason, error.text, now)
        return False
    list_plans.write(run, status=ListStatus.UPLOADING, cursor=0, uploaded=0, key=list_plans.new_key())
    return True


# -- creating and computing -------------------------------------------------------------------------


def _create(run: ListRun, now: datetime) -> bool:
    """Withdraw what was created before, take off the list who is not to get it, and create the campaign."""
    dispatch = run.dispatch
    if run.ticket:
        _abandon(run)
        list_plans.write(run, ticket="", key=list_plans.new_key())
    people = standing.count(dispatch.pk, run.cursor, RecipientStatus.QUEUED)
    if not people:
        list_plans.write(run, status=ListStatus.CANCELLED, next_at=None)
        return False
    if people < run.uploaded:
        return _take_off(run, people, now)
    body = body_of(dispatch, content.compiled(dispatch.version), substitutes=True)
    ticket = list_wire.ask(dispatch.account, lambda provider: provider.create(run.kind, run.name, body, run.key))
    if not ticket:  # made before, and nobody can say which it is: nothing of it leaves, so make another
        list_plans.write(run, key=list_plans.new_key(), next_at=now + AFTER_A_LOST_DRAFT)
        return False
    first = now + timedelta(seconds=POLLS[0] * settings.LOOK_UP_TIME_SCALE)
    list_plans.write(run, status=ListStatus.COMPUTING, ticket=ticket, polls=0, next_at=first, detail="")
    return True


def _take_off(run: ListRun, people: int, now: datetime) -> bool:
    """Bring the list in line with the ledger."""
    account = run.dispatch.account
    if list_wire.can_remove(account, run.kind):
        gone = standing.skipped_addresses(run.dispatch_id, run.cursor)
        list_wire.ask(account, lambda provider: provider.remove(run.kind, run.name, gone))
        list_plans.write(run, uploaded=people)
        return True
    number = int(run.name.split("-")[2]) + 1 if run.name.count("-") > 1 else 2
    name = list_plans.name_of(run.dispatch, run.created_at, number)
    list_plans.write(run, status=ListStatus.UPLOADING, name=name, cursor=0, uploaded=0)
    return True


def _ask(run: ListRun, now: datetime) -> bool:
    """How far the computation is."""
    progress: Progress = list_wire.ask(run.dispatch.account, lambda provider: provider.progress(run.ticket))
    match progress.stage:
        case Stage.READY:
            _take_figures(run, progress, now)
            return True
        case Stage.SENT:  # somebody has launched it at the vendor
            list_launch.conclude(run, now)
        case Stage.COMPUTING if run.polls < MOST_POLLS:
            wait = POLLS[min(run.polls + 1, len(POLLS) - 1)] * settings.LOOK_UP_TIME_SCALE
            list_plans.write(run, polls=run.polls + 1, next_at=now + timedelta(seconds=wait))
        case Stage.COMPUTING:
            fail(run, Reason.PROVIDER_DOWN, progress.text, now)
        case _:
            fail(run, Reason.REJECTED, progress.text, now)
    return False


def _take_figures(run: ListRun, progress: Progress, now: datetime) -> None:
    """Count and cost. A yes that was given to less than this is no longer one."""
    fields: dict[str, object] = {"count": progress.count, "cost": progress.cost}
    more = (progress.count or 0) > (run.count or 0) or (progress.cost or 0) > (run.cost or 0)
    if run.approved_at and more:
        fields |= {"approved_by": None, "approved_at": None}
    list_plans.write(run, status=ListStatus.WAITING, next_at=now, detail="", **fields)


def _go_on_if_approved(run: ListRun, now: datetime) -> bool:
    if run.approved_at is None:
        if not list_plans.is_covered(run):
            with transaction.atomic():
                list_plans.write(run, next_at=None)
                notices.tell(run.dispatch, NoticeKind.APPROVAL, now)
            return False
        with transaction.atomic():
            list_plans.write(run, approved_at=now)
            list_plans.note_approval(run, None, now)
    if list_upload.skip_unwanted(run, 1, run.cursor, now):
        list_plans.write(run, status=ListStatus.CREATING)
        return True
    return list_launch.launch(run, now)


# -- ends -------------------------------------------------------------------------------------------


def fail(run: ListRun, reason: Reason, text: str, now: datetime) -> None:
    """Hold the dispatch with the vendor's words. Resumed, the campaign is created anew."""
    with transaction.atomic():
        list_plans.write(run, status=ListStatus.FAILED, detail=text[:300], next_at=now)
        holds.hold(run.dispatch, reason, text, now)


def _withdraw(run: ListRun) -> bool:
    """The dispatch was stopped: what is not launched never will be, so that to cancel it is a courtesy."""
    if run.ticket:
        _abandon(run)
    list_plans.write(run, status=ListStatus.CANCELLED, next_at=None)
    return False


def _abandon(run: ListRun) -> None:
    try:
        list_wire.ask(run.dispatch.account, lambda provider: provider.abandon(run.ticket))
    except (ProviderError, crypto.WrongKey) as error:
        log.warning("campaign not withdrawn", extra={"list_run": run.pk, "text": str(error)})
