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
from tests.faults.cases.workers import SINGLE
from tests.faults.run import Outcome, Say, line
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage, playing, wait_until

PATIENCE = 900.0  # seconds without anything moving
KINDS = (
    "timeout_before_accept", "timeout_after_accept", "reset_before_accept", "reset_after_accept", "http_429",
    "http_500", "http_503", "html_502", "cut_502", "cut_body", "garbled_json", "truncated_json", "slow_drip",
    "wrong_count",
)  # fmt: skip
SECONDS = 100.0  # that a dispatch takes at least, so that faults find something to hit
SLOWEST = 20.0  # messages a second


@dataclass(frozen=True, slots=True)
class Plan:
    """`people` over `dispatches`, half of them at each of two vendors. The same seed breaks the same things."""

    people: int
    dispatches: int
    seed: int


def run(plan: Plan, servers: tuple[Any, Any], say: Say) -> Outcome:
    """Play it to its end. Every fault is said as it comes, with the time and what has arrived by then."""
    outcome, started = Outcome(f"Soak: {plan.people:,} people in {plan.dispatches} dispatches"), time.monotonic()
    folder = Path(settings.DATA_DIR) / "faults"
    folder.mkdir(exist_ok=True)
    with playing(folder, *servers) as stage:
        scenes = [_scene(stage, plan, n) for n in range(plan.dispatches)]
        for scene in scenes:
            scene.schedule()
        try:
            broken = _break_until_over(stage, scenes, random.Random(plan.seed), say)
            stage.step_clock(0)
            stage.sandbox.disarm()
            for scene in scenes:
                scene.until_over(PATIENCE)
            log = stage.sandbox.log()
            for scene in scenes:
                outcome.verdict.add(verdict.of(scene, log))
            outcome.name += f", {broken} faults"
        except AssertionError as error:
            outcome.broken = str(error)
        if not outcome.survived:
            for last in stage.last_words():
                say(f"      {last}")
    outcome.seconds = time.monotonic() - started
    say(line(outcome))
    for problem in outcome.problems()[: verdict.SHOWN]:
        say(f"      {problem}")
    if not outcome.survived:
        again = f"--soak --people {plan.people} --dispatches {plan.dispatches} --seed {plan.seed}"
        say(f"      again: --engine {stage.engine} {again}")
    return outcome


def _scene(stage: Stage, plan: Plan, n: int) -> Scene:
    """Every second one at the vendor that is asked, half of those with one message a request. Receipts come from the
    other one only: the first has one callback address for all accounts, and most would be about somebody else's."""
    people = plan.people // plan.dispatches
    return prepare(
        stage,
        (LOOK_UP, REFUSES_DOUBLES)[n % 2],
        people,
        speed=max(SLOWEST, people / SECONDS),
        options=SINGLE if n % 4 == 0 else None,
    )


def _break_until_over(stage: Stage, scenes: list[Scene], chance: random.Random, say: Say) -> int:
    """One fault after another until every dispatch is over; gives how many there were."""
    broken, left, begun, progress = 0, list(scenes), time.monotonic(), -1
    moved = begun
    while left:
        try:
            what = chance.choice(_faults(stage))(stage, scenes, chance)
            broken += 1
            time.sleep(chance.uniform(3, 9))  # so long each fault has the floor
            stage.start_all()
            left = [scene for scene in left if not scene.is_over()]
            now = stage.sandbox.health()["accepted"]
        except OperationalError:  # the database is one of the things that break
            connection.close()
            continue
        say(f"      {time.monotonic() - begun:6.0f} s  {now:9,} at the provider, {len(left):3} dispatches left: {what}")
        if now != progress:
            progress, moved = now, time.monotonic()
        assert time.monotonic() - moved < PATIENCE, f"nothing moved for {PATIENCE:.0f} s: {left[0].statuses()}"
    return broken


Fault = Callable[[Stage, list[Scene], random.Random], str]  # gives what it did, in words


def _faults(stage: Stage) -> list[Fault]:
    common: list[Fault] = [_provider, _provider, _provider, _kill, _terminate, _cut, _step, _fill]
    return [*common, _empty, _stop_broker, _restart] if stage.broker else common


def _provider(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    scene, kind, times = chance.choice(scenes), chance.choice(KINDS), chance.randrange(1, 4)
    scene.arm(kind, times)
    return f"{scene.account.provider}: {kind} {times} times"


def _kill(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    name = chance.choice(["worker 1", "worker 2", "web", *(["beat"] if stage.broker else [])])
    if name in stage.processes:
        stage.kill(name)
    return f"{name} is killed"


def _terminate(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    if "worker 1" in stage.processes:
        stage.terminate("worker 1")
    return "worker 1 is asked to end"


def _cut(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    seconds = chance.uniform(0.2, 2)
    stage.relay.cut()
    time.sleep(seconds)
    stage.relay.open()
    return f"connections are refused for {seconds:.1f} s"


def _step(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    seconds = chance.choice([0, 0, 60, -60])
    stage.step_clock(seconds)
    return f"the clock is {seconds} s off"


def _fill(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    seconds = chance.uniform(0.5, 3)
    stage.fill_disk()
    time.sleep(seconds)
    stage.free_disk()
    return f"the disk is full for {seconds:.1f} s"


def _empty(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    machines.empty(settings.BROKER_URL)
    return "the broker is emptied"


def _stop_broker(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    assert stage.broker is not None
    stage.broker.restart(away=chance.uniform(0, 3))
    return "the broker restarts"


def _restart(stage: Stage, scenes: list[Scene], chance: random.Random) -> str:
    assert stage.database is not None
    how = chance.choice([signal.SIGINT, signal.SIGQUIT])
    stage.database.restart(how, chance.uniform(0, 2))
    connection.close()
    wait_until(_connects, 30, "a connection")
    return f"the database restarts after {how.name}"


def _connects() -> bool:
    connection.ensure_connection()
    return True
