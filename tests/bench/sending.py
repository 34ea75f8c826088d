"""Dispatch through the sandbox: with the ledger, and the same bodies through the same client without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from campaigns.models import Dispatch, Lane, ProviderAccount, Recipient
from campaigns.providers.base import Body, Channel, Message, Outgoing
from campaigns.services import accounts, content, lanes, ledger_checks, prepare
from campaigns.services.courier import Answer, Courier
from tests.bench import world as worlds
from tests.bench.measure import Figure, rate


def figure(world: worlds.World, name: str, base_url: str, mode: str, messages: int, note: str) -> Figure:
    """Messages per second of one lane through the sandbox, and of the bare loop before and after it (the mean)."""
    through = worlds.account(world, base_url, name, send_mode=mode)
    made = worlds.dispatch(world, through, name)
    prepare.CHUNK = min(20_000, messages)
    worlds.write_audience(made, messages)
    bodies = list(_bodies(made, messages))
    count = sum(len(body.messages) for body in bodies)
    before = rate(count, lambda: _bare(through, bodies))
    ours = rate(count, lambda: _lane(through, made))
    after = rate(count, lambda: _bare(through, bodies))
    differs = ledger_checks.check(made.pk)
    left = Recipient.objects.filter(dispatch=made, status__in=["queued", "claimed", "unknown"]).count()
    if differs or left:
        raise RuntimeError(f"{name}: {left} rows were not sent, or the counters differ: {differs}")
    return Figure(name, ours, (before + after) / 2, note=note)


def _lane(through: ProviderAccount, made: Dispatch) -> None:
    settings.LANE_SLICE_SECONDS = 3_600
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


def _bare(through: ProviderAccount, bodies: list[Outgoing]) -> None:
    """The loop of a program that keeps no ledger: as many requests in flight as a lane has."""
    provider = accounts.open_provider(through)
    capabilities = provider.capabilities(Channel.SMS)
    depth = lanes.SINGLE_MESSAGES // capabilities.max_batch if capabilities.one_per_request else lanes.BULK_FLIGHTS
    with Courier(provider) as courier:
        flying: set[Future[Answer]] = set()
        for body in bodies:
            flying.add(courier.send(body))
            while len(flying) >= depth:
                _, flying = wait(flying, return_when=FIRST_COMPLETED)
        while flying:
            _, flying = wait(flying, return_when=FIRST_COMPLETED)
    time.sleep(0.2)  # the sandbox ends its own work before the next measurement begins
