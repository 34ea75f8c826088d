"""The clock of a deployment with a broker: puts the periodic tasks into its queue."""

from __future__ import annotations

import signal
import sys
from typing import Any

from celery.beat import Service
from django.core.management.base import BaseCommand

from console.celery import Clock, app


class Command(BaseCommand):
    help = "Queue the periodic tasks until TERM. More than one may run: the tasks take what is due by a claim."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the service's own way out
        Service(app, scheduler_cls=Clock, remote_control=False).start()  # its schedule stays in memory
