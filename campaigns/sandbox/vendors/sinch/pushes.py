"""Callbacks and DLRs at their time, with the endings of a number that lose, double or reorder them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import orjson

from campaigns.sandbox.vendors.sinch.messages import Batch, Sms
from campaigns.sandbox.vendors.sinch.outcomes import LOST, OUT_OF_ORDER, REPLIES, SENT, TWICE
from campaigns.sandbox.vendors.sinch.queries import StatusQueries
from campaigns.sandbox.vendors.sinch.replies import Replies
from campaigns.sandbox.vendors.sinch.retries import retry_delay
from campaigns.sandbox.vendors.sinch.settings import SinchSettings
from campaigns.sandbox.world import World

LATE = 1.0  # seconds after the DLR: the callback that is out of order, and the reply
REPLY_TEXT = "SAIR"


class Pushes:
    """Two events a batch: its sent statuses and its delivered statuses."""

    def __init__(self, world: World, settings: SinchSettings, queries: StatusQueries, replies: Replies) -> None:
        self._world, self._settings, self._queries, self._replies = world, settings, queries, replies

    def schedule(self, batch: Batch) -> None:
        self._world.agenda.at(batch.sent_at, self._sent, batch)
        if not batch.expired:
            self._world.agenda.at(batch.delivered_at, self._delivered, batch)

    def _sent(self, batch: Batch) -> None:
        self._queries.add(batch.sent_at, batch.messages)
        late = [m for m in batch.messages if m.ending == OUT_OF_ORDER]
        if late:
            self._world.agenda.at(batch.delivered_at + LATE, self._push_callbacks, late, batch.delivered_at + LATE)
        self._push_callbacks([m for m in batch.messages if m.ending not in (OUT_OF_ORDER, LOST)], batch.sent_at)

    def _push_callbacks(self, messages: list[Sms], due: float) -> None:
        self._push("callback", self._settings.callback_url, messages, Sms.as_callback, due)

    def _delivered(self, batch: Batch) -> None:
        reported = [m for m in batch.messages if m.code == SENT and m.delivery is not None]
        self._queries.add(batch.delivered_at, reported)
        self._push("dlr", self._settings.dlr_url, reported, Sms.as_dlr, batch.delivered_at)
        for message in reported:
            if message.ending == REPLIES:
                due = batch.delivered_at + LATE
                self._world.agenda.at(due, self._replies.receive, message.destination, REPLY_TEXT, message, due)

    def _push(
        self, kind: str, url: str, messages: Iterable[Sms], shape: Callable[[Sms], dict[str, Any]], due: float
    ) -> None:
        if not url:
            return
        renders: list[Callable[[], bytes]] = []
        for message in messages:
            render = partial(_render, shape, message)
            renders.append(render)
            if message.ending == TWICE:
                renders.append(render)
        self._world.courier.send(Sms.vendor, kind, url, renders, retry_delay, due)


def _render(shape: Callable[[Sms], dict[str, Any]], message: Sms) -> bytes:
    return orjson.dumps(shape(message))
