"""All tests that this machine can run, part by part, and a plain account of what ran."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator

from django.core.management.base import BaseCommand

from console.testing import report, servers
from console.testing.parts import Result, chromium, run_checks, run_pytest

HELP = """Without arguments: static checks, the tests on SQLite, the same on PostgreSQL and Redis (those of
TEST_DATABASE_URL and TEST_BROKER_URL, else throw-away servers where they are installed), the browser tests
where Chromium is, and the tests that kill processes. The last line is "N passed, N failed".
Any argument that is not one of these goes to pytest, which then runs alone, on SQLite."""
FAST = "not browser and not faults and not bench"


class Command(BaseCommand):
    help = HELP

    def run_from_argv(self, argv: list[str]) -> None:
        """Instead of Django's own parser, which would refuse or misread pytest's options."""
        parser = argparse.ArgumentParser(prog=" ".join(argv[:2]), description=HELP)
        parser.add_argument("--strict", action="store_true", help="fail when anything was left out (also by CI=true)")
        options, for_pytest = parser.parse_known_args(argv[2:])
        strict = options.strict or os.environ.get("CI", "").lower() == "true"
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that servers are stopped
        try:
            results = [run_pytest("pytest", for_pytest)] if for_pytest else _run_everything(strict)
        except KeyboardInterrupt:
            sys.exit(130)
        passed, failed = report.totals(results, strict)
        failed += bool(for_pytest and results[0].left_out)  # what was asked for by name does not exist
        for line in ("", report.table(results), "", *report.notes(results)):
            print(line)
        print(f"{passed} passed, {failed} failed", flush=True)
        sys.exit(1 if failed else 0)


def _run_everything(strict: bool) -> list[Result]:
    browser = {"REQUIRE_BROWSER": "1"} if strict else {}
    parallel = ["-n", str(min(4, os.cpu_count() or 1))] if (os.cpu_count() or 1) > 1 else []
    print("== static checks ==", flush=True)
    results = [run_checks()]
    results.append(_announced("SQLite", [*parallel, "-m", f"{FAST} and not services"], {}))
    results += _run_on_servers(parallel)
    if chromium():
        results.append(_announced("browser", ["-m", "browser"], browser))
    else:
        results.append(Result("browser", left_out="To run it: apt-get install chromium (or set CHROMIUM)"))
    results.append(_announced("faults on SQLite", ["-m", "faults and not services"], {}))
    return results


def _run_on_servers(parallel: list[str]) -> list[Result]:
    names = ("PostgreSQL and Redis", "faults on PostgreSQL and Redis")
    try:
        with _servers() as variables:
            if not variables:
                hint = "To run it: apt-get install postgresql redis-server (or set TEST_DATABASE_URL, TEST_BROKER_URL)"
                return [Result(name, left_out=hint) for name in names]
            return [
                _announced(names[0], [*parallel, "-m", f"{FAST} and not sqlite"], variables),
                _announced(names[1], ["-m", "faults and not sqlite"], variables),
            ]
    except servers.ServerFailed as failure:
        print(failure, flush=True)
        return [Result(name, failed=1) for name in names]


@contextlib.contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """The variables that point the product at PostgreSQL and Redis; empty when one of them is not to be had."""
    database, broker = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_BROKER_URL")
    binaries, redis = servers.postgresql_folder(), servers.redis_program()
    if not (database or binaries) or not (broker or redis):
        yield {}
        return
    with contextlib.ExitStack() as stack:
        if not database and binaries:
            database = stack.enter_context(servers.postgresql(binaries))
        if not broker and redis:
            broker = stack.enter_context(servers.redis_server(redis))
        keys = {"SECRET_KEY": "only-for-tests", "FIELD_KEYS": "only-for-tests"}
        yield {"DATABASE_URL": database or "", "BROKER_URL": broker or "", **keys}


def _announced(name: str, arguments: list[str], variables: dict[str, str]) -> Result:
    print(f"\n== {name} ==", flush=True)
    return run_pytest(name, ["-q", *arguments], variables)
