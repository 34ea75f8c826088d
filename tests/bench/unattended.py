"""The product as it runs in service: idle, from due to the first request, and receipts while it sends."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
from django.db import connection
from django.db.models import F, Max
from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount, ProviderEvent, Recipient
from campaigns.providers.base import Hook
from campaigns.querysets import callbacks
from campaigns.querysets.callbacks import Door
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import inbox
from contacts.models import Group
from tests.bench import processes
from tests.bench import world as worlds
from tests.bench.callbacks import IN_ONE_CALL, batched
from tests.bench.measure import Figure, rate
from tests.sandbox_process import SandboxProcess

STARTS = 3
WEB_PROCESSES, WEB_THREADS = 2, 4  # of the web server, and of each of its processes, as `start` runs it
PATIENCE_SECONDS = 900.0


def figures(
    world: worlds.World, sandbox: SandboxProcess, sent: Dispatch, messages: int, receipts: int, idle: float
) -> list[Figure]:
    """`sent`: a dispatch that the provider has, which the receipts are for."""
    # What the other figures have left behind waits for an account that does not answer: trying it is not idleness.
    Dispatch.objects.filter(status="sending").update(status="paused")
    through = worlds.account(world, sandbox.url, "unattended", send_mode="bulk")
    few, many = worlds.group(world, "Few", 1_000), worlds.group(world, "Many", messages)
    with processes.product() as product:
        found = [_idle(product, idle)]
        worker = processes.worker_of(product)
        found.append(_due_to_request(sandbox, [planned(world, through, few, n) for n in range(STARTS)]))
        before = processes.memory_mib(worker)
        campaign = planned(world, through, many, 0)
        wait(lambda: Dispatch.objects.filter(campaign=campaign, status="sending").exists())
        found += _receipts(sent, receipts)
        wait(lambda: Dispatch.objects.filter(campaign=campaign, status="finished").exists())
        run = Dispatch.objects.get(campaign=campaign)
        assert run.finished_at is not None
        seconds = (run.finished_at - run.planned_at).total_seconds()
        note = f"{run.people:,} people from due to finished, receipts meanwhile"
        found.append(Figure("unattended, bulk", run.people / seconds, note=note))
        after = processes.memory_mib(worker)
        found.append(Figure("worker's memory", after, unit="MiB", note=f"{before:.0f} before it sent {run.people:,}"))
    return found


def _idle(product: int, seconds: float) -> Figure:
    time.sleep(5)  # what starts has started
    before = processes.cpu_seconds(product)
    time.sleep(seconds)
    used = processes.cpu_seconds(product) - before
    return Figure("idle, all processes", used / seconds * 100, unit="%", note=f"of one core, over {seconds:.0f} s")


def planned(world: worlds.World, through: ProviderAccount, group: Group, later: int) -> Campaign:
    """A campaign that is due in two seconds, and `later` times two more."""
    made = worlds.campaign(world, through, "unattended")
    made.include.add(group)
    due = timezone.now() + timedelta(seconds=2 + 2.3 * later)
    Campaign.objects.filter(pk=made.pk).update(everyone=False, status="scheduled", start_at=due)
    made.refresh_from_db()
    return made


def _due_to_request(sandbox: SandboxProcess, campaigns: list[Campaign]) -> Figure:
    """The longest of several starts."""
    wait(lambda: Dispatch.objects.filter(campaign__in=campaigns, status="finished").count() == len(campaigns))
    requests = sandbox.requests()["requests"][-len(campaigns) :]  # one batch each
    arrived = sorted(request["real_at"] for request in requests)
    due = sorted(campaign.start_at.timestamp() for campaign in campaigns if campaign.start_at)
    longest = max(at - start for at, start in zip(arrived, due, strict=True))
    return Figure("due to first request", longest, unit="s", note=f"longest of {len(campaigns)}")


def _receipts(sent: Dispatch, number: int) -> list[Figure]:
    """Callbacks as vendors make them, `number` of one event each and as many in lists, stored by processes and threads
    like the web server's, while the worker sends and applies."""
    rows = Recipient.objects.filter(dispatch=sent, status="accepted").order_by("pk")[: 2 * number]
    reports = [_report(sent, row) for row in rows]
    single = [orjson.dumps(report) for report in reports[:number]]
    lists = [orjson.dumps(some) for some in batched(reports[number:], IN_ONE_CALL)]
    door = callbacks.door(sent.account.callback_token)
    assert door is not None

    one_by_one = rate(len(single), lambda: _store(door, single))
    in_lists = rate(len(reports) - len(single), lambda: _store(door, lists))
    events = ProviderEvent.objects.filter(account=sent.account)
    wait(lambda: not events.filter(applied_at=None).exists())
    delivered = Recipient.objects.filter(dispatch=sent, status="delivered").count()
    if delivered != len(reports):
        raise RuntimeError(f"{delivered} of {len(reports)} receipts were applied")
    waited = events.aggregate(longest=Max(F("applied_at") - F("received_at")))["longest"].total_seconds()
    return [
        Figure("receipts stored while sending, one a call", one_by_one, note=f"{len(single):,} calls"),
        Figure(f"receipts stored while sending, {IN_ONE_CALL} a call", in_lists, note=f"{len(lists):,} calls"),
        Figure("receipts, longest until applied", waited, unit="s", note="target 5 s"),
    ]


def _store(door: Door, bodies: Sequence[bytes]) -> None:
    """RuntimeError when a process did not get to its end."""
    connection.close()  # is not shared with those that are forked
    shares = [bodies[n::WEB_PROCESSES] for n in range(WEB_PROCESSES)]
    web = [multiprocessing.get_context("fork").Process(target=_store_share, args=(door, share)) for share in shares]
    for process in web:
        process.start()
    for process in web:
        process.join()
    if any(process.exitcode for process in web):
        raise RuntimeError("callbacks were not stored")


def _store_share(door: Door, bodies: Sequence[bytes]) -> None:
    def store(some: Sequence[bytes]) -> None:
        for body in some:
            inbox.store(door, Hook("delivery", "POST", {"content-type": "application/json"}, {}, body), timezone.now())
        connection.close()

    with ThreadPoolExecutor(WEB_THREADS) as threads:
        list(threads.map(store, [bodies[n::WEB_THREADS] for n in range(WEB_THREADS)]))


def _report(sent: Dispatch, row: Recipient) -> dict[str, object]:
    return {
        "id": row.provider_message_id,
        "correlationId": reference_of(sent.key, row.pk, row.attempt),
        "sentStatusCode": 2,
        "deliveredStatusCode": 4,
        "deliveredDate": "2026-11-20T10:00:00Z",
    }


def wait(condition: Callable[[], bool]) -> None:
    """Until the product has done it; TimeoutError when it takes too long."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the product did not get there")
        time.sleep(0.1)
