"""A callback waits for SQLite's one writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from campaigns.models import ProviderAccount, ProviderEvent
from campaigns.querysets import callbacks, sql

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def account(make_account: Any) -> Any:
    return make_account()


@pytest.fixture
def writer(account: Any) -> Iterator[sqlite3.Connection]:
    """Somebody else, who is in the middle of a transaction."""
    connection.ensure_connection()
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def keep(account: ProviderAccount) -> None:
    callbacks.keep([callbacks.Arrival(account.pk, "status", "digest", {}, "", timezone.now())])


def test_it_is_kept_once_the_writer_has_ended(account, writer, monkeypatch) -> None:
    looks = []
    monkeypatch.setattr(sql.time, "sleep", lambda seconds: (looks.append(seconds), len(looks) == 3 and writer.commit()))
    keep(account)
    assert ProviderEvent.objects.count() == 1


def test_the_writer_is_looked_for_soon_and_then_ever_later_up_to_a_millisecond(account, writer, monkeypatch) -> None:
    looks = []
    monkeypatch.setattr(sql.time, "sleep", lambda seconds: (looks.append(seconds), len(looks) == 6 and writer.commit()))
    keep(account)
    assert looks == [0.000_125, 0.000_25, 0.000_5, 0.001, 0.001, 0.001]


def test_it_is_an_error_when_the_writer_does_not_end(account, writer, monkeypatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0)
    with pytest.raises(OperationalError, match="locked"):
        keep(account)


def test_others_on_the_connection_wait_as_long_as_before(account, writer) -> None:
    writer.rollback()
    keep(account)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (connection.settings_dict["OPTIONS"]["timeout"] * 1000,)
