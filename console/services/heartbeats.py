"""Signs of life of beat and worker, for /healthz."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def beat(now: datetime, *names: str) -> None:
    """Write that these parts are alive: one statement, because it is written every second for ever."""
    at = connection.ops.adapt_datetimefield_value(now)
    rows = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO console_heartbeat (name, at) VALUES {rows} ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [value for name in names for value in (name, at)],
        )
