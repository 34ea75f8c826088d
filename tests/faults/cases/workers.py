"""SIGKILL of a worker at each step of the batch, with another worker beside it."""

from __future__ import annotations

import functools
import random

from tests.faults.case import add, case
from tests.faults.injection import points
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage

STEPS = (
    (points.IN_PREPARE, True),
    (points.AFTER_CLAIM, False),
    (points.BEFORE_INTENT, True),
    (points.AFTER_INTENT, True),
    (points.AFTER_ANSWER, True),
    (points.BEFORE_OUTCOME, True),
)
VENDORS = {LOOK_UP: "that is asked", REFUSES_DOUBLES: "that refuses doubles"}
SINGLE = {"send_mode": "single"}


def at_a_step(point: str, provider: str, stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, provider, people=400, options=SINGLE if provider == LOOK_UP else None, receipts=True)
    stage.stop_at(point)
    scene.schedule()
    name = stage.kill_whoever(stage.wait_for_stop())
    stage.start(name)
    scene.until_over()
    return [scene]


for _point, _quick in STEPS:
    for _provider, _words in VENDORS.items():
        add(
            f"A worker is killed {_point}, at the vendor {_words}",
            functools.partial(at_a_step, _point, _provider),
            quick=_quick,
        )


def during_the_request(provider: str, stage: Stage, chance: random.Random) -> list[Scene]:
    """The sandbox has the request and takes a second; then nobody is there for the answer."""
    scene = prepare(stage, provider, people=200)
    scene.arm("latency", seconds=1.0)
    scene.schedule()
    scene.until(lambda: scene.requests() > 0, "a request")
    stage.kill("worker 1", "worker 2")
    stage.start_all()
    scene.until_over()
    return [scene]


for _provider, _words in VENDORS.items():
    add(
        f"Both workers are killed during a request, at the vendor {_words}",
        functools.partial(during_the_request, _provider),
        quick=True,
    )


def a_second_time(point: str, stage: Stage, chance: random.Random) -> list[Scene]:
    """One worker dies after its intent, and whoever then tidies up after it dies over it."""
    scene = prepare(stage, people=200)
    stage.stop_at(points.AFTER_INTENT)
    scene.schedule()
    pid = stage.wait_for_stop()
    stage.stop_at(point)
    first = stage.kill_whoever(pid)
    second = stage.kill_whoever(stage.wait_for_stop())
    stage.start(first, second)
    scene.until_over()
    return [scene]


for _point in (points.IN_SWEEP, points.IN_LOOK_UP):
    add(f"The one who tidies up is killed, too, {_point}", functools.partial(a_second_time, _point))


@case("A worker is killed in the transaction that applies receipts")
def in_receipts(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=200, receipts=True)
    stage.stop_at(points.IN_RECEIPTS)
    scene.schedule()
    stage.start(stage.kill_whoever(stage.wait_for_stop()))
    scene.until_over()
    return [scene]


@case("Both workers are killed ten times at random moments")
def at_random(stage: Stage, chance: random.Random) -> list[Scene]:
    """By messages, not by seconds: each time the dispatch has come somewhat further."""
    scenes = [
        prepare(stage, LOOK_UP, 1200, speed=60, options=SINGLE, receipts=True),
        prepare(stage, REFUSES_DOUBLES, 1200, speed=60),
    ]
    for scene in scenes:
        scene.schedule()
    for _ in range(10):
        more = min(scenes[0].sent() + chance.randrange(1, 120), 2000)
        scenes[0].until(functools.partial(scenes[0].has_sent, more), f"message {more}")
        stage.kill("worker 1", "worker 2")
        stage.start_all()
    for scene in scenes:
        scene.until_over()
    return scenes


@case("A worker is asked to end by SIGTERM and leaves nothing unknown", quick=True)
def asked_to_end(stage: Stage, chance: random.Random) -> list[Scene]:
    return ask_to_end(stage, prepare(stage, people=300, speed=100, options=SINGLE))


def ask_to_end(stage: Stage, scene: Scene) -> list[Scene]:
    """Both workers, in the middle of it."""
    scene.schedule()
    scene.until_sent(20)
    stage.terminate("worker 1", "worker 2")
    found = scene.statuses()
    assert not found.get("unknown") and not found.get("claimed"), f"after SIGTERM: {found}"
    stage.start_all()
    scene.until_over()
    assert not scene.statuses().get("unknown")
    return [scene]
