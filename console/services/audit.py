"""The one way to write down who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from console.models import AuditEvent, User, Workspace


def record(
    action: str,
    *,
    workspace: Workspace | None,
    actor: User | None,
    target: models.Model | None = None,
    now: datetime,
    **detail: Any,
) -> AuditEvent:
    """Append an event in the caller's transaction. `actor` None = the machine. `detail` must be JSON and
    must never hold a credential. `action` is "thing.verb"."""
    return AuditEvent.objects.create(
        workspace=workspace,
        actor=actor,
        action=action,
        target=f"{target._meta.model_name}:{target.pk}" if target is not None else "",
        label=str(target)[:200] if target is not None else "",
        detail=detail,
        at=now,
    )


def actor_or_none(user: Any) -> User | None:
    """The person behind a request, or None for nobody."""
    return user if isinstance(user, User) else None
