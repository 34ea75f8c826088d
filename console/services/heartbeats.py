"""Signs of life: of beat and worker, and of each host that carries lanes. Read by /healthz, /metrics and the
operations page.

Beat and worker give theirs with every tick, which one host of all runs; so each host gives one of its own, every ten
seconds (`manage.py worker`). A host that is asked to end takes its row away. What was killed stays to be seen, for a
day.
"""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from console.models import Heartbeat

PARTS = ("beat", "worker")  # that must give signs of life
_HOST = "host:"
FORGOTTEN_AFTER = timedelta(days=1)
MOST_HOSTS = 50  # that are shown: where names change with every start, the newest


class Signs(NamedTuple):
    """Seconds since the last sign of life: of each part, None for one that never gave any; of each host by its name,
    the latest first."""

    parts: dict[str, float | None]
    hosts: dict[str, float]


def beat(now: datetime, *names: str) -> None:
    """Write that these parts are alive: one statement, because it is written every second for ever."""
    at = connection.ops.adapt_datetimefield_value(now)
    rows = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO console_heartbeat (name, at) VALUES {rows} ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [value for name in names for value in (name, at)],
        )


def this_host() -> str:
    """The part that this machine (or container) is."""
    return f"{_HOST}{socket.gethostname()}"[:80]


def leave(name: str) -> None:
    """A part ends because it was asked to: nobody is to miss it."""
    Heartbeat.objects.filter(name=name).delete()


def forget(now: datetime) -> None:
    """Throw away hosts that were silent for a day."""
    Heartbeat.objects.filter(name__startswith=_HOST, at__lt=now - FORGOTTEN_AFTER).delete()


def signs(now: datetime) -> Signs:
    """Who is alive, in one query."""
    hosts = Q(name__startswith=_HOST, at__gte=now - FORGOTTEN_AFTER)
    found = Heartbeat.objects.filter(hosts | Q(name__in=PARTS)).order_by("-at").values_list("name", "at")
    ages = {name: max(0.0, (now - at).total_seconds()) for name, at in found}
    of_hosts = [(name.removeprefix(_HOST), age) for name, age in ages.items() if name.startswith(_HOST)]
    return Signs({name: ages.get(name) for name in PARTS}, dict(of_hosts[:MOST_HOSTS]))
