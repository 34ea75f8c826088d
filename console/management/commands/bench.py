"""`manage.py bench`: the figures, as ratios to a bare loop of the same run, on both engines."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from console.testing import servers
from tests.bench import namespaces
from tests.bench import run as bench

ENGINES = ("sqlite", "postgresql")


class Command(BaseCommand):
    help = "Measure import, prepare, dispatch, service and pages on SQLite and, where it is installed, on PostgreSQL."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--engine", choices=ENGINES, help="only this one")
        parser.add_argument(
            "--contacts", type=int, default=1_000_000, help="people in the workspace (default 1,000,000)"
        )
        parser.add_argument("--imports", type=int, default=50_000, help="rows of the imported file (default 50,000)")
        parser.add_argument("--messages", type=int, default=100_000, help="for the bulk provider (default 100,000)")
        parser.add_argument("--single", type=int, default=10_000, help="for one message a request (default 10,000)")
        parser.add_argument("--receipts", type=int, default=10_000, help="stored while sending (default 10,000)")
        parser.add_argument("--idle", type=float, default=60, help="seconds of idleness to measure (default 60)")
        parser.add_argument(
            "--ledger", type=int, default=0, help="rows of the dispatch that pages show (default: one of --contacts)"
        )

        parts = [*bench.PARTS, *bench.LONG_PARTS]
        parser.add_argument(
            "--only",
            nargs="+",
            choices=parts,
            help=f"these figures (default: all but {' and '.join(bench.LONG_PARTS)}, which take minutes each)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("DESPACHO_BENCH") == "1":
            bench.run(Namespace(**options))
            return
        if "hosts" in (options["only"] or ()):
            sys.exit(_on("hosts", self.stdout.write))
        engines = [options["engine"]] if options["engine"] else list(ENGINES)
        code = max(_on(engine, self.stdout.write) for engine in engines)
        sys.exit(code)


def _on(engine: str, say: Any) -> int:
    """Run this command again on a throw-away database of `engine`, or on the servers that several hosts share."""
    keys = {
        "DESPACHO_BENCH": "1",
        "DESPACHO_NO_VENV": "1",
        "LOG_LEVEL": "WARNING",
        "ALLOW_PRIVATE_PROVIDER_URLS": "true",
    }
    keys |= {"SECRET_KEY": "only-for-measuring", "FIELD_KEYS": "only-for-measuring"}
    keys |= {"ALLOWED_HOSTS": "testserver,127.0.0.1"}
    # The pages are measured without collected static files, which a fresh folder does not have.
    keys |= {"DEBUG": "false", "DJANGO_SETTINGS_MODULE": "tests.bench.settings", "METRICS_ALLOWED": "127.0.0.0/8"}
    with tempfile.TemporaryDirectory(prefix="despacho-bench-") as folder:
        environment = {**os.environ, **keys, "DESPACHO_DATA": folder}
        if engine == "hosts":
            with namespaces.hosts() as shared:
                return _again({**environment, **shared})
        if engine == "sqlite":
            environment.pop("DATABASE_URL", None)
            return _again(environment)
        binaries = servers.postgresql_folder()
        if binaries is None:
            say("PostgreSQL was left out. To measure it: apt-get install postgresql")
            return 0
        with servers.postgresql(binaries) as url:
            return _again({**environment, "DATABASE_URL": url})


def _again(environment: dict[str, str]) -> int:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode
