"""The guards as an installation has them: what surely was not sent is no failure, and nonsense calls a person."""

from __future__ import annotations

import functools
import random
import time

from django.utils import timezone

from campaigns.models import ProviderAccount
from campaigns.services.sending import dispatching
from campaigns.states import Hold
from console.models import AuditEvent
from tests.faults.case import add
from tests.faults.cases.workers import SINGLE, VENDORS
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage

AWAY_SECONDS = 4.0
FOREVER = 1_000_000  # requests: until it is disarmed
QUICK = {(LOOK_UP, ""), (REFUSES_DOUBLES, "http_503")}  # each way once


def away(kind: str, provider: str, stage: Stage, chance: random.Random) -> list[Scene]:
    """For some seconds nothing gets through, one way or the other. Only the breaker may act: everybody goes back to
    the queue, nobody has failed, and no person is called."""
    scene = _watched(stage, provider)
    scene.schedule()
    scene.until_sent(20)
    if kind:
        scene.arm(kind, times=FOREVER)
    else:
        stage.relay.cut()
    broken = ProviderAccount.objects.filter(pk=scene.account.pk, broken_since__isnull=False)
    scene.until(broken.exists, "the breaker")
    time.sleep(AWAY_SECONDS)
    assert _holds(scene) == [], "held, although nothing was sent that could have failed"
    scene.disarm()
    stage.relay.open()
    scene.until_over()
    assert _holds(scene) == []
    assert not scene.statuses().get("failed")
    return [scene]


def nonsense(provider: str, stage: Stage, chance: random.Random) -> list[Scene]:
    """It takes every message and answers what nobody can read, until a person has looked and lets it go on."""
    scene = _watched(stage, provider)
    scene.arm("garbled_json", times=FOREVER)
    scene.schedule()
    scene.until(lambda: bool(_holds(scene)), "the hold")
    assert _holds(scene) == [Hold.NONSENSE]
    scene.until(scene.is_landed, "what is in flight")
    assert scene.statuses().get("queued", 0) > 0, "held when everybody was written to"
    scene.disarm()
    dispatching.resume(scene.dispatch, scene.owner, timezone.now())
    scene.until_over()
    assert _holds(scene) == [Hold.NONSENSE], "held again by what a person has seen"
    return [scene]


def _watched(stage: Stage, provider: str) -> Scene:
    # A speed makes small batches, so that a vendor of bulk requests gets many of them.
    return prepare(stage, provider, 400, speed=60, options=SINGLE if provider == LOOK_UP else None, guards=True)


def _holds(scene: Scene) -> list[str]:
    """Why the dispatch was held, each time."""
    found = AuditEvent.objects.filter(workspace=scene.campaign.workspace, action="dispatch.hold").order_by("pk")
    return [event.detail["reason"] for event in found]


for _provider, _words in VENDORS.items():
    for _kind, _what in (("", "refuses connections"), ("http_503", "answers 503")):
        add(
            f"The vendor {_words} {_what} for some seconds, and no guard holds the dispatch",
            functools.partial(away, _kind, _provider),
            quick=(_provider, _kind) in QUICK,
        )
    add(
        f"The vendor {_words} answers nonsense, and the dispatch is held until a person lets it go on",
        functools.partial(nonsense, _provider),
        quick=_provider == LOOK_UP,
    )
