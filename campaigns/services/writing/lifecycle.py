"""The life of a campaign: made, renamed, copied, moved from status to status, put away.

Every move is one conditional UPDATE from `campaigns.states.CAMPAIGN_MOVES` with an audit event in the same
transaction; 0 rows changed means refused, and the refusal is a sentence with a way out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Dispatch, DispatchKind
from campaigns.services.sending import moves
from campaigns.states import CAMPAIGN_MOVES, TERMINAL_DISPATCH, CampaignStatus
from console.errors import UserError
from console.models import User, Workspace
from console.services import audit

NAME_LENGTH = 120

_RUNNING = Exists(
    Dispatch.objects.filter(campaign=OuterRef("pk"), kind=DispatchKind.CAMPAIGN).exclude(status__in=TERMINAL_DISPATCH)
)
_ANY_DISPATCH = Exists(Dispatch.objects.filter(campaign=OuterRef("pk")))

_CHANGED = gettext_lazy("Somebody changed this campaign while you were looking at it. Check it again.")
_RUNS = gettext_lazy("A dispatch of this campaign is not over. Stop it, or wait until it has finished.")
_NOT_SCHEDULED = gettext_lazy("This campaign is not scheduled.")
_REFUSALS: dict[tuple[str, str], Promise] = {
    ("schedule", CampaignStatus.SCHEDULED): gettext_lazy("This campaign is already scheduled."),
    ("unschedule", CampaignStatus.DRAFT): _NOT_SCHEDULED,
    ("unschedule", CampaignStatus.IN_REVIEW): _NOT_SCHEDULED,
    ("unschedule", CampaignStatus.STARTED): gettext_lazy(
        "This campaign has started. Pause or stop its dispatch instead."
    ),
    ("archive", CampaignStatus.ARCHIVED): gettext_lazy("This campaign is already archived."),
}
_BY_STATUS: dict[str, Promise] = {
    "": gettext_lazy("This campaign was deleted meanwhile."),
    CampaignStatus.DRAFT: _CHANGED,
    CampaignStatus.IN_REVIEW: gettext_lazy("This campaign is in review, so it cannot change now."),
    CampaignStatus.SCHEDULED: gettext_lazy("This campaign is scheduled. Unschedule it to change it."),
    CampaignStatus.STARTED: gettext_lazy(
        "This campaign was started, so it cannot change any more. Clone it to send it again."
    ),
    CampaignStatus.ARCHIVED: gettext_lazy("This campaign is archived. Clone it to use it again."),
}


def create(
    workspace: Workspace, *, name: str, channel: str, purpose: str, actor: User | None, now: datetime, **fields: Any
) -> Campaign:
    """A new draft. `fields`: what is known from the start (account, sender)."""
    with transaction.atomic():
        campaign = Campaign.objects.create(
            workspace=workspace, name=name, channel=channel, purpose=purpose,
            created_by=actor, created_at=now, updated_at=now, **fields,
        )  # fmt: skip
        audit.record("campaign.create", workspace=workspace, actor=actor, target=campaign, now=now, channel=channel)
    return campaign


def create_once(workspace: Workspace, seen: int, *, actor: User, now: datetime, **fields: Any) -> Campaign:
    """As `create`, for a form that may be sent twice: when `actor` has made a campaign of that name since the one
    numbered `seen`, it is that one. The person's row is the lock."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        return _made_since(workspace, seen, actor, fields["name"]) or create(workspace, actor=actor, now=now, **fields)


def newest_of(workspace: Workspace, actor: User) -> int:
    """The id of the newest campaign that `actor` made, 0 before the first: `seen` of `create_once` and `clone`."""
    made = Campaign.objects.filter(workspace=workspace, created_by=actor).order_by("-id")
    return made.values_list("pk", flat=True).first() or 0


def _made_since(workspace: Workspace, seen: int, actor: User, name: str) -> Campaign | None:
    return Campaign.objects.filter(workspace=workspace, created_by=actor, pk__gt=seen, name=name).first()


