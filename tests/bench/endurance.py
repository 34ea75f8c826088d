"""The memory of a worker that sends a million: it must be as large in the end as after the first tenth."""

from __future__ import annotations

from functools import partial

from django.db.models import Sum

from campaigns.models import Campaign, Dispatch, Tally
from campaigns.states import RecipientStatus
from tests.bench import processes, unattended
from tests.bench import world as worlds
from tests.bench.measure import Figure
from tests.bench.waiting import wait
from tests.sandbox_process import SandboxProcess

PERCENTS = (10, 50, 100)


def figures(world: worlds.World, people: int) -> list[Figure]:
    """MiB in memory of a real worker (all of its work in one process) while a campaign of `people` leaves in bulk."""
    group = worlds.group(world, "Endurance", people)
    with SandboxProcess() as sandbox, processes.product() as product:
        sandbox.configure(sinch={"requests_per_second": 0})
        through = worlds.account(world, sandbox.url, "endurance", send_mode="bulk")
        worker = processes.worker_of(product.pid)
        before = processes.memory_mib(worker)
        campaign = unattended.planned(world, through, group, 0)
        found = []
        for percent in PERCENTS:
            wait(partial(_has_sent, campaign, people * percent // 100))
            note = f"{before:.0f} before" if percent == PERCENTS[0] else f"peak {processes.peak_mib(worker):.0f}"
            found.append(
                Figure(f"worker's memory, {percent} % of {people:,}", processes.memory_mib(worker), None, "MiB", note)
            )
        wait(lambda: Dispatch.objects.filter(campaign=campaign, status="finished").exists())
    run = Dispatch.objects.get(campaign=campaign)
    assert run.finished_at is not None
    seconds = (run.finished_at - run.planned_at).total_seconds()
    return [*found, Figure("unattended, from due to finished", people / seconds, note=f"{people:,} people")]


def _has_sent(campaign: Campaign, messages: int) -> bool:
    tallies = Tally.objects.filter(dispatch__campaign=campaign, status=RecipientStatus.ACCEPTED)
    return (tallies.aggregate(people=Sum("n"))["people"] or 0) >= messages
