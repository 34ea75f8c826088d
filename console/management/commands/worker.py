"""The background worker: sends, applies receipts, runs imports and exports.

Without BROKER_URL everything is in this one process: threads take tasks from a queue in memory and beat is
a thread that fills it. Nothing is lost with the memory, because the rows are the queue. With BROKER_URL each
queue has a Celery worker with processes of its own, so that a long task of one never delays another; beat runs apart.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from celery.beat import Service
from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, connection
from django.utils import timezone

from console import garbage
from console.celery import Clock, app, draining
from console.offspring import end_with_parent
from console.services import heartbeats

THREADS = 20  # embedded: tasks wait on HTTP, and a lane keeps its thread for seconds
# With a broker: queue -> processes. Lanes keep theirs for seconds, jobs for minutes.
PROCESSES = {"despacho": 3, "lanes": 8, "jobs": 2}
POLL_SECONDS = 0.1  # how often the queue in memory is looked at
SIGN_SECONDS = 10.0  # between two signs of life of a host; `health.LATE` is a little more
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the background worker until TERM, which lets running tasks finish."
    requires_system_checks: list[str] = []  # `prepare` has run them; here they would only load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency",
            type=int,
            metavar="N",
            help=f"lanes at a time (default {PROCESSES['lanes']}), or with --queue its tasks; without BROKER_URL "
            f"threads for everything (default {THREADS})",
        )
        parser.add_argument("--queue", choices=PROCESSES, help="with BROKER_URL: serve this one only")
        parser.add_argument("--no-beat", action="store_true", help="leave the schedule to another process")

    def handle(self, *args: Any, concurrency: int | None, queue: str | None, no_beat: bool, **options: Any) -> None:
        if settings.EMBEDDED:
            sys.exit(_embedded(concurrency or THREADS, with_beat=not no_beat))
        if queue:
            worker = _worker([queue], pool="prefork", concurrency=concurrency or PROCESSES[queue])
            with SignsOfLife() if queue == "lanes" else nullcontext():
                worker.start()
            sys.exit(worker.exitcode)
        sys.exit(_one_for_each_queue({**PROCESSES, "lanes": concurrency or PROCESSES["lanes"]}))


def _worker(queues: Sequence[str], **options: Any) -> Any:
    """A Celery worker of these queues; `options` are its pool and concurrency."""
    setup_logging.connect(_keep_logging)
    os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
    warnings.simplefilter("ignore", SecurityWarning)  # it fears pickled tasks of root; ours are JSON
    worker = app.Worker(
        hostname=f"{'-'.join(queues)}-{os.getpid()}@{socket.gethostname()}",
        queues=queues,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        **options,
    )
    garbage.look_seldom()
    return worker


def _embedded(threads: int, *, with_beat: bool) -> int:
    app.conf.broker_transport_options = {"polling_interval": POLL_SECONDS}
    worker = _worker(list(PROCESSES), pool="threads", concurrency=threads)
    beat = Beat() if with_beat else None
    if beat:
        beat.start()
    worker.start()
    return 1 if beat and beat.has_failed else worker.exitcode


def _one_for_each_queue(processes: dict[str, int]) -> int:
    """Run a worker for each queue until TERM or INT, which they are told as well. When one ends by itself, so do the
    others, and whoever started us starts all of them again."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]
    workers = [
        subprocess.Popen([*command, "--queue", queue, "--concurrency", str(number)], preexec_fn=end_with_parent())
        for queue, number in processes.items()
    ]
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    while not asked.is_set() and all(worker.poll() is None for worker in workers):
        time.sleep(0.5)
    for worker in workers:
        worker.terminate()
    codes = [worker.wait() for worker in workers]
    return 0 if asked.is_set() and not any(codes) else 1


class Beat(threading.Thread):
    """Celery's beat in a thread, with its schedule in memory. When it fails, so does the process."""

    def __init__(self) -> None:
        super().__init__(name="beat", daemon=True)
        self.has_failed = False
        self._service = Service(app, max_interval=1, scheduler_cls=Clock, remote_control=False)
        worker_shutting_down.connect(self._stop_service)

    def run(self) -> None:
        try:
            self._service.start()
        except Exception:
            logger.exception("beat failed; the worker ends, to be started again")
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)

    def _stop_service(self, **_: Any) -> None:
        self._service.stop()


class SignsOfLife(threading.Thread):
    """Tells every few seconds that this host carries lanes, from when its worker is ready until the block is left.
    Nobody is to miss a host whose worker was asked to end. A worker without a broker needs none: all of it is one
    process, and each tick is its sign."""

    def __init__(self) -> None:
        super().__init__(name="signs-of-life", daemon=True)
        self._part, self._over = heartbeats.this_host(), threading.Event()

    def __enter__(self) -> None:
        worker_ready.connect(self._begin)  # then its processes are forked: none of them inherits our connection

    def __exit__(self, *_: object) -> None:
        worker_ready.disconnect(self._begin)
        if self.is_alive():
            self._over.set()
            self.join(timeout=5)

    def _begin(self, **_: Any) -> None:
        if not self.is_alive():  # ready once more after the broker was away
            self.start()

    def run(self) -> None:
        while not self._over.is_set():
            self._try(heartbeats.beat, timezone.now(), self._part)
            self._over.wait(SIGN_SECONDS)
        if draining.is_set():
            self._try(heartbeats.leave, self._part)
        connection.close()

    def _try(self, write: Callable[..., None], *args: Any) -> None:
        """The database may be away for a while; that is for others to say."""
        try:
            write(*args)
        except Error as error:
            logger.warning("no sign of life written", extra={"error": type(error).__name__})
            connection.close()


def _keep_logging(**_: Any) -> None:
    """A receiver of `setup_logging` keeps Celery from changing what settings.LOGGING set up."""
