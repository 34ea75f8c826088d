"""`manage.py doctor`: what is wrong with this installation, why it matters, and what mends it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from campaigns.services.settling import ledger_checks
from console.management.doctor import database, files, machinery, records, surroundings
from console.management.doctor.findings import Finding, Level, Visit, looks_in_service


class Command(BaseCommand):
    help = "Say what is wrong with this installation and how it is mended; exit 1 when something is."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for scripts: one object with all findings")
        parser.add_argument(
            "--connect", action="store_true", help="also call every provider account and the mail server"
        )
        parser.add_argument(
            "--production",
            action="store_true",
            help="hold a console on this machine to what one in service must be (default: by database and PUBLIC_URL)",
        )
        parser.add_argument(
            "--recount", action="store_true", help="write counters that differ anew from the rows, first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        visit = Visit(timezone.now(), options["production"] or looks_in_service(), options["connect"])
        mended = self._recount(visit) if options["recount"] else []
        found = list(examine(visit))
        is_wrong = any(finding.level is Level.WRONG for finding in found)
        if options["json"]:
            answer = {"ok": not is_wrong, "in_service": visit.in_service, "recounted": mended}
            self.stdout.write(json.dumps({**answer, "findings": [asdict(finding) for finding in found]}, indent=2))
        else:
            self._say(found, visit, mended)
        if is_wrong:
            sys.exit(1)

    def _recount(self, visit: Visit) -> list[int]:
        if not database.is_reachable():
            return []
        found = [difference.dispatch for difference in ledger_checks.counters_that_differ(visit.now)]
        mended = [pk for pk in found if ledger_checks.mend(pk, visit.now)]
        ledger_checks.watch(visit.now)
        return mended

    def _say(self, found: list[Finding], visit: Visit, mended: list[int]) -> None:
        for pk in mended:
            self.stdout.write(f"Dispatch {pk}: counters written anew.")
        for finding in sorted(found, key=lambda finding: finding.level != Level.WRONG):
            style = self.style.ERROR if finding.level is Level.WRONG else self.style.WARNING
            self.stdout.write(style(f"{finding.level.upper():<6}{finding.what}") + f"  [{finding.code}]")
            self.stdout.write(f"      {finding.why}\n      → {finding.mend}\n")
        n = sum(finding.level is Level.WRONG for finding in found)
        kind = "in service" if visit.in_service else "a trial on this machine (--production asks more of it)"
        verdict = f"{n} {'thing is' if n == 1 else 'things are'} wrong" if n else "Nothing is wrong"
        self.stdout.write(f"{verdict}. Examined as {kind}.")


def examine(visit: Visit) -> Iterator[Finding]:
    """All findings, the outermost causes first; without a database only what can be told without one."""
    yield from surroundings.examine(visit)
    yield from files.examine(visit)
    if not database.is_reachable():
        yield database.unreachable()
        return
    behind = list(database.examine(visit))
    yield from behind
    if any(finding.code == "migrations" for finding in behind):
        return  # the tables may not be there to be asked
    yield from machinery.examine(visit)
    yield from records.examine(visit)
