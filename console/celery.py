"""The Celery application. Tasks carry ids only: the rows are the queue (DESIGN §5.8)."""

from __future__ import annotations

import functools
import mmap
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from celery.signals import task_prerun, worker_shutting_down
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("despacho")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Clock(Scheduler):
    """Celery's beat, for a schedule in memory that never changes and whose entries are all "every so many seconds".

    It reads a clock that nobody can set: by the wall clock Celery's own would be silent for an hour after a step back
    by an hour. And it sleeps until an entry is due: Celery's own wakes 10 ms before, spins until then, and compares
    the whole schedule each time, which was 1.3 % of a core for one tick a second.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._due = {name: time.monotonic() + _seconds(entry) for name, entry in self.schedule.items()}

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; gives the seconds until something is. What was missed is not made up for."""
        now = time.monotonic()
        for name, entry in self.schedule.items():
            if self._due[name] <= now:
                self.apply_entry(entry, producer=self.producer)
                self._due[name] = max(self._due[name] + _seconds(entry), now)
        return max(0.0, min(self._due.values()) - time.monotonic())


def _seconds(entry: ScheduleEntry) -> float:
    return float(entry.schedule.run_every.total_seconds())


@task_prerun.connect
def _keep_connection(**_: Any) -> None:
    """With CELERY_DB_REUSE_MAX Celery leaves the connection alone between tasks; one that is broken or has come of age
    is closed here, as Django does before a request."""
    close_old_connections()


class Flag(threading.Event):
    """An event that processes share with those that they fork afterwards: one byte of shared memory, because a lock
    would stay locked when its holder is killed. Nobody may wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def clear(self) -> None:
        self._byte[0] = 0

    def is_set(self) -> bool:
        return self._byte[0] == 1


# Set when this worker has been asked to end, which only the parent of a pool's processes is told: a lane claims
# nothing more, waits for its requests in flight, writes their outcomes and returns, so that nothing is left
# `unknown` by a restart.
draining = Flag()


@worker_shutting_down.connect
def _drain(**_: Any) -> None:
    draining.set()


def at_most(number: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a task that may take long: only `number` of it at a time in one process, so that the threads of an
    embedded worker are never all taken when tick or receipts are due. A call that finds no place does nothing: the
    rows still wait, and the next tick asks again. (A process of a pool runs one task at a time anyway.)"""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        places = threading.BoundedSemaphore(number)

        @functools.wraps(function)
        def run(*args: Any) -> None:
            if not places.acquire(blocking=False):
                return
            try:
                function(*args)
            finally:
                places.release()

        return run

    return decorate
