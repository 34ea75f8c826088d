"""What providers do: refuse, hang, drop, slow down, answer nonsense. Every kind at every vendor."""

from __future__ import annotations

import functools
import random
import time
from typing import Any

from campaigns.models import ProviderAccount
from tests.faults.case import add, case
from tests.faults.injection.waits import SCALE
from tests.faults.scene import LOOK_UP, REFUSES_DOUBLES, SEND, Scene, prepare
from tests.faults.stage import Stage

PROXY_LIES = "takes a request and a proxy answers 502"
PROXY_BREAKS = "takes a request and a proxy breaks off in the middle of a 502"
# Name of the fault -> what the sandbox is told.
KINDS: dict[str, dict[str, Any]] = {
    "hangs before it takes a request": {"kind": "timeout_before_accept"},
    "takes a request and hangs": {"kind": "timeout_after_accept"},
    "drops a connection before it takes a request": {"kind": "reset_before_accept"},
    "takes a request and drops the connection": {"kind": "reset_after_accept"},
    "answers 429 and asks for two seconds": {"kind": "http_429", "retry_after": 2},
    "answers 429 without a time": {"kind": "http_429"},
    "answers 500": {"kind": "http_500"},
    "takes a request and answers 500": {"kind": "http_500", "accept": True},
    "answers 503": {"kind": "http_503"},
    "answers 502 with a proxy's page": {"kind": "html_502"},
    PROXY_LIES: {"kind": "html_502", "accept": True},
    "answers 502 and breaks off in the middle of it": {"kind": "cut_502"},
    PROXY_BREAKS: {"kind": "cut_502", "accept": True},
    "breaks off in the middle of the body": {"kind": "cut_body"},
    "answers broken JSON": {"kind": "garbled_json"},
    "answers truncated JSON": {"kind": "truncated_json"},
    "answers drop by drop, but in time": {"kind": "slow_drip", "seconds": 1.0},
    "answers drop by drop for longer than anybody waits": {"kind": "slow_drip", "seconds": 8.0},
    "leaves one message out of its answer": {"kind": "wrong_count"},
    "answers with a zero byte in every text": {"kind": "zero_bytes"},
    "answers with numbers that make no sense": {"kind": "wild_numbers"},
}
QUICK = (LOOK_UP, REFUSES_DOUBLES)
QUICK_KINDS = (
    "takes a request and hangs",
    "answers 429 and asks for two seconds",
    "breaks off in the middle of the body",
    "leaves one message out of its answer",
    "answers with a zero byte in every text",
)
TIMES = 2


def every_kind(provider: str, kinds: tuple[str, ...], stage: Stage, chance: random.Random) -> list[Scene]:
    """A dispatch for each kind, one after another; its first requests meet the fault."""
    scenes = []
    for kind in kinds:
        scene = prepare(stage, provider, people=40)
        # Two vendors' contracts ask for a minute after a 429 without a time, so there is one of them only.
        scene.arm(times=1 if KINDS[kind] == {"kind": "http_429"} else TIMES, **KINDS[kind])
        scene.schedule()
        scene.until_over()
        scenes.append(scene)
    return scenes


# The contracts of these two say that a 502 was not taken and goes again (Sinch §17.1, Octopush §12): who takes the
# request all the same breaks its word, and nothing on our side could know.
VOUCHED = {(vendor, lie) for vendor in ("sinch-messaging", "octopush") for lie in (PROXY_LIES, PROXY_BREAKS)}

for _provider in SEND:
    for _kind in KINDS:
        if (_provider, _kind) in VOUCHED:
            continue
        add(
            f"{_provider} {_kind}",
            functools.partial(every_kind, _provider, (_kind,)),
            quick=_provider in QUICK and _kind in QUICK_KINDS,
        )


def refused(provider: str, stage: Stage, chance: random.Random) -> list[Scene]:
    """Connections are refused, in the middle of requests, for three seconds."""
    scene = prepare(stage, provider, people=150, speed=50)
    scene.schedule()
    scene.until_sent(20)
    stage.relay.cut()
    time.sleep(3)
    stage.relay.open()
    scene.until_over()
    return [scene]


for _provider in SEND:
    add(f"{_provider} refuses connections", functools.partial(refused, _provider), quick=_provider == REFUSES_DOUBLES)


@case("The provider is away for ten minutes (at a fiftieth of the time), and the breaker holds", quick=True)
def outage(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=200, speed=80, options={"send_mode": "single"})
    scene.schedule()
    scene.until_sent(20)
    stage.relay.cut()
    held = ProviderAccount.objects.filter(pk=scene.account.pk, hold_until__isnull=False)
    scene.until(held.exists, "a hold")
    time.sleep(600 / SCALE)
    stage.relay.open()
    scene.until_over()
    assert not scene.statuses().get("failed")
    return [scene]
