"""`manage.py export_recipients DISPATCH`: the people of a dispatch and what became of each, for programs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.reports import recipients
from campaigns.services.showing.recipients import FILTERS, Wanted


class Command(BaseCommand):
    help = "Write the recipients of a dispatch as CSV or JSON lines, with the exact text of each message."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dispatch", help="id or key of the dispatch")
        parser.add_argument("--format", choices=recipients.FORMATS, default="csv")
        parser.add_argument("--out", type=Path, help="file to write (default: standard output)")
        parser.add_argument("--state", choices=sorted(FILTERS), default="", help="only people in this state")
        parser.add_argument("--bom", action="store_true", help="begin the CSV with a byte order mark, for Excel")

    def handle(self, *args: Any, **options: Any) -> None:
        dispatch = _find(options["dispatch"])
        out: Path | None = options["out"]
        if out is None:
            self._write(dispatch, sys.stdout, options)
            return
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("w", encoding="utf-8", newline="") as file:
                rows = self._write(dispatch, file, options)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"{rows} recipients written to {out}")

    def _write(self, dispatch: Dispatch, file: TextIO, options: dict[str, Any]) -> int:
        wanted, now = Wanted(options["state"]), timezone.now()
        return max(recipients.write(dispatch, wanted, file, options["format"], now, bom=options["bom"]), default=0)


def _find(text: str) -> Dispatch:
    """By id (digits), else by key. CommandError when there is none."""
    found = Dispatch.objects.select_related("account", "workspace", "campaign")
    dispatch = found.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    dispatch = dispatch or found.filter(key=text).first()
    if dispatch is None:
        raise CommandError(f"There is no dispatch {text!r}. The id is in the address of its page.")
    return dispatch
