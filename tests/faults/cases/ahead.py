"""Where no limit holds a lane back and each message is a request: a batch is taken while two are on their way, and
leaves before the outcomes of the first are written."""

from __future__ import annotations

import functools
import random

from campaigns.services.sending import dispatching
from tests.faults.case import add, case
from tests.faults.cases.people import hands, pause_and_resume_at_once
from tests.faults.cases.workers import SINGLE, ask_to_end
from tests.faults.injection import points
from tests.faults.scene import LOOK_UP, Scene, prepare
from tests.faults.stage import Stage

PEOPLE = 3_000


def scene_of(stage: Stage, people: int = PEOPLE) -> Scene:
    return prepare(stage, LOOK_UP, people, options=SINGLE, unlimited=True)


def at_a_step(point: str, stage: Stage, chance: random.Random) -> list[Scene]:
    scene = scene_of(stage)
    stage.stop_at(point)
    scene.schedule()
    stage.start(stage.kill_whoever(stage.wait_for_stop()))
    scene.until_over()
    return [scene]


for _point in (points.AHEAD, points.AFTER_ANSWER, points.BEFORE_OUTCOME):
    add(f"Without a limit a worker is killed {_point}", functools.partial(at_a_step, _point), quick=True)


@case("Without a limit both workers are killed six times at random moments")
def at_random(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = scene_of(stage, 9_000)
    scene.schedule()
    for _ in range(6):
        # Each time some 200 of the 9,000 are left in doubt that never left: a much later message may never come.
        more = min(scene.sent() + chance.randrange(1, 1_500), 6_000)
        scene.until(functools.partial(scene.has_sent, more), f"message {more}")
        stage.kill("worker 1", "worker 2")
        stage.start_all()
    scene.until_over()
    return [scene]


@case("Without a limit a worker that is asked to end leaves nothing unknown and nothing taken")
def asked_to_end(stage: Stage, chance: random.Random) -> list[Scene]:
    return ask_to_end(stage, scene_of(stage))


@case("Without a limit fifty people pause and resume at once, and then everything goes out")
def pause_and_resume(stage: Stage, chance: random.Random) -> list[Scene]:
    return pause_and_resume_at_once(scene_of(stage, 6_000), chance)


@case("Without a limit fifty people pause, resume and stop at once, and nothing leaves after the stop")
def stop(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = scene_of(stage, 9_000)
    scene.schedule()
    scene.until_sent(10)
    hands(scene, [dispatching.pause, dispatching.resume, dispatching.stop], chance)
    scene.until_over()
    assert scene.dispatch.status == "stopped"
    return [scene]


@case("Without a limit the vendor answers 429, breaks off and says nothing readable in between")
def broken_answers(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = scene_of(stage)
    for kind in ("http_429", "reset_after_accept", "cut_body", "garbled_json", "http_500"):
        scene.arm(kind, 25)
    scene.schedule()
    scene.until_over()
    return [scene]
