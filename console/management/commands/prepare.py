"""Bring the database and the static files up to this version of the code; `start` does it each time."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

_LOCK = 0x44455350  # any number that nothing else on the server uses: "DESP"


class Command(BaseCommand):
    help = "Apply migrations and collect static files; with --demo also make the demo workspace when it is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo workspace, unless it exists")

    def handle(self, *args: Any, demo: bool = False, **options: Any) -> None:
        with _one_host_at_a_time():
            call_command("migrate", interactive=False, verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
            if demo:
                call_command("demo_workspace")


@contextmanager
def _one_host_at_a_time() -> Iterator[None]:
    """Hosts that share a PostgreSQL database prepare it one after the other; SQLite has one host."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
