"""What runs with nobody watching. Tasks carry ids; every one of them may be lost or doubled."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from campaigns.models import Lane
from campaigns.querysets import agenda, callbacks
from campaigns.services.connecting import outages
from campaigns.services.sending import canaries, clock_steps, dispatching, holds, lanes, list_runs, prepare
from campaigns.services.settling import following, inbox, ledger_checks, pulling, reconciling, settle
from campaigns.services.showing import notice_mail, notices
from campaigns.services.writing import attachments
from campaigns.states import Reason
from console.celery import at_most, draining
from console.errors import UserError
from console.services import crypto, heartbeats
from console.tasks import run_jobs

log = logging.getLogger(__name__)


@shared_task(name="campaigns.tick")
def tick() -> None:
    """Every second: a sign of life, and one question whether there is anything to do. Whatever there is, is done."""
    now = timezone.now()
    todo = agenda.of(now, clock_steps.margin())
    if todo.clock:
        clock_steps.mend(now)
    heartbeats.beat(now, "beat", "worker")
    if todo.callbacks:
        apply_events.apply_async(expires=2)
    if todo.jobs:
        run_jobs.apply_async(expires=2)
    if todo.dispatches:
        look_after_dispatches(now)


def look_after_dispatches(now: datetime) -> None:
    """Start what is due, write audiences, start lanes, end what is done."""
    for campaign in dispatching.due_campaigns(now):
        try:
            dispatching.start(campaign, now)
        except (UserError, crypto.WrongKey) as error:
            log.error("campaign not started", extra={"campaign": campaign.pk, "error": str(error)})
    for dispatch_id in prepare.to_prepare(now):
        write_audience.apply_async([dispatch_id], expires=30)
    settle.sweep_leases(now)
    canaries.judge_all(now)
    for account_id in lanes.accounts_with_work(now):
        start_lanes(account_id)
    for run_id in list_runs.due(now):
        list_run.apply_async([run_id], expires=10)
    for account_id in following.accounts_due(now):
        follow.apply_async([account_id], expires=5)
    for dispatch_id in dispatching.stopped_with_waiting():
        dispatching.cancel_waiting(dispatch_id, now)
    dispatching.finish_done(now)


@shared_task(name="campaigns.prepare")
@at_most(2)
def write_audience(dispatch_id: int) -> None:
    """Write the audience of a dispatch into the ledger, chunk by chunk, and start sending after the first. After a
    slice of time it makes way when others wait; a tick lets it go on."""
    dispatch = prepare.take(dispatch_id, timezone.now())
    if dispatch is None:
        return
    spec = prepare.spec_of(dispatch)
    began = timezone.now()
    end = began + timedelta(seconds=settings.LANE_SLICE_SECONDS)
    while (took := prepare.write_next(dispatch, spec, began)) is not None and not draining.is_set():
        start_lanes(dispatch.account_id)
        time.sleep(prepare.rest_after(took))
        began = timezone.now()
        if began >= end and prepare.to_prepare(began):
            break
    prepare.give_back(dispatch)
    start_lanes(dispatch.account_id)


def start_lanes(account_id: int) -> None:
    now = timezone.now()
    for _ in range(lanes.open_slots(account_id, now)):
        lane.apply_async([account_id], expires=10)


@shared_task(name="campaigns.lane")
@at_most(8)
def lane(account_id: int) -> None:
    """Send through an account for one slice, and hand over to the next slice while there is work."""
    mine = lanes.take_lane(account_id, timezone.now())
    if mine is None:
        return
    try:
        more = run_lane(mine)
    except crypto.WrongKey as error:
        holds.stop_account(account_id, Reason.AUTH, str(error), timezone.now())
        return
    if more and not draining.is_set():
        lane.apply_async([account_id], expires=10)


def run_lane(mine: Lane) -> bool:
    return lanes.run(mine, timezone.now, draining)


@shared_task(name="campaigns.apply_events")
def apply_events() -> None:
    """Work off the inbox of callbacks. What comes meanwhile gathers until the next tick: a bite of a few costs nearly
    as much as one of five hundred, and on SQLite nobody else can write while it is applied."""
    deadline = timezone.now() + timedelta(seconds=settings.LANE_SLICE_SECONDS)
    while inbox.apply_next(timezone.now()) and timezone.now() < deadline and not draining.is_set():
        continue


@shared_task(name="campaigns.pull")
def fetch_reports() -> None:
    """Fetch reports and replies for the accounts whose provider does not bring them."""
    for account_id in pulling.due(timezone.now()):
        if draining.is_set():
            return
        fetch_for.apply_async([account_id], expires=60)


@shared_task(name="campaigns.pull_account")
@at_most(1)
def fetch_for(account_id: int) -> None:
    pulling.fetch(account_id, timezone.now)


@shared_task(name="campaigns.reconcile")
@at_most(1)
def ask_for_lost_receipts() -> None:
    """Once a minute: ask about messages that have been open for long, where the vendor may lose a callback."""
    for dispatch_id in reconciling.due(timezone.now()):
        if draining.is_set():
            return
        reconciling.run(dispatch_id, timezone.now())


@shared_task(name="campaigns.settle")
@at_most(1)
def look_up_unknown() -> None:
    """Ask the providers about what perhaps was sent."""
    for batch_id in settle.due_look_ups(timezone.now()):
        settle.look_up(batch_id, timezone.now())


@shared_task(name="campaigns.list_run")
@at_most(1)
def list_run(run_id: int) -> None:
    """Take a dispatch that goes out as a campaign on a list at the provider some steps further."""
    list_runs.work(run_id, timezone.now, draining)


@shared_task(name="campaigns.follow")
@at_most(1)
def follow(account_id: int) -> None:
    """Ask the account's provider what became of one request that it accepted."""
    following.follow_next(account_id, timezone.now())


@shared_task(name="campaigns.sweep")
def sweep() -> None:
    """Once a minute: accounts that do not answer, counters against rows, and old callbacks and notices out."""
    now = timezone.now()
    outages.watch(now)
    ledger_checks.watch(now)
    attachments.drop_unused(now)
    callbacks.forget(now - timedelta(days=settings.EVENT_RETENTION_DAYS))
    notices.forget(now, settings.EVENT_RETENTION_DAYS)


@shared_task(name="campaigns.mail_notices")
def mail_notices() -> None:
    """Send the notices that people want by email."""
    for letter in notice_mail.due(timezone.now()):
        if draining.is_set():
            return
        notice_mail.send(letter, timezone.now())
