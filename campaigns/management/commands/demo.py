"""`manage.py demo`: from CSV to report with nobody watching, and an exit code that says whether it was true."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.demo import oracle, processes, rehearsal
from campaigns.demo.people import people
from campaigns.demo.spreadsheet import first_rows, write_people
from campaigns.models import Dispatch
from campaigns.providers import registry
from campaigns.reports import recipients
from campaigns.services.connecting import hooks
from campaigns.services.showing.recipients import Wanted
from console.errors import UserError
from console.offspring import end_with_parent
from console.ports import first_free

START_IN = timedelta(seconds=5)
PEOPLE = 5_000


class Command(BaseCommand):
    help = "Send a campaign from CSV to report through the local sandbox and compare the ledger with its log."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--contacts", type=Path, metavar="FILE.csv", help="default: 5,000 fictional people")
        parser.add_argument(
            "--provider", choices=list(registry.PROVIDERS), help="default: the first that reaches the people"
        )
        parser.add_argument(
            "--provider-url", metavar="URL", help="a server that is already there, instead of the sandbox"
        )
        parser.add_argument(
            "--credential", action="append", default=[], metavar="NAME=VALUE", help="for --provider-url"
        )
        parser.add_argument("--template", type=Path, metavar="FILE", help=".html is an email, anything else an SMS")
        parser.add_argument("--default-country", default="ES", metavar="ES")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows of the file")
        parser.add_argument("--out", type=Path, metavar="DIR", help="keep recipients.csv and the logs here")

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("DESPACHO_REHEARSAL") != "1":
            sys.exit(_in_a_folder_of_its_own(options["out"]))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that the programs are ended
        try:
            code = self._rehearse(options)
        except UserError as error:
            raise CommandError(str(error)) from error
        except RuntimeError as error:
            raise CommandError(str(error)) from error
        sys.exit(code)

    def _rehearse(self, options: dict[str, Any]) -> int:
        out = Path(os.environ["DESPACHO_REHEARSAL_OUT"])
        with_sandbox = options["provider_url"] is None
        plan = rehearsal.Plan(
            contacts=_contacts(options, out),
            provider=options["provider"],
            base_url=options["provider_url"] or settings.SANDBOX_URL,
            credentials=None if with_sandbox else _pairs(options["credential"]),
            template=options["template"],
            country=options["default_country"].upper(),
        )
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        with processes.running(with_sandbox, out):
            dispatch = self._run(plan, with_sandbox)
            self._report(dispatch, out)
            if not with_sandbox:
                return 0
            return self._compare(dispatch)

    def _run(self, plan: rehearsal.Plan, with_sandbox: bool) -> Dispatch:
        now = timezone.now()
        workspace, owner = rehearsal.workspace_for(now, plan.country)
        self.stdout.write(f"Contacts: {plan.contacts.name}")
        job = rehearsal.wait_for_job(rehearsal.import_contacts(plan, workspace, owner), self.stdout.write)
        self.stdout.write(rehearsal.import_line(job))
        slug, channel = rehearsal.route(plan, workspace)
        account = rehearsal.account_of(plan, slug, workspace, owner, now)
        if with_sandbox:
            processes.configure_sandbox(account)
            if hooks.can_register(account):
                hooks.register(account, owner, timezone.now())
        start_at = timezone.now() + START_IN
        campaign = rehearsal.campaign_of(plan, account, channel, owner, timezone.now(), start_at)
        self.stdout.write(f"Template: {channel}, {rehearsal.content_line(campaign)}; through {account}")
        count = rehearsal.schedule(campaign, owner, timezone.now())
        self.stdout.write(f"Campaign: {count:,} messages, scheduled for {start_at:%H:%M:%S} UTC")
        dispatch = rehearsal.watch(campaign, self.stdout.write)
        quiet = timedelta(seconds=6 if with_sandbox else 3)
        rehearsal.wait_for_receipts(dispatch, self.stdout.write, quiet, timedelta(seconds=180 if with_sandbox else 20))
        return dispatch

    def _report(self, dispatch: Dispatch, out: Path) -> None:
        self.stdout.write("Report:")
        for line in rehearsal.report_lines(dispatch, timezone.now()):
            self.stdout.write(f"  {line}")
        path = out / "recipients.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = max(recipients.write(dispatch, Wanted(), file, "csv", timezone.now()), default=0)
        self.stdout.write(f"Recipients: {rows:,} rows in {path}")

    def _compare(self, dispatch: Dispatch) -> int:
        verdict = oracle.compare(dispatch, oracle.fetch_log(settings.SANDBOX_URL))
        for difference in verdict.differences[: oracle.SHOWN]:
            self.stderr.write(f"  {difference}")
        if not verdict.equal:
            self.stderr.write(f"{len(verdict.differences):,} differences between the ledger and the provider's log.")
            return 1
        unknown = f", {verdict.unknown:,} of them to verify" if verdict.unknown else ""
        self.stdout.write(f"The ledger equals the provider's log: {verdict.compared:,} rows{unknown}, text included.")
        return 0


def _in_a_folder_of_its_own(out: Path | None) -> int:
    """Run this command again with a data folder, ports and keys of its own, so that nothing real is touched."""
    folder = Path(tempfile.mkdtemp(prefix="despacho-demo-"))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    web = first_free("127.0.0.1", 8100)
    sandbox = first_free("127.0.0.1", web + 1)
    environment = {
        **os.environ,
        "DESPACHO_REHEARSAL": "1",
        "DESPACHO_REHEARSAL_OUT": str((out or folder).resolve()),
        "DESPACHO_DATA": str(folder / "data"),
        "DESPACHO_NO_VENV": "1",
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "ALLOW_PRIVATE_PROVIDER_URLS": "true",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50),
        "FIELD_KEYS": os.environ.get("FIELD_KEYS") or secrets.token_urlsafe(32),
    }
    try:
        command = [sys.executable, *sys.argv]
        return subprocess.run(command, env=environment, check=False, preexec_fn=end_with_parent()).returncode
    finally:
        shutil.rmtree(folder / "data" if out is None else folder, ignore_errors=True)


def _contacts(options: dict[str, Any], out: Path) -> Path:
    """The file to import: the one given, its first rows, or fictional people."""
    path: Path | None = options["contacts"]
    if path is None:
        made = out / "contacts.csv"
        country = rehearsal.country_of(options["provider"])
        write_people(made, people(options["limit"] or PEOPLE, country=country))
        return made
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    if options["limit"]:
        return first_rows(path, options["limit"], out / "contacts.csv")
    return path


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UserError(f"--credential {pair}: write it as NAME=VALUE.")
        found[name.strip()] = value
    return found
