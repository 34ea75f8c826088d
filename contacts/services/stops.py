"""The do-not-contact list as people keep it by hand, with a line in the audit log for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from console.models import User, Workspace
from console.services import audit
from contacts.services import consent
from contacts.states import ConsentSource


def add(
    workspace: Workspace,
    addresses: Mapping[str, Sequence[str]],
    reason: str,
    note: str,
    actor: User | None,
    now: datetime,
) -> int:
    """Never write to `addresses` ({channel: addresses}) again; how many were not on the list yet."""
    source = ConsentSource.CONSOLE
    with transaction.atomic():
        added = sum(
            consent.suppress_many(workspace, channel, some, reason, source, now, actor=actor, evidence=note)
            for channel, some in addresses.items()
        )
        asked = sum(len(some) for some in addresses.values())
        audit.record("suppression.added", workspace=workspace, actor=actor, now=now, reason=reason, n=asked, new=added)
    return added
