"""The product as it runs in service: idle, from due to the first request, and while it sends and receipts come in."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount
from contacts.models import Group
from tests.bench import processes, receipts
from tests.bench import world as worlds
from tests.bench.measure import Figure
from tests.bench.waiting import wait
from tests.sandbox_process import SandboxProcess

STARTS = 3
# What is sent while receipts come in, in the `messages` of the other figures: so long does it take to measure them.
LONG = 3


def figures(
    world: worlds.World, sandbox: SandboxProcess, sent: Dispatch, messages: int, reports: int, idle: float
) -> list[Figure]:
    """`sent`: a dispatch that the provider has, which the receipts are for."""
    # What the other figures have left behind waits for an account that does not answer: trying it is not idleness.
    Dispatch.objects.filter(status="sending").update(status="paused")
    through = worlds.account(world, sandbox.url, "unattended", send_mode="bulk")
    few, many = worlds.group(world, "Few", 1_000), worlds.group(world, "Many", LONG * messages)
    with processes.product() as product:
        found = [_idle(product.pid, idle)]
        worker = processes.worker_of(product.pid)
        found.append(_due_to_request(sandbox, [planned(world, through, few, n) for n in range(STARTS)]))
        before = processes.memory_mib(worker)
        campaign = planned(world, through, many, 0)
        wait(lambda: Dispatch.objects.filter(campaign=campaign, status="sending").exists())
        found += receipts.figures(sent, product.url, reports)
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
