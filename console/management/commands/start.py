"""The whole product with one command: database up to date, then web server, worker and sandbox, supervised."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from console.output import LinePrinter
from console.ports import Listener, Taken, first_free, is_free, port_number
from console.readiness import Probe
from console.runlock import AlreadyRuns, RunLock
from console.supervisor import Program, Supervisor

SANDBOX_DISTANCE = 800  # from the console's port: 8000 and 8800
# Of the web server, unless WEB_CONCURRENCY says otherwise, and of each of its processes. Callbacks wait for the one
# writer that SQLite has, so there are threads left for those who look at pages: with four, they had to wait as well.
WEB_PROCESSES, WEB_THREADS = 2, 8
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  names them, binds nothing


class Command(BaseCommand):
    help = "Start the console: web server, worker and provider sandbox. Ctrl-C ends all of it; data is kept."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument(
            "--port", type=port_number, default=8000, help="port of the console, 0 = any (default: 8000)"
        )
        parser.add_argument("--data", metavar="DIR", help="data folder (default: .data, or DESPACHO_DATA)")
        parser.add_argument(
            "--demo",
            action=BooleanOptionalAction,
            help="make a demo workspace when there is none (default: with SQLite yes, with PostgreSQL no)",
        )
        parser.add_argument(
            "--sandbox",
            action=BooleanOptionalAction,
            help="run the local stand-in of the providers' APIs (default: with SQLite or --demo)",
        )
        parser.add_argument(
            "--sandbox-port", type=port_number, metavar="PORT", help="its port (default: 800 above --port)"
        )

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        embedded_database = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        demo = embedded_database if options["demo"] is None else options["demo"]
        sandbox = (embedded_database or demo) if options["sandbox"] is None else options["sandbox"]
        folder = Path(settings.DATA_DIR)
        try:
            lock = RunLock(folder / "start.lock")
            listener = Listener(host, port, patience=5.0 if lock.was_left_behind else 0.0)
            sandbox_port = _sandbox_port(listener.port, options["sandbox_port"]) if sandbox else None
        except (AlreadyRuns, Taken) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)
        lock.describe(f"process {os.getpid()}, {listener.url}")
        programs = _programs(listener, sandbox_port)
        printer = LinePrinter(sys.stdout.fileno(), ("start", *(program.name for program in programs)))
        code = Supervisor(
            programs,
            printer,
            first=Program("prepare", _manage("prepare", *["--demo"] * demo)),
            environment=_environment(listener, folder, sandbox_port),
            folder=str(settings.BASE_DIR),
            is_ready=Probe(listener.local_address, "/healthz"),
            on_ready=lambda: printer.text(_welcome(listener, folder, demo)),
            on_stop=listener.close,
        ).run()
        lock.release()
        sys.exit(code)


def _programs(listener: Listener, sandbox_port: int | None) -> list[Program]:
    """What runs, in the order of starting. Stages say who is ended first: doors, then work, then providers."""
    programs = [Program("web", _gunicorn(listener), stage=0, grace=15, descriptors=(listener.descriptor,))]
    if not settings.EMBEDDED:
        programs.append(Program("beat", _manage("beat"), stage=0))
    programs.append(Program("worker", _manage("worker"), stage=1, grace=45))
    if sandbox_port:
        # What an operator would enter in the vendors' portals; `prepare --demo` writes it.
        portal = str(Path(settings.DATA_DIR) / "sandbox.json")
        command = [sys.executable, "-m", "campaigns.sandbox", "--port", str(sandbox_port), "--config", portal]
        programs.append(Program("sandbox", command, stage=2, grace=5))
    return programs


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]


def _gunicorn(listener: Listener) -> list[str]:
    """The supervisor holds the socket, so callers wait instead of being refused while the server restarts."""
    heartbeats = ["--worker-tmp-dir=/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108
    processes = os.environ.get("WEB_CONCURRENCY", str(WEB_PROCESSES))
    return [
        *(sys.executable, "-m", "gunicorn", f"--bind=fd://{listener.descriptor}", "--no-control-socket"),
        *("--worker-class=gthread", f"--threads={WEB_THREADS}", f"--workers={processes}", "--preload"),
        *("--timeout=60", "--graceful-timeout=10", "--keep-alive=5", "--log-level=warning", *heartbeats),
        "console.wsgi:application",
    ]


def _environment(listener: Listener, folder: Path, sandbox_port: int | None) -> dict[str, str]:
    """What the programs must know of this run; anything that the operator set wins."""
    found = {"PUBLIC_URL": listener.url}
    if listener.host not in EVERY_ADDRESS:
        found["ALLOWED_HOSTS"] = ",".join(dict.fromkeys([*settings.ALLOWED_HOSTS, listener.host]))
    if sandbox_port:
        found["SANDBOX_URL"] = f"http://127.0.0.1:{sandbox_port}"
        found["ALLOW_PRIVATE_PROVIDER_URLS"] = "true"
    fixed = {"DESPACHO_DATA": str(folder), "DESPACHO_NO_VENV": "1", "PYTHONUNBUFFERED": "1"}
    return {**found, **os.environ, **fixed}


def _sandbox_port(web_port: int, asked: int | None) -> int:
    """The port asked for, else one that goes with the console's: runs beside each other must not share a sandbox."""
    if asked and not is_free("127.0.0.1", asked):
        raise Taken(f"Port {asked} is taken. Add --sandbox-port {first_free('127.0.0.1', asked + 1)}, or --no-sandbox.")
    return asked or first_free("127.0.0.1", (web_port + SANDBOX_DISTANCE) % 65536)


def _welcome(listener: Listener, folder: Path, demo: bool) -> str:
    login = folder / "demo-login.txt"
    lines = ["", f"Despacho is ready: {os.environ.get('PUBLIC_URL', listener.url)}"]
    if demo and login.is_file():
        lines += [f"  {line}" for line in login.read_text().strip().splitlines()]
    if listener.host in EVERY_ADDRESS and "ALLOWED_HOSTS" not in os.environ:
        lines.append("  It answers to this machine only until ALLOWED_HOSTS and PUBLIC_URL name it.")
    lines += [f"  Data is kept in {folder}. Ctrl-C stops everything.", ""]
    return "\n".join(lines)
