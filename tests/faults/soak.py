"""Many dispatches under random faults for as long as they take, and one comparison at the end."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection

from tests.faults import servers as machines
from tests.faults import verdict
from tests.faults.run import Outcome, Say, line
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage, playing, wait_until

PATIENCE = 900.0  # seconds without anything moving
KINDS = (
    "timeout_after_accept", "reset_before_accept", "reset_after_accept", "http_429", "http_500", "http_503",
    "html_502", "cut_body", "garbled_json", "truncated_json", "slow_drip", "wrong_count",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """`people` over `dispatches`, half of them at each of two vendors. The same seed breaks the same things."""

    people: int
    dispatches: int
    seed: int


def run(plan: Plan, servers: tuple[Any, Any], say: Say) -> Outcome:
    outcome, started = Outcome(f"Soak: {plan.people:,} people in {plan.dispatches} dispatches"), time.monotonic()
    folder = Path(settings.DATA_DIR) / "faults"
    folder.mkdir(exist_ok=True)
    with playing(folder, *servers) as stage:
        scenes = [
            prepare(stage, (LOOK_UP, REFUSES_DOUBLES)[n % 2], plan.people // plan.dispatches, receipts=n == 0)
            for n in range(plan.dispatches)
        ]
        for scene in scenes:
            scene.schedule()
        try:
            broken = _break_until_over(stage, scenes, random.Random(plan.seed), say)
            log = stage.sandbox.log()
            for scene in scenes:
                outcome.verdict.add(verdict.of(scene, log))
            outcome.name += f", {broken} faults"
        except AssertionError as error:
            outcome.broken = str(error)
    outcome.seconds = time.monotonic() - started
    say(line(outcome))
    for problem in outcome.problems()[: verdict.SHOWN]:
        say(f"      {problem}")
    return outcome


def _break_until_over(stage: Stage, scenes: list[Scene], chance: random.Random, say: Say) -> int:
    """One fault after another until every dispatch is over; gives how many there were."""
    broken, left, moved, progress = 0, list(scenes), time.monotonic(), -1
    while left:
        what = chance.choice(_faults(stage))
        try:
            what(stage, scenes, chance)
            broken += 1
            time.sleep(chance.uniform(3, 9))  # so long each fault has the floor
            stage.start_all()
            left = [scene for scene in left if not scene.is_over()]
            now = stage.sandbox.health()["accepted"]
        except OperationalError:  # the database is one of the things that break
            connection.close()
            continue
        if now != progress:
            progress, moved = now, time.monotonic()
            say(f"      {now:,} messages at the provider after {broken} faults, {len(left)} dispatches left")
        assert time.monotonic() - moved < PATIENCE, f"nothing moved for {PATIENCE:.0f} s: {left[0].statuses()}"
    return broken


Fault = Callable[[Stage, list[Scene], random.Random], None]


def _faults(stage: Stage) -> list[Fault]:
    common: list[Fault] = [_provider, _provider, _provider, _kill, _terminate, _cut, _step]
    return [*common, _empty, _restart] if stage.broker else common


def _provider(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    chance.choice(scenes).arm(chance.choice(KINDS), times=chance.randrange(1, 4))


def _kill(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    name = chance.choice(["worker 1", "worker 2", "web"])
    if name in stage.processes:
        stage.kill(name)


def _terminate(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    if "worker 1" in stage.processes:
        stage.terminate("worker 1")


def _cut(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    stage.relay.cut()
    time.sleep(chance.uniform(0.2, 2))
    stage.relay.open()


def _step(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    stage.step_clock(chance.choice([0, 0, 60, -60]))


def _empty(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    machines.empty(settings.BROKER_URL)


def _connects() -> bool:
    connection.ensure_connection()
    return True


def _restart(stage: Stage, scenes: list[Scene], chance: random.Random) -> None:
    assert stage.database is not None
    stage.database.restart(chance.choice([signal.SIGINT, signal.SIGQUIT]), chance.uniform(0, 2))
    connection.close()
    wait_until(_connects, 30, "a connection")
