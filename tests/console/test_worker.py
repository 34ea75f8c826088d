"""Queues and the end of a worker: nothing long delays what is short, and every process hears that it shall end."""

from __future__ import annotations

import multiprocessing
import threading
import time

from django.conf import settings

from console.celery import Flag, app, at_most
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


def test_every_route_is_of_a_task_that_exists_to_a_queue_that_is_served() -> None:
    app.loader.import_default_modules()
    assert set(settings.CELERY_TASK_ROUTES) <= set(app.tasks)
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} <= set(PROCESSES)


def test_the_clock_and_receipts_share_their_queue_with_nothing_that_takes_long() -> None:
    short = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(settings.CELERY_TASK_ROUTES)
    assert {"campaigns.tick", "campaigns.apply_events", "console.run_jobs"} <= short
    assert not {"campaigns.lane", "campaigns.prepare", "console.run_job"} & short
