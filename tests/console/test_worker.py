"""Queues and the end of a worker: nothing long delays what is short, and every process hears that it shall end."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.conf import settings
from django.db import connection

from campaigns.tasks import tick
from console.celery import Clock, Flag, app, at_most
from console.garbage import BETWEEN_LOOKS
from console.management.commands.worker import PROCESSES


def test_a_flag_is_seen_by_processes_that_were_forked_before_it_was_set() -> None:
    flag = Flag()
    child = multiprocessing.get_context("fork").Process(target=_wait_for, args=(flag,))
    child.start()
    flag.set()
    child.join(5)
    assert child.exitcode == 0


def _wait_for(flag: Flag) -> None:
    end = time.monotonic() + 4
    while not flag.is_set():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def test_a_task_that_finds_no_place_leaves_its_work_to_the_next_tick() -> None:
    begun, go_on, times = threading.Event(), threading.Event(), []

    @at_most(1)
    def task(name: str) -> None:
        times.append(name)
        begun.set()
        go_on.wait(5)

    first = threading.Thread(target=task, args=("first",))
    first.start()
    begun.wait(5)
    task("second")
    go_on.set()
    first.join(5)
    task("third")
    assert times == ["first", "third"]


def test_a_worker_spares_the_program_itself_the_search_for_garbage() -> None:
    """In a process of its own: what is frozen there stays so."""
    script = (
        "import django, gc, sys; django.setup()\n"
        "from console.management.commands.worker import _worker\n"
        "_worker(['despacho'], pool='solo')\n"
        "assert 'campaigns.tasks' in sys.modules\n"
        "print(gc.get_freeze_count(), len(gc.get_objects()), gc.get_threshold()[0])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, text=True)
    frozen, left, threshold = map(int, done.stdout.split())
    assert frozen > 10 * left
    assert threshold == BETWEEN_LOOKS


def test_every_route_is_of_a_task_that_exists_to_a_queue_that_is_served() -> None:
    app.loader.import_default_modules()
    assert set(settings.CELERY_TASK_ROUTES) <= set(app.tasks)
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} <= set(PROCESSES)


def test_the_clock_and_receipts_share_their_queue_with_nothing_that_takes_long() -> None:
    app.loader.import_default_modules()
    short = {name for name in app.tasks if not name.startswith("celery.")} - set(settings.CELERY_TASK_ROUTES)
    assert {"campaigns.tick", "campaigns.apply_events", "console.run_jobs"} <= short
    assert not {"campaigns.lane", "campaigns.prepare", "console.run_job"} & short


# -- the clock --------------------------------------------------------------------------------------


class _Ticks:
    """A clock whose machine stands still until `pass_` moves it; `sent` is what it has queued."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.sent = 1000.0, list[str]()
        monkeypatch.setattr("console.celery.time.monotonic", lambda: self.at)
        monkeypatch.setattr(Clock, "apply_entry", lambda _, entry, **__: self.sent.append(entry.task))
        monkeypatch.setattr(Clock, "producer", None)
        self.clock = Clock(app)

    def pass_(self, seconds: float) -> float:
        self.at += seconds
        return self.clock.tick()


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> _Ticks:
    return _Ticks(monkeypatch)


def test_the_clock_sleeps_until_something_is_due(ticks: _Ticks) -> None:
    assert ticks.pass_(0) == pytest.approx(1.0)
    assert ticks.pass_(0.25) == pytest.approx(0.75)
    assert ticks.sent == []


def test_the_clock_sends_every_entry_at_its_time(ticks: _Ticks) -> None:
    for _ in range(60):
        ticks.pass_(1.0)
    schedule = settings.CELERY_BEAT_SCHEDULE.values()
    assert {name: ticks.sent.count(name) for name in set(ticks.sent)} == {
        entry["task"]: int(60 / entry["schedule"]) for entry in schedule if entry["schedule"] <= 60
    }


def test_the_clock_does_not_make_up_for_what_it_missed(ticks: _Ticks) -> None:
    ticks.pass_(30.5)
    ticks.pass_(0.1)
    assert ticks.sent.count("campaigns.tick") == 2
    assert ticks.pass_(0) == pytest.approx(0.9)


def test_the_clock_ticks_on_when_the_time_of_day_is_set_back(ticks: _Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks.pass_(1.0)
    before = app.now()
    monkeypatch.setattr(app, "now", lambda: before - timedelta(hours=1))
    ticks.pass_(1.0)
    assert ticks.sent == ["campaigns.tick"] * 2


@pytest.mark.django_db
def test_a_connection_outlives_a_task() -> None:
    """Opening one takes longer than all else that an idle second does."""
    connection.ensure_connection()
    before = connection.connection
    DjangoWorkerFixup(app).on_task_postrun(sender=tick)
    assert connection.connection is before
