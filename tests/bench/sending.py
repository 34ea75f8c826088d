"""Dispatch through the sandbox: with the ledger, and the same bodies through the same client without it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from statistics import harmonic_mean
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Lane, ProviderAccount, Recipient
from campaigns.providers.base import Body, Channel, Message, Outgoing
from campaigns.services.connecting import accounts
from campaigns.services.sending import lanes, prepare
from campaigns.services.sending.courier import Answer, Courier
from campaigns.services.settling import ledger_checks
from campaigns.services.writing import content
from console import garbage
from tests.bench import post_office, prototype
from tests.bench import world as worlds
from tests.bench.measure import Figure, rate

# The machine's speed changes from second to second: what is compared takes turns.
ROUNDS = 3
# Few enough for what sends some hundred a second, once.
RIVAL_MESSAGES = 5_000


def figure(
    world: worlds.World, name: str, base_url: str, mode: str, messages: int, note: str
) -> tuple[Figure, Dispatch]:
    """Messages per second of one lane through the sandbox; of the bare loop, of the prototype (`prototype`) and, one a
    request, of django-post_office. Gives also what was sent last."""
    through = worlds.account(world, base_url, name, send_mode=mode)
    prepare.CHUNK = min(20_000, messages)
    rates = []
    for turn in range(ROUNDS):
        made = worlds.dispatch(world, through, f"{name} {turn}")
        worlds.write_audience(made, messages)
        bodies = list(_bodies(made, messages))
        rates.append(_compare(through, made, bodies))
    bare, durable, ours = (harmonic_mean(found) for found in zip(*rates, strict=True))
    rival = None
    if mode == "single":
        rival = post_office.send([message for body in bodies for message in body.messages][:RIVAL_MESSAGES], base_url)
    return Figure(name, ours, bare, note=note, prototype=durable, rival=rival), made


def _compare(through: ProviderAccount, made: Dispatch, bodies: list[Outgoing]) -> tuple[float, float, float]:
    """Messages per second of the bare loop, of the prototype, of the lane. RuntimeError when it left something."""
    count, depth = sum(len(body.messages) for body in bodies), _depth(through)
    garbage.look_seldom()  # as a worker; and the bodies are the bench's own
    bare = rate(count, lambda: _bare(through, bodies, depth))
    prototype.write(made)
    durable = rate(count, lambda: prototype.send(through, made, depth))
    prototype.drop()
    ours = rate(count, lambda: _lane(through, made))
    differs = ledger_checks.check(made.pk)
    left = Recipient.objects.filter(dispatch=made, status__in=["queued", "claimed", "unknown"]).count()
    if differs or left:
        raise RuntimeError(f"{made.campaign.name}: {left} rows were not sent, or the counters differ: {differs}")
    return bare, durable, ours


def _depth(through: ProviderAccount) -> int:
    """How many batches a lane has in flight."""
    capabilities = accounts.capabilities(through, Channel.SMS)
    return lanes.SINGLE_MESSAGES // capabilities.max_batch if capabilities.one_per_request else lanes.BULK_FLIGHTS


def _lane(through: ProviderAccount, made: Dispatch) -> None:
    settings.LANE_SLICE_SECONDS = 3_600
    lanes.IDLE_SECONDS = 0.0  # over when the last outcome is written
    while Batch.objects.filter(dispatch=made, status="ready").exists():  # some may have to wait on a busy machine
        lane = lanes.take_lane(through.pk, timezone.now())
        assert lane is not None
        lanes.run(lane, timezone.now, threading.Event())
        Lane.objects.all().delete()


def _bodies(made: Dispatch, most: int) -> Iterator[Outgoing]:
    """What the lane will send, made beforehand."""
    compiled = content.compiled(made.version_id)
    rows = Recipient.objects.filter(dispatch=made, status="queued").order_by("pk")[:most]
    messages = []
    for row in rows.iterator(5_000):
        values = compiled.values(content.row_for_wire(made, row.pk, row.values, compiled))
        messages.append(Message(f"bare-{row.pk}", row.address, text=compiled.render("text", values)))
    for start in range(0, len(messages), made.batch_size):
        body = Body(Channel.SMS, sender=made.sender)
        yield Outgoing(str(uuid4()), body, messages[start : start + made.batch_size])


def _bare(through: ProviderAccount, bodies: list[Outgoing], depth: int) -> None:
    """The loop of a program that keeps no ledger."""
    with Courier(accounts.open_provider(through)) as courier:
        flying: set[Future[Answer]] = set()
        for body in bodies:
            flying.add(courier.send(body))
            while len(flying) >= depth:
                _, flying = wait(flying, return_when=FIRST_COMPLETED)
        while flying:
            _, flying = wait(flying, return_when=FIRST_COMPLETED)
