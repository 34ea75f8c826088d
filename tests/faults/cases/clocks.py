"""The machine's clock is stepped by an hour, forwards and back, in the middle of a dispatch."""

from __future__ import annotations

import functools
import random

from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.services.sending import dispatching
from tests.faults.case import add, case
from tests.faults.cases.workers import SINGLE
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage

HOUR = 3600.0


def stepped(seconds: float, stage: Stage, chance: random.Random) -> list[Scene]:
    scenes = [
        prepare(stage, LOOK_UP, 300, speed=80, options=SINGLE, receipts=True),
        prepare(stage, REFUSES_DOUBLES, 300, speed=80),
    ]
    for scene in scenes:
        scene.schedule()
    for scene in scenes:
        scene.until_accepted(20)
    scenes[1].arm("timeout_after_accept")
    stage.step_clock(seconds)
    for scene in scenes:
        scene.until_over()
    return scenes


add("The clock jumps an hour ahead", functools.partial(stepped, HOUR), quick=True)
add("The clock jumps an hour back", functools.partial(stepped, -HOUR), quick=True)


@case("A start that the clock made an hour late is held, and goes on when a person says so")
def late(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=50)
    stage.step_clock(HOUR + 60)
    scene.schedule()
    scene.until(lambda: Dispatch.objects.filter(campaign=scene.campaign, status="held").exists(), "the hold")
    assert scene.sent() == 0
    stage.step_clock(0)
    dispatching.resume(scene.dispatch, scene.owner, timezone.now())
    scene.until_over()
    return [scene]
