"""What the doctor says about broker, clock, worker and queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Notice
from campaigns.services.showing import gauges
from campaigns.services.showing.gauges import Gauges
from console.management.doctor import machinery
from console.management.doctor.findings import Visit
from console.models import Heartbeat, Workspace
from tests.console.doctor.dispatches import one_dispatch

Codes = Callable[..., list[str]]


@pytest.fixture
def alive(db: None, now: datetime) -> None:
    for name in ("beat", "worker"):
        Heartbeat.objects.create(name=name, at=now)


@pytest.fixture
def well(alive: None, now: datetime) -> Iterator[Gauges]:
    yield gauges.read(now)


def test_machinery_that_runs_is_left_in_peace(alive: None, visit: Visit, codes: Codes) -> None:
    assert codes(machinery.examine(visit)) == []


def test_a_broker_that_does_not_answer_is_told(alive: None, visit: Visit, codes: Codes, settings: Any) -> None:
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://:hunter2@127.0.0.1:9/0"  # nothing listens there
    found = list(machinery.examine(visit))
    assert codes(found) == ["broker-unreachable"]
    assert "hunter2" not in found[0].what


@pytest.mark.parametrize("name", ["beat", "worker"])
def test_a_part_that_is_silent_is_told(alive: None, visit: Visit, codes: Codes, name: str) -> None:
    Heartbeat.objects.filter(name=name).update(at=visit.now - timedelta(minutes=3))
    [found] = machinery.examine(visit)
    assert found.code == f"{name}-silent"
    assert "3 min ago" in found.what


def test_a_part_that_never_ran_is_told(db: None, visit: Visit, codes: Codes) -> None:
    assert codes(machinery.examine(visit)) == ["beat-silent", "worker-silent"]


def test_a_sign_of_life_from_the_future_is_a_clock_that_differs(alive: None, visit: Visit, codes: Codes) -> None:
    Heartbeat.objects.filter(name="worker").update(at=visit.now + timedelta(seconds=30))
    assert codes(machinery.examine(visit)) == ["clock-hosts"]


def test_a_host_that_is_silent_is_noted_while_another_lives(alive: None, visit: Visit) -> None:
    for name, ago in (("host:sender-1", 1), ("host:sender-2", 600)):
        Heartbeat.objects.create(name=name, at=visit.now - timedelta(seconds=ago))
    [found] = machinery.examine(visit)
    assert (found.code, found.level) == ("host-silent", "note")
    assert "The worker on host sender-2 was last alive 10 min ago." in found.what


def test_hosts_that_are_all_silent_are_wrong(alive: None, visit: Visit) -> None:
    Heartbeat.objects.create(name="host:sender-1", at=visit.now - timedelta(minutes=10))
    [found] = machinery.examine(visit)
    assert (found.code, found.level) == ("host-silent", "wrong")


@pytest.mark.parametrize(
    ("queue", "seconds", "code"),
    [("batches", 301, "queue-age"), ("jobs", 61, "jobs-behind"), ("events", 61, "callbacks-behind")],
)
def test_a_queue_that_stands_is_told(well: Gauges, codes: Codes, queue: str, seconds: int, code: str) -> None:
    assert codes(machinery.queues(replace(well, ages={**well.ages, queue: float(seconds)}))) == [code]


def test_emails_that_failed_are_told_with_the_error(
    alive: None, workspace: Workspace, person: Callable[..., Any], visit: Visit
) -> None:
    Notice.objects.create(
        workspace=workspace, user=person(), dispatch=one_dispatch(workspace, visit.now), kind="hold", at=visit.now,
        mail="failed", mail_error="SMTPAuthenticationError: 535",
    )  # fmt: skip
    [found] = machinery.examine(visit)
    assert found.code == "email-failed"
    assert "535" in found.what
