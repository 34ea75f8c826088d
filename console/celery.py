"""The Celery application. Tasks carry ids only: the rows are the queue (DESIGN §5.8)."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery import Celery
from celery.signals import worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("despacho")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Set when this process has been asked to end: a lane claims nothing more, waits for its requests in
# flight, writes their outcomes and returns, so that nothing is left `unknown` by a restart.
draining = threading.Event()


@worker_shutting_down.connect
def _drain(**_: Any) -> None:
    draining.set()
