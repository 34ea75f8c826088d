"""Runs of campaigns: started, tested, paused, resumed, stopped, finished."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Sum
from django.utils.translation import gettext as _

from campaigns.models import Batch, Campaign, Dispatch, DispatchKind, ListRun, Recipient, Tally
from campaigns.querysets import claims, tallies
from campaigns.services.connecting import accounts
from campaigns.services.sending import budgets, guards, list_plans, moves, prepare
from campaigns.services.sending.flights import body_of
from campaigns.services.writing import content
from campaigns.states import (
    DISPATCH_MOVES,
    HANDED_OVER,
    BatchStatus,
    CampaignStatus,
    DispatchStatus,
    Hold,
    ListStatus,
    Reason,
    RecipientStatus,
    allowed,
)  # fmt: skip
from console.errors import UserError
from console.models import User, Workspace
from console.services import audit
from contacts.models import Contact

CANCEL_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Effect:
    """What a pause or stop meant: messages that the provider has or may have, and those that will not go (now)."""

    handed_over: int
    will_not_go: int


def figures_of(dispatch: Dispatch) -> dict[str, int]:
    """People by status, from the counters; they sum to `dispatch.people`."""
    found = Tally.objects.filter(dispatch=dispatch).values_list("status").annotate(people=Sum("n"))
    return {status: people for status, people in found if people}


def effect_of(dispatch: Dispatch) -> Effect:
    figures = figures_of(dispatch)
    waiting = figures.get(RecipientStatus.QUEUED, 0) + figures.get(RecipientStatus.CANCELLED, 0)
    in_flight = figures.get(RecipientStatus.CLAIMED, 0)
    return Effect(sum(figures.get(status, 0) for status in HANDED_OVER) + in_flight, waiting)


# -- start ------------------------------------------------------------------------------------------


def due_campaigns(now: datetime) -> list[Campaign]:
    found = Campaign.objects.filter(status=CampaignStatus.SCHEDULED, start_at__lte=now)
    return list(found.select_related("workspace", "account", "version").order_by("start_at", "pk")[:100])


def start(campaign: Campaign, now: datetime) -> Dispatch | None:
    """Make the dispatch of a due campaign; None when another process was first, or it was unscheduled.

    More than the grace period late, it is held: a message about this morning may be wrong tonight (DESIGN §5.7).
    """
    late = campaign.start_at is not None and now - campaign.start_at > grace_of(campaign.workspace)
    with transaction.atomic():
        if not moves.move_campaign(campaign, "start", None, now):
            return None
        dispatch = _create(campaign, DispatchKind.CAMPAIGN, campaign.start_at or now, campaign.scheduled_by, now)
        if late:
            moves.hold(dispatch, Hold.STALE, now, planned_at=dispatch.planned_at.isoformat())
            dispatch.refresh_from_db()
    return dispatch


def grace_of(workspace: Workspace) -> timedelta:
    """How late a start may be."""
    if workspace.grace_minutes is None:
        return timedelta(seconds=settings.SCHEDULE_GRACE_SECONDS)
    return timedelta(minutes=workspace.grace_minutes)


def _create(
    campaign: Campaign, kind: DispatchKind, planned_at: datetime, actor: User | None, now: datetime
) -> Dispatch:
    if campaign.account is None or campaign.version is None:
        raise UserError(_("This campaign has no message or no provider account yet."))
    last = Dispatch.objects.filter(campaign=campaign, kind=kind).aggregate(last=Max("number"))["last"] or 0
    email = campaign.channel == "email"
    dispatch = Dispatch(
        workspace=campaign.workspace,
        campaign=campaign,
        kind=kind,
        number=last + 1,
        channel=campaign.channel,
        purpose=campaign.purpose,
        account=campaign.account,
        version=campaign.version,
        sender=campaign.sender or (campaign.account.email_sender if email else campaign.account.sender),
        reply_to=campaign.reply_to,
        max_parts=campaign.max_parts,
        options=campaign.options,
        cost_cap=campaign.cost_cap,
        canary_minutes=campaign.canary_minutes,
        failure_share=campaign.failure_share,
        messages_per_second=campaign.messages_per_second,
        planned_at=planned_at,
        changed_at=now,
        created_by=actor,
    )
    dispatch.batch_size = prepare.batch_size_of(dispatch)
    if campaign.canary and kind == DispatchKind.CAMPAIGN and not list_plans.is_asked_for(dispatch):
        dispatch.canary, dispatch.open_until = campaign.canary, 0
    dispatch.save()
    list_plans.plan(dispatch, now)
    audit.record("dispatch.create", workspace=campaign.workspace, actor=actor, target=dispatch, now=now, kind=kind)
    return dispatch


def send_test(
    campaign: Campaign,
    addresses: Sequence[str],
    contact: Contact | None,
    actor: User | None,
    now: datetime,
    kind: DispatchKind = DispatchKind.TEST,
) -> Dispatch:
    """Send the campaign's message to typed addresses, with the values of `contact`, through the same ledger.

    `addresses` are E.164 phones or email addresses, checked by the form. UserError when the content cannot go.
    """
    if campaign.version is None:
        raise UserError(_("Write the message before you send a test."))
    values = json.dumps(_test_values(campaign, contact), ensure_ascii=False)
    with transaction.atomic():
        dispatch = _create(campaign, kind, now, actor, now)
        _refuse_unsendable(dispatch)
        unique = list(dict.fromkeys(addresses))
        Recipient.objects.bulk_create(
            Recipient(dispatch=dispatch, batch_no=1 + i // dispatch.batch_size, address=address, values=values)
            for i, address in enumerate(unique)
        )
        sizes = [len(unique[i : i + dispatch.batch_size]) for i in range(0, len(unique), dispatch.batch_size)]
        Batch.objects.bulk_create(
            Batch(dispatch=dispatch, number=i + 1, size=size, not_before=now) for i, size in enumerate(sizes)
        )
        tallies.shift(dispatch.pk, {(RecipientStatus.QUEUED, ""): len(unique)})
        Dispatch.objects.filter(pk=dispatch.pk).update(people=len(unique), batches=len(sizes), prepared_at=now)
        moves.begin(dispatch, now)
    dispatch.refresh_from_db()
    return dispatch


def _test_values(campaign: Campaign, contact: Contact | None) -> dict[str, object]:
    """Values for a test: the contact's, and the placeholder's own name where there is none, so that nothing is
    refused and the tester sees which gaps are filled per person."""
    assert campaign.version_id is not None and campaign.account is not None
    compiled = content.compiled(campaign.version_id)
    row = content.row_of(contact) if contact else {}
    values: dict[str, object] = {name: row.get(name) or f"[{name}]" for name in content.stored_names(compiled)}
    besides = accounts.capabilities(campaign.account, campaign.channel).contact_fields
    return {**{name: row.get(name) or "" for name in besides}, **values}


def _refuse_unsendable(dispatch: Dispatch) -> None:
    # With slots in its texts, whoever fills them: the vendor's rules are about the words between the gaps.
    body = body_of(dispatch, content.compiled(dispatch.version_id), substitutes=True)
    for problem in accounts.open_provider(dispatch.account).check_body(body):
        if not problem.warning:
            raise UserError(_(problem.text) % problem.values)


# -- control ----------------------------------------------------------------------------------------


def pause(dispatch: Dispatch, actor: User, now: datetime) -> Effect:
    """Claim nothing more; what is in flight still lands."""
    _move(dispatch, "pause", actor, now)
    return effect_of(dispatch)


def resume(dispatch: Dispatch, actor: User, now: datetime) -> Effect:
    """Go on where it was paused or held. What would hold it again at once must be mended first; what it was held for
    is forgotten, so that only new evidence holds it again."""
    if dispatch.status == DispatchStatus.HELD and dispatch.reason == Hold.BUDGET:
        budgets.check_raise(dispatch, dispatch.cost_cap)
    return _resume(dispatch, actor, now)


def raise_budget(dispatch: Dispatch, budget: Decimal | None, actor: User, now: datetime) -> Effect:
    """Resume with another limit of costs, None = none. UserError when it pays for nothing more, or something else
    holds the dispatch."""
    budgets.refuse_unless_held(dispatch)
    budgets.check_raise(dispatch, budget)
    return _resume(dispatch, actor, now, budget=budget)


def _resume(dispatch: Dispatch, actor: User, now: datetime, **changes: Decimal | None) -> Effect:
    if dispatch.account.hold_reason:
        raise UserError(
            _("%(account)s is still held. Mend and release the account first, then resume.")
            % {"account": dispatch.account}
        )
    fields: dict[str, object] = {"cost_cap": changes["budget"]} if "budget" in changes else {}
    if dispatch.status == DispatchStatus.HELD and dispatch.reason in (Hold.CANARY, Hold.FAILURES, Hold.NONSENSE):
        fields["open_until"] = None
    with transaction.atomic():
        _move(dispatch, "resume", actor, now, **fields)
        guards.forget(dispatch)
    if dispatch.started_at is None:
        Dispatch.objects.filter(pk=dispatch.pk, started_at=None).update(started_at=now)
    return effect_of(dispatch)


def stop(dispatch: Dispatch, actor: User, now: datetime) -> Effect:
    """For good. Rows that wait become cancelled: the first chunk here, the rest by the next ticks.

    A stop in mid-preparation closes the audience as far as it is written: `people` is what the ledger holds.
    """
    with transaction.atomic():
        _move(dispatch, "stop", actor, now, finished_at=now)
        Batch.objects.filter(dispatch=dispatch, status=BatchStatus.READY).update(
            status=BatchStatus.DONE, finished_at=now
        )
        cancel_waiting(dispatch.pk, now)
    return effect_of(dispatch)


def cancel_waiting(dispatch_id: int, now: datetime) -> int:
    """Cancel one chunk of a stopped dispatch's waiting rows; gives how many there were."""
    with transaction.atomic():
        # No more than wait, or it would look for others among all who were accepted.
        waiting = tallies.of(dispatch_id, RecipientStatus.QUEUED)
        people = claims.cancel_queued(dispatch_id, min(waiting, CANCEL_CHUNK), now)
        tallies.shift(
            dispatch_id,
            {(RecipientStatus.QUEUED, ""): -people, (RecipientStatus.CANCELLED, Reason.STOPPED.value): people},
        )
    return people


