"""The Celery application. Tasks carry ids only: the rows are the queue (DESIGN §5.8)."""

from __future__ import annotations

import functools
import mmap
import os
import threading
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.signals import worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("despacho")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


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
