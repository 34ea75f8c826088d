"""`manage.py translations`: are the catalogues whole? With --update they follow the tree first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.management import catalogues


class Command(BaseCommand):
    help = "Check that every text on screen is translated. Development only: needs polib of the dev lock."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--update", action="store_true", help="read the texts of the tree again, and compile")

    def handle(self, *args: Any, update: bool = False, **options: Any) -> None:
        if update:
            for locale in catalogues.PLURALS:
                missing = catalogues.update(locale)
                self.stdout.write(f"{locale}: {missing} to translate in {catalogues.source(locale)}")
        problems = [problem for locale in catalogues.PLURALS for problem in catalogues.problems(locale)]
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("The catalogues are whole.")
