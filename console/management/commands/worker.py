"""The background worker: sends, applies receipts, runs imports and exports.

Without BROKER_URL everything is in this one process: threads take tasks from a queue in memory and beat is
a thread that fills it. Nothing is lost with the memory, because the rows are the queue. With BROKER_URL it
is a usual Celery worker with processes, and beat runs apart.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from argparse import ArgumentParser
from typing import Any

from celery.beat import Scheduler, Service
from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_shutting_down
from django.conf import settings
from django.core.management.base import BaseCommand

from console.celery import app

THREADS = 16  # embedded: tasks wait on HTTP, and a lane keeps its thread for seconds
PROCESSES = 8  # lanes keep theirs for seconds; tick, receipts and jobs need some, too
POLL_SECONDS = 0.1  # how often the queue in memory is looked at
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the background worker until TERM, which lets running tasks finish."
    requires_system_checks: list[str] = []  # `prepare` has run them; here they would only load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency",
            type=int,
            metavar="N",
            help=f"tasks at a time (default: {THREADS} threads; with BROKER_URL {PROCESSES} processes)",
        )
        parser.add_argument("--no-beat", action="store_true", help="leave the schedule to another process")

    def handle(self, *args: Any, concurrency: int | None, no_beat: bool, **options: Any) -> None:
        setup_logging.connect(_keep_logging)
        os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
        warnings.simplefilter("ignore", SecurityWarning)  # it fears pickled tasks of root; ours are JSON
        if settings.EMBEDDED:
            app.conf.broker_transport_options = {"polling_interval": POLL_SECONDS}
        worker = app.Worker(
            pool="threads" if settings.EMBEDDED else "prefork",
            concurrency=concurrency or (THREADS if settings.EMBEDDED else PROCESSES),
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        beat = None if no_beat or not settings.EMBEDDED else Beat()
        if beat:
            beat.start()
        worker.start()
        sys.exit(1 if beat and beat.has_failed else worker.exitcode)


class Beat(threading.Thread):
    """Celery's beat in a thread, with its schedule in memory. When it fails, so does the process."""

    def __init__(self) -> None:
        super().__init__(name="beat", daemon=True)
        self.has_failed = False
        self._service = Service(app, max_interval=1, scheduler_cls=Scheduler, remote_control=False)
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


def _keep_logging(**_: Any) -> None:
    """A receiver of `setup_logging` keeps Celery from changing what settings.LOGGING set up."""
