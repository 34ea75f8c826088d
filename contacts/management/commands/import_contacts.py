"""`manage.py import_contacts FILE --workspace SLUG`: the console's import in the foreground, for unattended use."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from console.errors import UserError
from console.models import Workspace
from contacts import phones
from contacts.querysets import CHANNELS
from contacts.services import imports


class Command(BaseCommand):
    help = "Import contacts from a CSV file and print what became of its rows. Exit code 1 when it cannot be read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, in any usual character set and with any usual separator")
        parser.add_argument("--workspace", required=True, metavar="SLUG", help="the name in the console's addresses")
        parser.add_argument("--country", metavar="ES", help="of numbers without a country code (default: workspace's)")
        parser.add_argument("--list", default="", metavar="NAME", help="put everybody on this list, made when missing")
        parser.add_argument("--tag", action="append", default=[], metavar="NAME", help="and give this tag; repeatable")
        parser.add_argument("--consent", default="", metavar="sms,email", help="channels they have said yes to")
        parser.add_argument("--basis", default="consent", help="legal basis of that consent")
        parser.add_argument("--wording", default="", help="the text they agreed to, or its version")
        parser.add_argument("--evidence", default="", help="what proves it (default: the name of the file)")
        parser.add_argument("--dry-run", action="store_true", help="count everything, save nothing")
        parser.add_argument("--rejected", type=Path, metavar="FILE", help="write rows that were not imported here")

    def handle(self, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            known = ", ".join(Workspace.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no workspace “{options['workspace']}”. There are: {known}.")
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        how = self._how(workspace, path, options)
        with tempfile.TemporaryDirectory() as folder:
            rejected = options["rejected"] or Path(folder) / "rejected.csv"
            try:
                outcome = imports.carry_out(workspace, path, how, None, timezone.now(), _Progress(self), rejected)
            except UserError as error:
                raise CommandError(str(error)) from error
        if outcome is not None:
            self._report(outcome, options["rejected"])

    def _how(self, workspace: Workspace, path: Path, options: dict[str, Any]) -> imports.Options:
        country = (options["country"] or workspace.default_country).upper()
        if not phones.is_country(country):
            raise CommandError(f"“{country}” is no country code. Write two letters, such as ES.")
        channels = tuple(name.strip() for name in options["consent"].lower().split(",") if name.strip())
        if unknown := [name for name in channels if name not in CHANNELS]:
            raise CommandError(f"“{unknown[0]}” is no channel. There are: {', '.join(CHANNELS)}.")
        return imports.Options(
            country=country,
            list_name=options["list"],
            tags=tuple(options["tag"]),
            channels=channels,
            basis=options["basis"] if channels else "",
            wording=options["wording"],
            evidence=options["evidence"] or path.name,
            dry_run=options["dry_run"],
        )

    def _report(self, outcome: imports.Outcome, rejected: Path | None) -> None:
        speed = outcome.rows / outcome.seconds if outcome.seconds else 0
        done = "would be imported" if outcome.dry_run else "imported"
        lines = [
            f"rows          {outcome.rows:>10,}   in {outcome.seconds:.1f} s, {speed:,.0f} a second",
            f"created       {outcome.created:>10,}",
            f"updated       {outcome.updated:>10,}",
            f"unchanged     {outcome.unchanged:>10,}",
            f"duplicates    {outcome.duplicates:>10,}   of an earlier row",
            f"rejected      {outcome.refused:>10,}",
            *(f"  {n:>10,}   {imports.reason_words(reason)}" for reason, n in outcome.rejected.most_common()),
            *(f"consent {channel:<6}{n:>10,}   new" for channel, n in sorted(outcome.consents.items())),
        ]
        if outcome.suppressed:
            lines.append(f"suppressed    {outcome.suppressed:>10,}   {done}, and will not be written to")
        if outcome.left_out:
            lines.append("values left out, their rows were imported without them:")
            lines += [f"  {n:>10,}   {imports.reason_words(reason)}" for reason, n in outcome.left_out.most_common()]
        if rejected and outcome.has_leftovers:
            lines.append(f"rows to look at: {rejected}")
        self.stdout.write("\n".join(lines))


class _Progress:
    """`Steps` of a terminal: a line that renews itself; nothing is remembered."""

    def __init__(self, command: BaseCommand) -> None:
        self._out = command.stderr
        self._live = self._out.isatty()

    def begun(self) -> imports.Outcome:
        return imports.Outcome()

    def hold(self, done: int, total: int) -> bool:
        if self._live:
            self._out.write(f"\r{done:,} of {total:,} rows", ending="\n" if done >= total else "")
            self._out.flush()
        return True

    def keep(self, outcome: imports.Outcome) -> None:
        """The counts are printed at the end."""
