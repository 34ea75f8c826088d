"""Receipts while the product sends: how many are stored a second, without HTTP and over it, and how soon applied."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from urllib.parse import urlsplit

import orjson
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import F, Max
from django.utils import timezone

from campaigns.models import Dispatch, ProviderEvent, Recipient
from campaigns.providers.base import Hook
from campaigns.querysets import callbacks
from campaigns.querysets.callbacks import Door
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import inbox
from console.management.commands.start import WEB_PROCESSES, WEB_THREADS
from tests.bench.callbacks import IN_ONE_CALL, batched
from tests.bench.measure import Figure, rate, stopwatch
from tests.bench.waiting import wait

Deliver = Callable[[Sequence[bytes]], None]
# Answers over HTTP cost several times as much as what is stored: fewer tell as much.
HTTP_SHARE = 5
# What a vendor's caller meets when few come: one call every hundredth of a second.
CALM_CALLS, CALM_SECONDS = 300, 0.01


def figures(sent: Dispatch, product_url: str, number: int) -> list[Figure]:
    """`sent`: a dispatch that the provider has, which the receipts are for; of `number` people at a time. Stored by
    processes and threads like the web server's, or by that server itself."""
    calls = number // HTTP_SHARE
    reports = _reports(sent, 3 * number + calls + CALM_CALLS)
    left = iter(reports)
    singles, lists = partial(_singles, left), partial(_lists, left)
    door = callbacks.door(sent.account.callback_token)
    assert door is not None
    store, post = partial(_store, door), partial(_post, f"{product_url}/hooks/{door.callback_token}/delivery/")
    many = f"{IN_ONE_CALL} a call"
    return [
        _figure("receipts stored while sending, one a call", store, singles(number), number),
        _figure(f"receipts stored while sending, {many}", store, lists(number), number),
        _figure("receipts over HTTP while sending, one a call", post, singles(calls), calls),
        _figure(f"receipts over HTTP while sending, {many}", post, lists(number), number),
        _calm(post, singles(CALM_CALLS)),
        _until_applied(sent, len(reports)),
    ]


def _reports(sent: Dispatch, number: int) -> list[dict[str, object]]:
    """Of so many messages, each one's own."""
    rows = Recipient.objects.filter(dispatch=sent, status="accepted").order_by("pk")
    made = [_report(sent, row) for row in rows[:number]]
    if len(made) < number:
        raise CommandError(f"Receipts for {number:,} messages need as many messages: add --messages {number}")
    return made


def _report(sent: Dispatch, row: Recipient) -> dict[str, object]:
    return {
        "id": row.provider_message_id,
        "correlationId": reference_of(sent.key, row.pk, row.attempt),
        "sentStatusCode": 2,
        "deliveredStatusCode": 4,
        "deliveredDate": "2026-11-20T10:00:00Z",
    }


def _singles(reports: Iterator[dict[str, object]], number: int) -> list[bytes]:
    return [orjson.dumps(next(reports)) for _ in range(number)]


def _lists(reports: Iterator[dict[str, object]], number: int) -> list[bytes]:
    return [orjson.dumps(some) for some in batched([next(reports) for _ in range(number)], IN_ONE_CALL)]


def _figure(name: str, deliver: Deliver, bodies: Sequence[bytes], events: int) -> Figure:
    stored = rate(events, lambda: _in_parallel(deliver, bodies))
    return Figure(name, stored, note=f"{len(bodies):,} calls, {_sending():,} people still to be sent to")


def _sending() -> int:
    """People whom the product has yet to send to: none would mean that nothing was sent meanwhile."""
    return Recipient.objects.filter(dispatch__status="sending", status="queued").count()


def _in_parallel(deliver: Deliver, bodies: Sequence[bytes]) -> None:
    """RuntimeError when a process did not get to its end."""
    connection.close()  # is not shared with those that are forked
    shares = [bodies[n::WEB_PROCESSES] for n in range(WEB_PROCESSES)]
    callers = [multiprocessing.get_context("fork").Process(target=_share, args=(deliver, share)) for share in shares]
    for process in callers:
        process.start()
    for process in callers:
        process.join()
    if any(process.exitcode for process in callers):
        raise RuntimeError("callbacks were not stored")


def _share(deliver: Deliver, bodies: Sequence[bytes]) -> None:
    with ThreadPoolExecutor(WEB_THREADS) as threads:
        list(threads.map(deliver, [bodies[n::WEB_THREADS] for n in range(WEB_THREADS)]))


def _store(door: Door, bodies: Sequence[bytes]) -> None:
    """As the door does it, without the way there."""
    for body in bodies:
        inbox.store(door, Hook("delivery", "POST", {"content-type": "application/json"}, {}, body), timezone.now())
    connection.close()


def _post(address: str, bodies: Sequence[bytes]) -> None:
    """As a vendor does it: over a connection that stays open, the next when the last is answered."""
    url = urlsplit(address)
    caller = HTTPConnection(url.netloc)
    for body in bodies:
        caller.request("POST", url.path, body, {"Content-Type": "application/json"})
        answer = caller.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the door answered {answer.status}")
    caller.close()


def _calm(post: Deliver, bodies: Sequence[bytes]) -> Figure:
    """How soon all but the slowest hundredth are answered."""
    took = []
    for body in bodies:
        with stopwatch() as watch:
            post([body])
        took.append(watch.seconds)
        time.sleep(CALM_SECONDS)
    slowest = sorted(took)[len(took) * 99 // 100]
    return Figure(
        "a receipt over HTTP while sending, p99", slowest * 1_000, unit="ms", note="few at a time; target 200"
    )


def _until_applied(sent: Dispatch, receipts: int) -> Figure:
    """RuntimeError when one was lost."""
    events = ProviderEvent.objects.filter(account=sent.account)
    wait(lambda: not events.filter(applied_at=None).exists())
    delivered = Recipient.objects.filter(dispatch=sent, status="delivered").count()
    if delivered != receipts:
        raise RuntimeError(f"{delivered} of {receipts} receipts were applied")
    waited = events.aggregate(longest=Max(F("applied_at") - F("received_at")))["longest"].total_seconds()
    return Figure("receipts, longest until applied", waited, unit="s", note="target 5 s")
