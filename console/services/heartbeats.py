"""Signs of life of beat and worker, for /healthz."""

from __future__ import annotations

from datetime import datetime

from console.models import Heartbeat


def beat(name: str, now: datetime) -> None:
    """Write that `name` is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