def stopped_with_waiting() -> list[int]:
    """Stopped dispatches that still have rows to cancel."""
    waiting = Tally.objects.filter(dispatch=OuterRef("pk"), status=RecipientStatus.QUEUED, n__gt=0)
    return list(Dispatch.objects.filter(Exists(waiting), status=DispatchStatus.STOPPED).values_list("pk", flat=True))


def _move(dispatch: Dispatch, action: str, actor: User | None, now: datetime, **fields: object) -> None:
    """Do the move or raise a sentence that says why it cannot be done now."""
    before = effect_of(dispatch)
    detail: dict[str, object] = {"handed_over": before.handed_over, "will_not_go": before.will_not_go}
    if "cost_cap" in fields:
        detail["budget"] = None if fields["cost_cap"] is None else str(fields["cost_cap"])
    done = moves.move_dispatch(dispatch, action, actor, now, detail=detail, **fields)
    dispatch.refresh_from_db()
    if done:
        return
    refusals = {
        "pause": _("It cannot be paused: it is already %(status)s."),
        "resume": _("It cannot be resumed: it is %(status)s."),
        "stop": _("It cannot be stopped: it is already %(status)s."),
        "resend": _("Messages can be sent again once the dispatch is finished; it is %(status)s."),
    }
    raise UserError(refusals[action] % {"status": status_word(dispatch.status)})