def rename(campaign: Campaign, name: str, actor: User | None, now: datetime) -> None:
    """A name is for people only, so it may change in any status but `archived`."""
    with transaction.atomic():
        open_ones = Campaign.objects.filter(pk=campaign.pk).exclude(status=CampaignStatus.ARCHIVED)
        if not open_ones.update(name=name):
            raise refusal(campaign, "edit")
        audit.record("campaign.rename", workspace=campaign.workspace, actor=actor, target=campaign, now=now, name=name)
    campaign.name = name


def unschedule(campaign: Campaign, actor: User | None, now: datetime) -> None:
    """Back to a draft. A time that was "now" is forgotten, a chosen one is kept."""
    fields = {} if campaign.zone else {"start_at": None}
    move(campaign, "unschedule", actor, now, planned_people=0, scheduled_at=None, scheduled_by=None, **fields)


def archive(campaign: Campaign, actor: User | None, now: datetime) -> None:
    """Put away. Refused while a dispatch of it is not over: nobody would see it running."""
    move(campaign, "archive", actor, now, where=~Q(_RUNNING))


def delete(campaign: Campaign, actor: User | None, now: datetime) -> None:
    """Only a draft that never sent anything, not even a test: what was sent stays in the ledger."""
    with transaction.atomic():
        found = Campaign.objects.select_for_update().filter(pk=campaign.pk, status=CampaignStatus.DRAFT)
        if not found.exists():
            raise refusal(campaign, "delete")
        if found.filter(_ANY_DISPATCH).exists():
            raise UserError(
                _("Messages were sent from this campaign, so its record is kept. Archive it instead."),
                code="has_dispatches",
            )
        audit.record("campaign.delete", workspace=campaign.workspace, actor=actor, target=campaign, now=now)
        found.delete()


def clone(campaign: Campaign, seen: int | None, actor: User | None, now: datetime) -> Campaign:
    """A new draft with the same audience, content, account and limits, without a time.

    `seen` as in `create_once`, so that a double click makes one copy; None = always a new one.
    """
    ending = _(", copy")
    name = campaign.name[: NAME_LENGTH - len(ending)] + ending
    with transaction.atomic():
        if actor is not None and seen is not None:
            User.objects.select_for_update().get(pk=actor.pk)
            if made := _made_since(campaign.workspace, seen, actor, name):
                return made
        copy = create(
            campaign.workspace,
            name=name,
            channel=campaign.channel,
            purpose=campaign.purpose,
            actor=actor,
            now=now,
            account=campaign.account,
            sender=campaign.sender,
            reply_to=campaign.reply_to,
            template=campaign.template,
            version=campaign.version,
            everyone=campaign.everyone,
            messages_per_second=campaign.messages_per_second,
            cost_cap=campaign.cost_cap,
            canary=campaign.canary,
            canary_minutes=campaign.canary_minutes,
            failure_share=campaign.failure_share,
            max_parts=campaign.max_parts,
        )
        copy.include.set(campaign.include.all())
        copy.exclude.set(campaign.exclude.all())
    return copy


def move(
    campaign: Campaign, action: str, actor: User | None, now: datetime, *, where: Q | None = None, **fields: Any
) -> None:
    """Do `action` by one conditional UPDATE that also writes `fields`, and write it down (`detail=`: with this).

    `where`: a further condition on the row, tested under its lock. UserError when the status or the condition
    does not fit any more.
    """
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().filter(where or Q(), pk=campaign.pk)
        fits = bool(list(locked.values_list("pk", flat=True)))
        if not fits or not moves.move_campaign(campaign, action, actor, now, **fields):
            raise refusal(campaign, action)
    campaign.refresh_from_db()


def refusal(campaign: Campaign, action: str) -> UserError:
    """Why `action` (a move, "edit" or "delete") cannot be done to the campaign as it is now, and what can."""
    status = Campaign.objects.filter(pk=campaign.pk).values_list("status", flat=True).first() or ""
    if action in CAMPAIGN_MOVES and status in CAMPAIGN_MOVES[action].sources:
        sentence: Promise = _RUNS if action == "archive" else _CHANGED
    else:
        sentence = _REFUSALS.get((action, status)) or _BY_STATUS[status]
    return UserError(str(sentence), code=f"campaign_{status or 'deleted'}")
