"""All figures on one database. Started by `manage.py bench`, once per engine, in a folder of its own."""

from __future__ import annotations

from argparse import Namespace

from django.core.management import call_command
from django.db import connection

from tests.bench import callbacks, claiming, importing, ledger, pages, sending, tables, unattended
from tests.bench import world as worlds
from tests.bench.measure import Figure, table
from tests.sandbox_process import SandboxProcess


def run(options: Namespace) -> None:
    """Measure and print. Nothing is asserted: the machines this runs on are noisy, so read the ratios."""
    call_command("migrate", interactive=False, verbosity=0)
    figures: list[Figure] = [importing.figure(options.imports)]
    world = worlds.make(options.contacts)
    large = worlds.dispatch(world, worlds.account(world, "http://127.0.0.1:9", "large"), "large")
    figures.append(tables.preparing(world, large))
    with SandboxProcess() as sandbox:
        sandbox.configure(sinch={"requests_per_second": 0})
        url = sandbox.url
        bulk, sent = sending.figure(world, "dispatch, bulk", url, "bulk", options.messages, "1,000 a request")
        single, _ = sending.figure(world, "dispatch, one a request", url, "single", options.single, "0 ms answers")
        sandbox.configure(latency_ms=50)
        slow, _ = sending.figure(
            world, "dispatch, one a request, 50 ms", url, "single", options.single, "50 ms answers"
        )
        figures += [bulk, single, slow, *claiming.figures(large)]
        sandbox.configure(latency_ms=0)
        figures += unattended.figures(world, sandbox, sent, options.messages, options.receipts, options.idle)
    figures += callbacks.figures(world, min(20_000, options.messages))
    rows = large.people
    if options.ledger:
        large = worlds.dispatch(world, large.account, "ledger")
        rows = ledger.write(large, options.ledger)
    figures += pages.figures(world, large, rows)
    print(f"\n{connection.vendor}\n{table(figures)}", flush=True)
