"""People at the wrong moment: fifty hands on pause, resume and stop, and somebody who leaves while queued."""

from __future__ import annotations

import random
from functools import partial

from django.utils import timezone

from campaigns.models import Dispatch, Recipient
from campaigns.services.sending import dispatching
from console.errors import UserError
from contacts.services import consent
from contacts.states import ConsentSource
from tests.faults.case import case
from tests.faults.cases.processes import together
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage

HANDS = 50


@case("Fifty people pause and resume at once, and then everything goes out", quick=True)
def pause_and_resume(stage: Stage, chance: random.Random) -> list[Scene]:
    return pause_and_resume_at_once(prepare(stage, people=300, speed=60), chance)


def pause_and_resume_at_once(scene: Scene, chance: random.Random) -> list[Scene]:
    """Fifty hands, and whatever the last of them wanted, it goes on."""
    scene.schedule()
    scene.until_sent(10)
    hands(scene, [dispatching.pause, dispatching.resume], chance)
    if scene.dispatch.status == "paused":
        dispatching.resume(scene.dispatch, scene.owner, timezone.now())
    scene.until_over()
    return [scene]


@case("Fifty people pause, resume and stop at once, and nothing leaves after the stop", quick=True)
def stop(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, REFUSES_DOUBLES, people=400, speed=50)
    scene.schedule()
    scene.until_sent(10)
    hands(scene, [dispatching.pause, dispatching.resume, dispatching.stop], chance)
    scene.until_over()
    assert scene.dispatch.status == "stopped"
    assert scene.statuses().get("cancelled", 0) > 0
    return [scene]


def hands(scene: Scene, actions: list, chance: random.Random) -> None:
    """Fifty at once, each with one of the actions; the last has the last of them."""
    chosen = [chance.choice(actions) for _ in range(HANDS - 1)] + [actions[-1]]

    def act(action) -> str:
        dispatch = Dispatch.objects.select_related("account", "workspace", "campaign").get(pk=scene.dispatch.pk)
        try:
            action(dispatch, scene.owner, timezone.now())
        except UserError:
            return "refused"
        return "done"

    found = together([partial(act, action) for action in chosen])
    assert [one for one in found if one not in ("refused", "done")] == []


@case("A third opts out while they are queued, and none of them is written to", quick=True)
def opt_out_while_queued(stage: Stage, chance: random.Random) -> list[Scene]:
    scenes = []
    for provider, channel in ((LOOK_UP, "sms"), (REFUSES_DOUBLES, "email")):
        scene = prepare(stage, provider, people=150, speed=30)
        scene.schedule()
        scene.until_accepted(1)
        dispatch = scene.dispatch
        dispatching.pause(dispatch, scene.owner, timezone.now())
        scene.until(scene.is_landed, "what is in flight")
        queued = list(Recipient.objects.filter(dispatch=dispatch, status="queued").order_by("pk"))
        gone = chance.sample(queued, len(queued) // 3)
        for row in gone:
            consent.opt_out(dispatch.workspace, channel, row.address, source=ConsentSource.PROVIDER, now=timezone.now())
        dispatching.resume(scene.dispatch, scene.owner, timezone.now())
        scene.until_over()
        left_out = Recipient.objects.filter(pk__in=[row.pk for row in gone], status="skipped").count()
        assert left_out == len(gone) > 10, f"{len(gone)} opted out, {left_out} were left out"
        scenes.append(scene)
    return scenes
