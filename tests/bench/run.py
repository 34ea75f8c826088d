"""All figures on one database. Started by `manage.py bench`, once per engine, in a folder of its own."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection

from django.core.management import call_command
from django.db import connection

from campaigns.models import Dispatch
from tests.bench import (
    callbacks,
    claiming,
    endurance,
    hosts,
    importing,
    ledger,
    pages,
    partitions,
    sending,
    tables,
    unattended,
)
from tests.bench import world as worlds
from tests.bench.measure import Figure, table
from tests.sandbox_process import SandboxProcess

PARTS = ("import", "sending", "callbacks", "pages")
# Minutes each, so only when asked for. "hosts" runs by itself, on servers of its own.
LONG_PARTS = ("endurance", "partitions", "hosts")


def run(options: Namespace) -> None:
    """Measure and print. Nothing is asserted: the machines this runs on are noisy, so read the ratios."""
    call_command("migrate", interactive=False, verbosity=0)
    wanted = options.only or PARTS
    figures: list[Figure] = []
    if "hosts" in wanted:
        figures += hosts.figures(options.messages, options.single)
    if "partitions" in wanted and connection.vendor == "postgresql":
        figures += partitions.figures(options.ledger or 1_000_000)
    if "import" in wanted:
        figures.append(importing.figure(options.imports))
    if {"sending", "callbacks", "pages", "endurance"} & set(wanted):
        figures += _of_a_large_workspace(options, wanted)
    print(f"\n{connection.vendor}\n{table(figures)}", flush=True)


def _of_a_large_workspace(options: Namespace, wanted: Collection[str]) -> list[Figure]:
    world = worlds.make(options.contacts)
    figures: list[Figure] = []
    if "endurance" in wanted:
        figures += endurance.figures(world, options.contacts)
    large = worlds.dispatch(world, worlds.account(world, "http://127.0.0.1:9", "large"), "large")
    figures.append(tables.preparing(world, large))
    if "sending" in wanted:
        figures += _sending(options, world, large)
    if "callbacks" in wanted:
        figures += callbacks.figures(world, min(20_000, options.messages))
    if "pages" in wanted:
        rows = large.people
        if options.ledger:
            large = worlds.dispatch(world, large.account, "ledger")
            rows = ledger.write(large, options.ledger)
        figures += pages.figures(world, large, rows)
    return figures


def _sending(options: Namespace, world: worlds.World, large: Dispatch) -> list[Figure]:
    with SandboxProcess() as sandbox:
        sandbox.configure(sinch={"requests_per_second": 0})
        url = sandbox.url
        bulk, sent = sending.figure(world, "dispatch, bulk", url, "bulk", options.messages, "1,000 a request")
        single, _ = sending.figure(world, "dispatch, one a request", url, "single", options.single, "0 ms answers")
        sandbox.configure(latency_ms=50)
        slow, _ = sending.figure(
            world, "dispatch, one a request, 50 ms", url, "single", options.single, "50 ms answers"
        )
        figures = [bulk, single, slow, *claiming.figures(large)]
        sandbox.configure(latency_ms=0)
        return figures + unattended.figures(world, sandbox, sent, options.messages, options.receipts, options.idle)
