"""Does the broker answer? Asked without waiting longer than a person would."""

from __future__ import annotations

from django.conf import settings
from kombu.exceptions import OperationalError

from console.celery import app

SECONDS = 1.0


def state() -> str:
    """ "embedded" (the worker's own memory), "ok", or "failed" when it does not answer within a second."""
    if settings.EMBEDDED:
        return "embedded"
    redis = settings.BROKER_URL.startswith(("redis", "unix"))
    options = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS} if redis else {}
    try:
        with app.connection_for_read(
            settings.BROKER_URL, connect_timeout=SECONDS, transport_options=options
        ) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=SECONDS)
    except (OperationalError, OSError):
        return "failed"
    return "ok"