def status_word(status: str) -> str:
    """The state of a dispatch inside a sentence."""
    words = {
        DispatchStatus.PREPARING: _("being prepared"),
        DispatchStatus.SENDING: _("sending"),
        DispatchStatus.PAUSED: _("paused"),
        DispatchStatus.HELD: _("held"),
        DispatchStatus.FINISHED: _("finished"),
        DispatchStatus.STOPPED: _("stopped"),
    }
    return words[DispatchStatus(status)]


def may(dispatch: Dispatch, action: str) -> bool:
    """True when the status allows `action`: which buttons a page shows."""
    return allowed(DISPATCH_MOVES, action, dispatch.status)


# -- finish -----------------------------------------------------------------------------------------


def finish_done(now: datetime) -> int:
    """Finish dispatches whose audience is written and in which nothing waits, flies or is being looked up.

    Rows that only a person can settle do not keep a dispatch open: it is finished and "needs attention".
    """
    moving = Tally.objects.filter(
        dispatch=OuterRef("pk"), n__gt=0, status__in=[RecipientStatus.QUEUED, RecipientStatus.CLAIMED]
    )
    settling = Batch.objects.filter(dispatch=OuterRef("pk"), status=BatchStatus.UNKNOWN, look_up_at__isnull=False)
    doubtful = ListRun.objects.filter(dispatch=OuterRef("pk"), status=ListStatus.UNCLEAR, next_at__isnull=False)
    found = Dispatch.objects.filter(
        ~Exists(moving), ~Exists(settling), ~Exists(doubtful), status=DispatchStatus.SENDING, prepared_at__isnull=False
    )
    return sum(
        moves.move_dispatch(dispatch, "finish", None, now, finished_at=now)
        for dispatch in found.select_related("workspace", "campaign")
    )
