"""What the doctor says about the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from console.management.doctor import database
from console.management.doctor.findings import Visit
from tests.console.doctor.conftest import SAFE_SERVER

Codes = Callable[..., list[str]]


def test_the_database_of_the_tests_is_left_in_peace(good: Any, db: None, visit: Visit, codes: Codes) -> None:
    assert codes(database.examine(visit)) == []


def test_a_database_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise DatabaseError("no")

    monkeypatch.setattr(connection, "cursor", broken)
    assert not database.is_reachable()
    assert database.unreachable().code == "database-unreachable"


def test_migrations_that_are_missing_are_told_with_the_command(db: None, visit: Visit) -> None:
    [(app, name)] = MigrationLoader(connection).graph.leaf_nodes("console")
    MigrationRecorder(connection).record_unapplied(app, name)
    found = next(database.examine(visit))
    assert (found.code, found.mend) == ("migrations", "manage.py prepare")
    assert f"{app}.{name}" in found.what


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("server_version_num", "130010", "database-version"),
        ("fsync", "off", "database-durability"),
        ("full_page_writes", "off", "database-durability"),
        ("synchronous_commit", "off", "database-commit"),
        ("default_transaction_isolation", "serializable", "database-isolation"),
        ("transaction_read_only", "on", "database-read-only"),
        ("server_encoding", "LATIN1", "database-encoding"),
        ("jit", "on", "note:database-jit"),
        ("max_connections", "20", "note:database-connections"),
    ],
)
def test_a_server_setting_that_matters_is_told(now: datetime, codes: Codes, name: str, value: str, code: str) -> None:
    assert codes(database.postgres({**SAFE_SERVER, name: value}, now, now)) == [code]


def test_a_server_that_is_set_up_well_is_left_in_peace(now: datetime, codes: Codes) -> None:
    assert codes(database.postgres(SAFE_SERVER, now, now)) == []


@pytest.mark.parametrize(("seconds", "found"), [(1, []), (-1, []), (3, ["clock-skew"]), (-3600, ["clock-skew"])])
def test_a_clock_that_differs_is_told(now: datetime, codes: Codes, seconds: int, found: list[str]) -> None:
    assert codes(database.postgres(SAFE_SERVER, now + timedelta(seconds=seconds), now)) == found


@pytest.mark.sqlite
def test_another_journal_than_wal_is_told(
    db: None, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_journal_mode", lambda: "delete")
    assert codes(database.examine(visit)) == ["sqlite-journal"]


@pytest.mark.sqlite
def test_a_damaged_file_is_told(db: None, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_quick_check", lambda: "row 7 missing from index")
    assert codes(database.examine(visit)) == ["sqlite-broken"]


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_file_on_the_network_is_told(
    db: None, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(database, "_mounts", lambda: [("/", kind)])
    assert codes(database.examine(visit)) == ["sqlite-remote"]


def test_the_innermost_mount_holds_a_file() -> None:
    mounts = [("/", "ext4"), ("/srv", "nfs4"), ("/srv/data", "xfs"), ("/srv/data2", "cifs")]
    assert database.file_system_of(Path("/srv/data/despacho.sqlite3"), mounts) == "xfs"
    assert database.file_system_of(Path("/srv/else/despacho.sqlite3"), mounts) == "nfs4"
