"""Beat, web and ticks: killed, doubled, at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.services.sending import dispatching
from tests.faults.case import SERVERS, case
from tests.faults.scene import REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage


@case("Beat is killed and comes back", engines=SERVERS)
def beat_killed(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=200, speed=60)
    scene.schedule()
    scene.until_sent(10)
    stage.kill("beat")
    scene.until_sent(100)  # a lane hands over to the next slice without it
    stage.start("beat")
    scene.until_over()
    return [scene]


@case("The worker that holds beat is killed, and the other one has its own", quick=True, engines=("sqlite",))
def embedded_beat_killed(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=200, speed=60)
    scene.schedule()
    scene.until_sent(10)
    stage.kill("worker 1")
    scene.until_over()
    stage.start_all()
    return [scene]


@case("Three beats run at once", engines=SERVERS, quick=True)
def beat_doubled(stage: Stage, chance: random.Random) -> list[Scene]:
    stage.start("beat 2", "beat 3")
    scenes = [prepare(stage, people=300), prepare(stage, REFUSES_DOUBLES, people=300)]
    for scene in scenes:
        scene.schedule()
    for scene in scenes:
        scene.until_over()
    assert Dispatch.objects.filter(campaign__in=[scene.campaign for scene in scenes]).count() == 2
    return scenes


@case("Twenty ticks start the same campaign at once", quick=True)
def ticks_at_once(stage: Stage, chance: random.Random) -> list[Scene]:
    """Beside those of the workers: everybody has read it as due before the first has started it."""
    scene = prepare(stage, people=100)
    stage.terminate("worker 1", "worker 2")
    scene.schedule()
    scene.campaign.refresh_from_db()
    together([lambda: dispatching.start(scene.campaign, timezone.now())] * 20)
    stage.start_all()
    scene.until_over()
    assert Dispatch.objects.filter(campaign=scene.campaign).count() == 1
    return [scene]


@case("The web process is killed while receipts come in", quick=True)
def web_killed(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=200, receipts=True)
    scene.schedule()
    scene.until_sent(50)
    stage.kill("web")
    stage.start("web")
    scene.until_over()
    return [scene]


def together(calls: list[Callable[[], object]]) -> list[object]:
    """Make the calls in threads of their own that all begin at the same moment; gives results and errors."""
    gate, found = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        try:
            gate.wait(30)
            found.append(call())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
