"""`manage.py sandbox`: the providers on a local port. The arguments are those of `python -m campaigns.sandbox`."""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Plays the messaging providers on a local port."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Become the sandbox: its arguments are its own business, and its process needs no Django."""
        self.execute_sandbox(argv[2:])

    def handle(self, *arguments: str, **options: object) -> None:
        self.execute_sandbox(list(arguments))

    def execute_sandbox(self, arguments: list[str]) -> None:
        """Replace this process by `python -m campaigns.sandbox`, found from wherever it is called."""
        path = os.pathsep.join(filter(None, (str(settings.BASE_DIR), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", "campaigns.sandbox", *arguments]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})
