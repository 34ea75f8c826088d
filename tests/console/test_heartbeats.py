"""Signs of life: who is alive, which hosts there are, and when one is forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.signals import worker_ready
from django.db import OperationalError
from django.utils import timezone

from console.celery import draining
from console.management.commands import worker
from console.models import Heartbeat
from console.services import heartbeats
from console.tasks import retain

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of this machine."""
    monkeypatch.setattr("socket.gethostname", lambda: "sender-1")
    return "sender-1"


def test_parts_and_hosts_are_told_apart(host: str, now: datetime) -> None:
    heartbeats.beat(now - timedelta(seconds=3), "beat", heartbeats.this_host())
    assert heartbeats.signs(now) == ({"beat": 3.0, "worker": None}, {"sender-1": 3.0})


def test_hosts_come_the_latest_first(now: datetime) -> None:
    for seconds in (30, 10, 20):
        heartbeats.beat(now - timedelta(seconds=seconds), f"host:s{seconds}")
    assert list(heartbeats.signs(now).hosts) == ["s10", "s20", "s30"]


def test_where_names_change_with_every_start_the_newest_are_shown(now: datetime) -> None:
    heartbeats.beat(now - timedelta(hours=1), "host:old")
    heartbeats.beat(now, *[f"host:new-{n}" for n in range(heartbeats.MOST_HOSTS)])
    hosts = heartbeats.signs(now).hosts
    assert len(hosts) == heartbeats.MOST_HOSTS
    assert "old" not in hosts


def test_a_host_that_was_silent_for_a_day_is_not_shown(now: datetime) -> None:
    heartbeats.beat(now - timedelta(hours=25), "host:gone")
    assert heartbeats.signs(now).hosts == {}


def test_a_host_that_was_silent_for_a_day_is_thrown_away(now: datetime) -> None:
    heartbeats.beat(now - timedelta(hours=25), "host:gone", "worker")
    heartbeats.beat(now - timedelta(hours=23), "host:silent")
    retain()
    assert sorted(Heartbeat.objects.values_list("name", flat=True)) == ["host:silent", "worker"]


def test_they_are_read_in_one_query(now: datetime, django_assert_num_queries: Callable[..., Any]) -> None:
    heartbeats.beat(now, "beat", "worker", "host:a", "host:b")
    with django_assert_num_queries(1):
        heartbeats.signs(now)


def test_a_long_name_fits(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "x" * 253)
    heartbeats.beat(now, heartbeats.this_host())
    assert len(Heartbeat.objects.get().name) == 80


# -- the thread of a worker --------------------------------------------------------------------------


@pytest.fixture
def ending() -> Iterator[None]:
    """Leave the flag of a worker that was asked to end as it was."""
    yield
    draining.clear()


def wait_for(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not found():
        assert time.monotonic() < end
        time.sleep(0.01)


def in_service(asked: bool) -> None:
    """A worker that gets ready, gives a sign of life and ends: because it was asked to, or by itself."""
    with worker.SignsOfLife():
        worker_ready.send(sender=None)
        wait_for(Heartbeat.objects.exists)
        if asked:
            draining.set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("asked", "left"), [(True, []), (False, ["host:sender-1"])])
def test_a_host_is_missed_unless_it_was_asked_to_end(host: str, ending: None, asked: bool, left: list[str]) -> None:
    in_service(asked)
    assert list(Heartbeat.objects.values_list("name", flat=True)) == left


def test_a_worker_that_never_got_ready_gives_no_sign(host: str) -> None:
    with worker.SignsOfLife():
        pass
    assert not Heartbeat.objects.exists()
    assert "signs-of-life" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_while_ends_no_signs(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = heartbeats.beat, []

    def beat(now: datetime, *names: str) -> None:
        tries.append(now)
        if len(tries) < 3:
            raise OperationalError("the database system is shutting down")
        real(now, *names)

    monkeypatch.setattr(worker, "SIGN_SECONDS", 0.01)
    monkeypatch.setattr(heartbeats, "beat", beat)
    before = timezone.now()
    in_service(asked=False)
    assert Heartbeat.objects.get().at >= before
