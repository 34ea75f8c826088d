"""`manage.py faults`: break everything that can break, and compare the ledger with the provider's log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from console.offspring import end_with_parent
from tests.faults import run as harness
from tests.faults import servers, soak

ENGINES = ("sqlite", "postgresql")
INSIDE = "DESPACHO_FAULTS_INSIDE"  # set for the process that has a throw-away database


class Command(BaseCommand):
    help = (
        "Play every fault against real processes and compare the ledger with the provider's log, message by message. "
        "Exit code 1 when something was lost, doubled or untrue."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--engine", choices=ENGINES, help="only this one (default: both)")
        parser.add_argument("--case", metavar="WORDS", help="only cases whose sentence has this (a regular expression)")
        parser.add_argument("--quick", action="store_true", help="the half that CI runs")
        parser.add_argument("--list", action="store_true", help="print the cases and do nothing")
        parser.add_argument("--seed", type=int, default=4, help="of everything random (default 4)")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write the outcomes as JSON, too")
        parser.add_argument("--soak", action="store_true", help="instead of cases: many dispatches, random faults")
        parser.add_argument("--people", type=int, default=200_000, help="of the soak, all dispatches together")
        parser.add_argument("--dispatches", type=int, default=20, help="of the soak")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that everything is ended
        engine = options["engine"]
        if options["list"]:
            for case in harness.chosen(engine or "postgresql", options["case"], options["quick"]):
                self.stdout.write(case.name)
            return
        if os.environ.get(INSIDE) == "1":
            sys.exit(self._play(engine, options))
        sys.exit(max(self._again(one) for one in ([engine] if engine else ENGINES)))

    def _again(self, engine: str) -> int:
        """Run this command on a throw-away database of `engine`."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *sys.argv[1:], "--engine", engine]
        ours = ("DATABASE_URL", "BROKER_URL", "SANDBOX_URL", "PUBLIC_URL")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        if engine == "postgresql" and servers.programs() is None:
            self.stdout.write("PostgreSQL was left out. To try it: apt-get install postgresql redis-server")
            return 0
        with tempfile.TemporaryDirectory(prefix="despacho-faults-") as folder:
            keys = {INSIDE: "1", "DESPACHO_NO_VENV": "1", "LOG_LEVEL": "ERROR", "DESPACHO_DATA": folder}
            keys |= {"SECRET_KEY": "only-for-tests", "FIELD_KEYS": "only-for-tests", "DEBUG": "false"}
            keys |= {"ALLOW_PRIVATE_PROVIDER_URLS": "true", "DJANGO_SETTINGS_MODULE": "tests.settings"}
            if engine == "postgresql":
                database, broker = servers.ports()
                keys |= {"DATABASE_URL": servers.database_url(database), "BROKER_URL": servers.broker_url(broker)}
            process = subprocess.Popen(command, env={**kept, **keys}, preexec_fn=end_with_parent())
            try:
                return process.wait()
            finally:
                process.terminate()
                process.wait()

    def _play(self, engine: str, options: dict[str, Any]) -> int:
        with ExitStack() as stack:
            database, broker = None, None
            if engine == "postgresql":
                found = servers.programs()
                assert found is not None
                database = stack.enter_context(servers.postgresql(found[0], _port(os.environ["DATABASE_URL"])))
                broker = stack.enter_context(servers.broker(found[1], _port(os.environ["BROKER_URL"])))
            call_command("migrate", verbosity=0)
            self.stdout.write(f"\n{engine}, seed {options['seed']}\n{harness.HEAD}")
            if options["soak"]:
                plan = soak.Plan(options["people"], options["dispatches"], options["seed"])
                outcomes = [soak.run(plan, (database, broker), self._say)]
            else:
                cases = harness.chosen(engine, options["case"], options["quick"])
                outcomes = harness.play_all(cases, (database, broker), options["seed"], self._say)
        self._say(harness.total(engine, outcomes))
        if options["report"]:
            options["report"].write_text(json.dumps([outcome.record() for outcome in outcomes]))
        return 0 if outcomes and all(outcome.survived for outcome in outcomes) else 1

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
