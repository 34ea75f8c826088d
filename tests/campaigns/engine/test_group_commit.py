"""Callbacks that come in the same moment are written together, and each call still knows what became of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection
from django.utils import timezone

from campaigns.models import ProviderEvent
from campaigns.providers.base import Hook
from campaigns.querysets.callbacks import Door
from campaigns.services.settling import group_commit, inbox
from campaigns.services.settling.group_commit import GroupCommit


class Disk:
    """Keeps the groups that were to be written. The first waits until `expected` threads stand behind it."""

    def __init__(self, expected: int, faults: dict[str, BaseException] | None = None) -> None:
        self.groups: list[list[str]] = []
        self.faults = faults or {}
        self.expected = expected
        self.group = GroupCommit(self.write)

    def write(self, rows: Sequence[str]) -> None:
        if rows == ["first"]:
            while len(self.group._waiting) < self.expected:
                pass
        self.groups.append(list(rows))
        for row in rows:
            if isinstance(self.faults.get(row), SystemExit):
                raise self.faults.pop(row)  # a thread ends once
            if row in self.faults:
                raise self.faults[row]


def put_at_once(disk: Disk, rows: Sequence[str]) -> dict[str, Exception | None]:
    """Row -> what its thread was told: the first row's alone, the others' while that is being written."""
    told: dict[str, Exception | None] = {}

    def put(row: str) -> None:
        try:
            disk.group.put(row)
            told[row] = None
        except SystemExit:
            pass
        except Exception as error:
            told[row] = error

    threads = [threading.Thread(target=put, args=(row,)) for row in ["first", *rows]]
    threads[0].start()
    while not disk.group._writing.locked():
        pass
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(20)
    return told


def test_one_that_comes_alone_is_written_at_once() -> None:
    disk = Disk(0)
    disk.group.put("a")
    disk.group.put("b")
    assert disk.groups == [["a"], ["b"]]


def test_those_that_come_while_one_is_written_are_written_together() -> None:
    disk = Disk(3)
    told = put_at_once(disk, ["a", "b", "c"])
    assert [sorted(rows) for rows in disk.groups] == [["first"], ["a", "b", "c"]]
    assert told == dict.fromkeys(["first", "a", "b", "c"])


def test_one_that_comes_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit.time, "sleep", lambda seconds: pytest.fail(f"waited {seconds} s"))
    Disk(0).group.put("a")


def test_while_there_are_others_the_one_who_writes_waits_a_moment_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(0)
    disk.group._inside.add(object())  # a thread whose row is written, and that has not got the processor since
    another = threading.Thread(target=disk.group.put, args=("b",))

    def comes_meanwhile(seconds: float) -> None:
        another.start()
        while len(disk.group._waiting) < 2:
            pass

    monkeypatch.setattr(group_commit.time, "sleep", comes_meanwhile)
    disk.group.put("a")
    another.join(20)
    assert disk.groups == [["a", "b"]]


@pytest.mark.parametrize("fault", [DataError("a zero byte"), IntegrityError("no such account")])
def test_a_row_at_fault_takes_no_other_with_it(fault: Exception) -> None:
    told = put_at_once(Disk(3, {"b": fault}), ["a", "b", "c"])
    assert told == {"first": None, "a": None, "b": fault, "c": None}


def test_a_database_that_is_away_is_asked_once_and_all_are_told() -> None:
    away = OperationalError("refused")
    disk = Disk(3, {"b": away})
    told = put_at_once(disk, ["a", "b", "c"])
    assert told == {"first": None, "a": away, "b": away, "c": away}
    assert len(disk.groups) == 2


def test_what_a_thread_that_ends_in_mid_write_has_taken_along_is_written_by_the_next() -> None:
    disk = Disk(3, {"b": SystemExit()})
    told = put_at_once(disk, ["a", "b", "c"])
    assert sorted(disk.groups[-1]) == ["a", "b", "c"]
    assert list(told.values()) == [None] * 3  # the first, and the two whose thread went on


def test_a_thread_that_ends_while_it_waits_leaves_the_others_a_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(3)
    get, ends = group_commit.SimpleQueue.get, iter([True])

    class News(group_commit.SimpleQueue):
        def get(self) -> None:
            get(self)
            if next(ends, False):  # the first that was called, perhaps to write
                raise SystemExit

    monkeypatch.setattr(group_commit, "SimpleQueue", News)
    told = put_at_once(disk, ["a", "b", "c"])
    assert list(told.values()) == [None] * 3  # the first, and the two whose thread went on
    assert {row for rows in disk.groups for row in rows} >= told.keys()


def test_after_an_error_the_next_is_written() -> None:
    disk = Disk(0, {"a": OperationalError("refused")})
    with pytest.raises(OperationalError):
        disk.group.put("a")
    disk.group.put("b")
    assert disk.groups == [["a"], ["b"]]


@pytest.mark.django_db(transaction=True)
def test_callbacks_of_many_threads_are_all_kept_once(make_account) -> None:
    account = make_account()
    door = Door(account.pk, account.provider, account.callback_token)

    def call(bodies: Sequence[bytes]) -> None:
        for body in bodies:
            inbox.store(door, Hook("status", "POST", {}, {}, body), timezone.now())
        connection.close()

    everybody = [b"%d" % n for n in range(100)]  # each from two threads
    threads = [threading.Thread(target=call, args=(everybody[n % 4 :: 4],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ProviderEvent.objects.count() == 100
