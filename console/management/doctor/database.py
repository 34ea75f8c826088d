"""The database: reachable, up to date, set up so that what is committed stays committed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from console.management.doctor.findings import Finding, Visit, note, wrong

MOST_SKEW = timedelta(seconds=2)
LARGEST_TO_READ = 500_000_000
# File systems on which SQLite's locks cannot be relied on, or whose WAL file two hosts would share.
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.glusterfs", "ceph", "9p", "afs", "lustre", "gfs2")


def is_reachable() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        return False
    return True


def unreachable() -> Finding:
    known = settings.DATABASES["default"]
    where = f"{known.get('HOST') or 'a local socket'}, database {known['NAME']}"
    return wrong(
        "database-unreachable", f"The database does not answer ({where}).",
        "Nothing works without it.", "Check that the server runs, and DATABASE_URL.",
    )  # fmt: skip


def examine(visit: Visit) -> Iterator[Finding]:
    yield from _migrations()
    if connection.vendor == "postgresql":
        yield from postgres(_server_settings(), _server_time(), timezone.now())
    else:
        yield from _sqlite(visit)


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in plan[:5])
        yield wrong(
            "migrations", f"{len(plan)} migrations are not applied: {names}{'…' if len(plan) > 5 else ''}",
            "The code expects tables and columns that are not there.", "manage.py prepare",
        )  # fmt: skip


# -- PostgreSQL -------------------------------------------------------------------------------------

_SETTINGS = (
    "server_version_num", "fsync", "full_page_writes", "synchronous_commit", "default_transaction_isolation",
    "transaction_read_only", "server_encoding", "jit", "max_connections",
)  # fmt: skip
OLDEST_POSTGRES = 140_000


def _server_settings() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_SETTINGS)])
        return dict(cursor.fetchall())


def _server_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


def postgres(found: dict[str, str], server_time: datetime, now: datetime) -> Iterator[Finding]:
    """What `found` (rows of pg_settings, as this console's connections see them) says."""
    version = int(found["server_version_num"])
    if version < OLDEST_POSTGRES:
        yield wrong(
            "database-version", f"PostgreSQL {version // 10_000} is older than 14.",
            "It is not tried and no longer looked after.", "Upgrade the server.",
        )  # fmt: skip
    for name in ("fsync", "full_page_writes"):
        if found[name] != "on":
            yield wrong(
                "database-durability", f"{name} is off on the database server.",
                "After a power cut the ledger may be broken, and nobody knows who was written to.",
                f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            )  # fmt: skip
    if found["synchronous_commit"] == "off":
        yield wrong(
            "database-commit", "synchronous_commit is off.",
            "After a crash of the server the last moment before requests left is forgotten, and they leave twice.",
            "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf();",
        )  # fmt: skip
    if found["default_transaction_isolation"] != "read committed":
        yield wrong(
            "database-isolation", f"default_transaction_isolation is {found['default_transaction_isolation']}.",
            "Lanes that take batches side by side fail with serialization errors.",
            "ALTER DATABASE … SET default_transaction_isolation = 'read committed';",
        )  # fmt: skip
    if found["transaction_read_only"] == "on":
        yield wrong(
            "database-read-only", "The database takes no writes: it is a replica, or set read only.",
            "Nothing can be scheduled, sent or written down.", "Point DATABASE_URL at the primary server.",
        )  # fmt: skip
    if found["server_encoding"] != "UTF8":
        yield wrong(
            "database-encoding", f"The database is encoded in {found['server_encoding']}.",
            "Names and texts with other letters cannot be stored.", "Make the database again with ENCODING 'UTF8'.",
        )  # fmt: skip
    if found["jit"] != "off":
        yield note(
            "database-jit", "jit is on for the console's connections.",
            "Compiling the audience statement takes longer than running it: 490 of 880 ms.",
            "ALTER ROLE … SET jit = off; or leave options out of DATABASE_URL, then the console does it.",
        )  # fmt: skip
    if int(found["max_connections"]) < 40:
        yield note(
            "database-connections", f"The server takes {found['max_connections']} connections.",
            "Each thread of web and worker holds one; too few show as errors under load.",
            "ALTER SYSTEM SET max_connections = 100; and restart the server.",
        )  # fmt: skip
    yield from _skew(server_time, now)


def _skew(server_time: datetime, now: datetime) -> Iterator[Finding]:
    skew = (server_time - now).total_seconds()
    if abs(skew) > MOST_SKEW.total_seconds():
        yield wrong(
            "clock-skew", f"The clock of the database server is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}.",
            "Leases, limits and schedules are kept by the clocks of several machines; they must agree.",
            "Run an NTP client (chrony, systemd-timesyncd) on every host.",
        )  # fmt: skip


# -- SQLite -----------------------------------------------------------------------------------------


def _sqlite(visit: Visit) -> Iterator[Finding]:
    mode, state = _journal_mode(), _quick_check()
    if mode != "wal":
        yield wrong(
            "sqlite-journal", f"The database is in journal mode {mode}, not WAL.",
            "Readers and writers wait for each other, and transactions are lost to timeouts.",
            "Stop the console and run: sqlite3 <file> 'PRAGMA journal_mode=WAL'",
        )  # fmt: skip
    if state != "ok":
        yield wrong(
            "sqlite-broken", f"The database file is damaged: {state}", "What it says can no longer be relied on.",
            "Stop the console, keep the file, and restore the last backup.",
        )  # fmt: skip
    path = Path(settings.DATABASES["default"]["NAME"]).resolve()
    kind = file_system_of(path, _mounts())
    if kind in REMOTE:
        yield wrong(
            "sqlite-remote", f"The database file lies on a network file system ({kind}).",
            "Its locks do not hold there; the file will be damaged.",
            "Set DESPACHO_DATA to a folder on a local disk, or use PostgreSQL.",
        )  # fmt: skip


def _journal_mode() -> str:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        return str(cursor.fetchone()[0])


def _quick_check() -> str:
    """ "ok", or what is damaged. A large file is not read through: that takes a second per gigabyte."""
    path = Path(settings.DATABASES["default"]["NAME"])
    if path.is_file() and path.stat().st_size > LARGEST_TO_READ:
        return "ok"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        return str(cursor.fetchone()[0])


def file_system_of(path: Path, mounts: list[tuple[str, str]]) -> str:
    """The kind of file system that holds `path`; `mounts` are (mount point, kind)."""
    holding = [(point, kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(holding, key=lambda found: len(found[0]))[1] if holding else ""


def _mounts() -> list[tuple[str, str]]:
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    fields: list[Any] = [line.split() for line in lines]
    return [(found[1].replace("\\040", " "), found[2]) for found in fields if len(found) > 2]
