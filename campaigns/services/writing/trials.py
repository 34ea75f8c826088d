"""Test sends from the composer: a form that is posted twice sends once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import Campaign, Dispatch, DispatchKind
from campaigns.services.sending import dispatching
from console.models import User
from contacts.models import Contact


def newest_of(campaign: Campaign) -> int:
    """The id of the campaign's newest test, 0 before the first: `seen` of `send_once`."""
    return _tests(campaign).values_list("pk", flat=True).first() or 0


def send_once(
    campaign: Campaign, addresses: Sequence[str], contact: Contact | None, seen: int, actor: User, now: datetime
) -> Dispatch:
    """Send a test; the one that was sent since `seen`, when there is one. The campaign's row is the lock."""
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        sent = _tests(campaign).filter(pk__gt=seen, created_by=actor).first()
        return sent or dispatching.send_test(campaign, addresses, contact, actor, now)


def _tests(campaign: Campaign) -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(campaign=campaign, kind=DispatchKind.TEST).order_by("-id")
