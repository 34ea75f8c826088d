"""Moves of campaigns and dispatches: one conditional UPDATE, with one audit line and the notices of it in the same
transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import Campaign, Dispatch
from campaigns.services.showing import notices
from campaigns.states import CAMPAIGN_MOVES, DISPATCH_MOVES
from console.models import User
from console.services import audit


def move_campaign(
    campaign: Campaign,
    action: str,
    actor: User | None,
    now: datetime,
    *,
    detail: dict[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """Do `action` if the status allows it now, and set `fields` with it; False = refused, nothing changed."""
    move = CAMPAIGN_MOVES[action]
    with transaction.atomic():
        changed = Campaign.objects.filter(pk=campaign.pk, status__in=move.sources).update(
            status=move.target, updated_at=now, **fields
        )
        if changed:
            audit.record(
                f"campaign.{action}",
                workspace=campaign.workspace,
                actor=actor,
                target=campaign,
                now=now,
                **(detail or {}),
            )
    return bool(changed)


def move_dispatch(
    dispatch: Dispatch,
    action: str,
    actor: User | None,
    now: datetime,
    *,
    detail: dict[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """As `move_campaign`. A `reason` that is not given is cleared: it belongs to the status before."""
    move = DISPATCH_MOVES[action]
    with transaction.atomic():
        changed = Dispatch.objects.filter(pk=dispatch.pk, status__in=move.sources).update(
            **{"status": move.target, "changed_at": now, "reason": "", **fields}
        )
        if changed:
            audit.record(
                f"dispatch.{action}",
                workspace=dispatch.workspace,
                actor=actor,
                target=dispatch,
                now=now,
                **(detail or {}),
            )
            notices.tell_of_move(dispatch, action, actor, fields.get("reason", ""), now)
    return bool(changed)


def begin(dispatch: Dispatch, now: datetime) -> bool:
    """preparing → sending, as soon as the first rows are there: sending does not wait for the last chunk."""
    return dispatch.status == "preparing" and move_dispatch(dispatch, "begin", None, now, started_at=now)


def hold(dispatch: Dispatch, reason: str, now: datetime, **detail: Any) -> bool:
    """The machine stops and asks a person."""
    return move_dispatch(dispatch, "hold", None, now, detail={"reason": reason, **detail}, reason=reason)
