"""The one step of a list campaign after which messages leave: rows claimed and the intent committed, then the launch.

An answer that does not come leaves the rows `unknown`. The vendor can be asked about it: a campaign that still waits
did not go, and its rows go back; one that went makes them accepted; anything else waits for callbacks or a person.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from campaigns.models import Batch, Dispatch, ListRun, Recipient, Ticket
from campaigns.providers.base import MaybeSent, Misconfigured, NotSent, ProviderError, Refused
from campaigns.providers.lists import Progress, Stage
from campaigns.querysets import sql, standing, tallies
from campaigns.services.connecting import accounts
from campaigns.services.sending import list_plans, list_wire, pace
from campaigns.services.sending.flights import is_marketing
from campaigns.services.settling import tickets
from campaigns.states import BatchStatus, DispatchStatus, ListStatus, Reason, RecipientStatus
from console.services import crypto

log = logging.getLogger(__name__)

ANOTHER_TRY = timedelta(seconds=10)
FIRST_QUESTION = timedelta(seconds=5)
QUESTIONS = 60  # half a minute apart

QUEUED: tallies.Key = (RecipientStatus.QUEUED, "")
CLAIMED: tallies.Key = (RecipientStatus.CLAIMED, "")
DOUBTS: tuple[tallies.Key, ...] = tuple(
    (RecipientStatus.UNKNOWN.value, why.value) for why in (Reason.NO_ANSWER, Reason.WORKER_DIED)
)


def launch(run: ListRun, now: datetime) -> bool:
    """Let an approved campaign go, unless it is night, or the money is not enough; False: nothing to do at once."""
    dispatch = run.dispatch
    if is_marketing(dispatch) and (until := pace.quiet_until(dispatch.workspace, now)):
        list_plans.write(run, next_at=until)
        return False
    funds: Decimal | None = list_wire.ask(dispatch.account, lambda provider: provider.funds())
    if funds is not None and run.cost is not None and funds < run.cost:
        words = _("The campaign costs %(cost)s, and the account has %(funds)s left.")
        text = words % {"cost": f"{run.cost:.2f} €", "funds": f"{funds:.2f} €"}
        raise Misconfigured(Reason.NO_CREDIT, text)
    if not _write_intent(run, now):
        return False
    try:
        list_wire.ask(dispatch.account, lambda provider: provider.launch(run.kind, run.ticket))
    except MaybeSent as error:
        _doubt(run, Reason.NO_ANSWER, error.text, now)
        return False
    except (NotSent, Misconfigured, Refused, crypto.WrongKey):
        _take_back(run, [CLAIMED], now)
        raise
    conclude(run, now)
    accounts.note_success(dispatch.account_id, now)
    return False


def settle(run: ListRun, now: datetime) -> bool:
    """Find out about a launch whose answer did not come, or whose worker died."""
    if run.status == ListStatus.LAUNCHING:
        _doubt(run, Reason.WORKER_DIED, "", now)
        return True
    if run.next_at is None or run.next_at > now:
        return False
    try:
        progress: Progress = list_wire.ask(run.dispatch.account, lambda provider: provider.progress(run.ticket))
    except (ProviderError, crypto.WrongKey) as error:
        _ask_again(run, str(error), now)
        return False
    if progress.stage is Stage.SENT:
        conclude(run, now)
    elif progress.stage is Stage.READY:
        _take_back(run, DOUBTS, now)
        return True
    else:  # callbacks decide, or a person
        list_plans.write(run, next_at=None, detail=progress.text[:300])
    return False


def conclude(run: ListRun, now: datetime) -> None:
    """It went: rows, counters, batches, ticket and run in one transaction."""
    dispatch = run.dispatch
    with transaction.atomic():
        moved = _move(
            run,
            [QUEUED, CLAIMED, *DOUBTS],
            RecipientStatus.ACCEPTED,
            provider_message_id=run.ticket,
            handed_over_at=now,
        )
        rows = Recipient.objects.filter(dispatch=dispatch, provider_message_id=run.ticket)
        parts = rows.aggregate(total=Sum("parts"))["total"] or 0
        sql.together(tallies.beating(dispatch.pk, now.timestamp(), moved, parts))
        _note_ticket(run, now)
        Batch.objects.filter(dispatch=dispatch, status=BatchStatus.READY).update(
            status=BatchStatus.DONE, started_at=run.intent_at or now, finished_at=now
        )
        list_plans.write(run, status=ListStatus.LAUNCHED, next_at=None, detail="")
    log.info("list campaign launched", extra={"list_run": run.pk, "dispatch": dispatch.pk, "people": moved})


def _write_intent(run: ListRun, now: datetime) -> bool:
    """The last thing committed before the launch leaves: the rows are claimed, under the ticket by which callbacks
    will name them. False when the dispatch was paused or stopped in the meantime."""
    with sql.durable():
        sending = Dispatch.objects.filter(pk=run.dispatch_id, status=DispatchStatus.SENDING)
        if not sending.update(last_claim_at=now):
            return False
        mine = ListRun.objects.filter(pk=run.pk, token=run.token, status=ListStatus.WAITING, approved_at__isnull=False)
        if not mine.update(status=ListStatus.LAUNCHING, intent_at=now, next_at=now, polls=0):
            return False
        _move(run, [QUEUED], RecipientStatus.CLAIMED, provider_message_id=run.ticket)
        _note_ticket(run, now)
    run.refresh_from_db(fields=["status", "intent_at", "next_at", "polls"])
    return True


def _doubt(run: ListRun, reason: Reason, text: str, now: datetime) -> None:
    """Perhaps it went."""
    with transaction.atomic():
        _move(run, [CLAIMED], RecipientStatus.UNKNOWN, reason=reason.value, handed_over_at=run.intent_at)
        list_plans.write(run, status=ListStatus.UNCLEAR, polls=0, next_at=now + FIRST_QUESTION, detail=text[:300])
    accounts.note_error(run.dispatch.account_id, reason, text, now)


def _take_back(run: ListRun, sources: Sequence[tallies.Key], now: datetime) -> None:
    """It surely did not go: everything is as before the launch."""
    with transaction.atomic():
        _move(run, sources, RecipientStatus.QUEUED, reason="", provider_message_id="", handed_over_at=None)
        list_plans.write(run, status=ListStatus.WAITING, next_at=now, intent_at=None)


def _ask_again(run: ListRun, text: str, now: datetime) -> None:
    more = run.polls < QUESTIONS
    list_plans.write(run, polls=run.polls + 1, next_at=now + timedelta(seconds=30) if more else None, detail=text[:300])


def _move(run: ListRun, sources: Sequence[tallies.Key], target: RecipientStatus, **fields: object) -> int:
    """Rows and counters from each (status, reason) to `target`; gives how many people."""
    moved: Mapping[tallies.Key, int] = standing.move_all(run.dispatch_id, sources, target, **fields)
    after = (target.value, str(fields.get("reason", "")))
    people = sum(moved.values())
    deltas: Counter[tallies.Key] = Counter({after: people})
    for before, n in moved.items():
        deltas[before] -= n
    tallies.shift(run.dispatch_id, deltas)
    return people


def _note_ticket(run: ListRun, now: datetime) -> None:
    Ticket.objects.get_or_create(
        account_id=run.dispatch.account_id,
        value=run.ticket,
        defaults={"dispatch_id": run.dispatch_id, "batch_no": tickets.WHOLE_DISPATCH, "made_at": now},
    )
