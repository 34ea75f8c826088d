"""`manage.py faults`: break everything that can break, and compare the ledger with the provider's log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
PART = "DESPACHO_FAULTS_PART"  # "0/2": set for a process that has a throw-away database and plays this part


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
        parser.add_argument(
            "--at-once", type=int, default=1, metavar="N", help="so many cases side by side (default 1)"
        )
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
        if part := os.environ.get(PART):
            number, parts = part.split("/")
            self._play(engine, (int(number), int(parts)), options)
            return
        found = {one: self._run(one, options) for one in ([engine] if engine else ENGINES)}
        if options["report"]:
            records = [{"engine": one, **outcome.record()} for one in found for outcome in found[one] or ()]
            options["report"].write_text(json.dumps(records))
        survived = all(outcome.survived for outcomes in found.values() for outcome in outcomes or ())
        # An engine that was left out is None; one that gave nothing has failed.
        sys.exit(0 if survived and [] not in found.values() else 1)

    def _run(self, engine: str, options: dict[str, Any]) -> list[harness.Outcome] | None:
        """Play in processes that have a throw-away database of `engine` each; None where it cannot be had, empty
        when a process did not come to its end."""
        if engine == "postgresql" and servers.programs() is None:
            self._say("PostgreSQL was left out. To try it: apt-get install postgresql redis-server")
            return None
        self._say(f"\n{engine}, seed {options['seed']}\n{harness.HEAD}")
        parts = 1 if options["soak"] else max(1, options["at_once"])
        with tempfile.TemporaryDirectory(prefix="despacho-faults-") as folder, ExitStack() as stack:
            reports = [Path(folder) / f"{number}.json" for number in range(parts)]
            started = [stack.enter_context(_part(engine, number, reports)) for number in range(parts)]
            codes = [process.wait() for process in started]
            if any(codes):
                return []
            outcomes = [harness.of_record(one) for report in reports for one in json.loads(report.read_text())]
        self._say(harness.total(engine, outcomes))
        return outcomes

    def _play(self, engine: str, part: tuple[int, int], options: dict[str, Any]) -> None:
        """Inside such a process: one part of the cases, or the soak."""
        with ExitStack() as stack:
            database, broker = None, None
            if engine == "postgresql":
                found = servers.programs()
                assert found is not None
                database = stack.enter_context(servers.postgresql(found[0], _port(os.environ["DATABASE_URL"])))
                broker = stack.enter_context(servers.broker(found[1], _port(os.environ["BROKER_URL"])))
            call_command("migrate", verbosity=0)
            if options["soak"]:
                plan = soak.Plan(options["people"], options["dispatches"], options["seed"])
                outcomes = [soak.run(plan, (database, broker), self._say)]
            else:
                cases = harness.chosen(engine, options["case"], options["quick"], part)
                outcomes = harness.play_all(cases, (database, broker), options["seed"], self._say)
        options["report"].write_text(json.dumps([outcome.record() for outcome in outcomes]))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


@contextmanager
def _part(engine: str, number: int, reports: Sequence[Path]) -> Iterator[subprocess.Popen[bytes]]:
    """This command again, for one part, with data, database and broker of its own."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *sys.argv[1:], "--engine", engine]
    ours = ("DATABASE_URL", "BROKER_URL", "SANDBOX_URL", "PUBLIC_URL")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    with tempfile.TemporaryDirectory(prefix="despacho-faults-") as folder:
        keys = {PART: f"{number}/{len(reports)}", "DESPACHO_NO_VENV": "1", "LOG_LEVEL": "ERROR"}
        keys |= {"SECRET_KEY": "only-for-tests", "FIELD_KEYS": "only-for-tests", "DEBUG": "false"}
        keys |= {"ALLOW_PRIVATE_PROVIDER_URLS": "true", "DJANGO_SETTINGS_MODULE": "tests.settings"}
        keys["DESPACHO_DATA"] = folder
        if engine == "postgresql":
            database, broker = servers.ports(number)
            keys |= {"DATABASE_URL": servers.database_url(database), "BROKER_URL": servers.broker_url(broker)}
        process = subprocess.Popen(
            [*command, "--report", str(reports[number])], env={**kept, **keys}, preexec_fn=end_with_parent()
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
