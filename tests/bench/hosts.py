"""Two worker hosts at work on one database: rates, limits that hold over both, and one of them killed in mid-flight."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from campaigns.demo import oracle
from campaigns.models import Batch, Campaign, Dispatch, Recipient
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import ledger_checks
from console.offspring import end_with_parent
from tests.bench import namespaces, unattended
from tests.bench import world as worlds
from tests.bench.measure import Figure
from tests.bench.waiting import wait
from tests.sandbox_process import SandboxProcess, peak

REQUESTS, MESSAGES = 400, 300  # a second, of the account that has limits
LANES = 2  # on each host
# The lease is short, so that the other host soon takes over what a killed one had in its hands.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "console.settings",
    "LANES_PER_ACCOUNT": str(LANES * len(namespaces.NAMES)),
    "LEASE_SECONDS": "5",
    "LOOK_UP_TIME_SCALE": "0.03",
}


class Oracle(SandboxProcess):
    """The sandbox where other hosts reach it."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, "-m", "campaigns.sandbox", "--host", address, "--port", "0"]
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        self.url = self._read_address()


class Host:
    """The processes of one host. Killing it takes all of them, as when the machine loses its power."""

    def __init__(self, name: str, prefix: list[str], folder: Path) -> None:
        self.name, self._prefix, self._folder = name, prefix, folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, *command: str) -> None:
        """Start `manage.py <command>` there."""
        self._processes.append(
            subprocess.Popen(
                [*self._prefix, sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
                env={**os.environ, **ENVIRONMENT, "DESPACHO_DATA": str(self._folder / self.name)},
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        )

    def kill(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()


def figures(bulk: int, single: int) -> list[Figure]:
    """Two campaigns of `bulk` people, by one host and by both; one of `single`, one a request and under limits, of
    which a host is killed half-way. RuntimeError when the ledger and the oracle's log differ, or when more messages
    came in any second than the limit allows, whichever hosts sent them."""
    world = worlds.make(max(bulk, single))
    with Oracle(os.environ[namespaces.ADDRESS]) as provider, _hosts() as (first, second):
        provider.configure(sinch={"requests_per_second": 0})
        free = worlds.account(world, provider.url, "free", send_mode="bulk")
        people = worlds.group(world, "Bulk", bulk)
        first.run("beat")
        first.run("worker", "--concurrency", str(LANES))
        found = [_rate("bulk, one host", _sent(unattended.planned(world, free, people, 0)))]
        second.run("beat")  # two do no harm, and one of them will be killed
        second.run("worker", "--concurrency", str(LANES))
        found.append(_rate("bulk, two hosts", _sent(unattended.planned(world, free, people, 0))))
        limited = worlds.account(world, provider.url, "limited", send_mode="single")
        limited.requests_per_second, limited.messages_per_second = REQUESTS, MESSAGES
        limited.save()
        campaign = unattended.planned(world, limited, worlds.group(world, "Single", single), 0)
        wait(lambda: len(provider.log(after=2 * bulk)) >= single // 2)
        first.kill()
        found += _limits(_sent(campaign), provider)
        return [*found, _compare(provider)]


@contextlib.contextmanager
def _hosts() -> Iterator[list[Host]]:
    prefixes = json.loads(os.environ[namespaces.HOSTS])
    with tempfile.TemporaryDirectory() as folder:
        hosts = [Host(name, prefix, Path(folder)) for name, prefix in prefixes.items()]
        try:
            yield hosts
        finally:
            for host in hosts:
                host.kill()


def _sent(campaign: Campaign) -> Dispatch:
    """Its dispatch, once it is over and nothing is in doubt any more."""

    def is_over() -> bool:
        asked = Batch.objects.filter(dispatch__campaign=campaign, status="unknown", look_up_at__isnull=False)
        moving = Recipient.objects.filter(dispatch=made, status__in=["queued", "claimed"])
        return Dispatch.objects.filter(pk=made, status="finished").exists() and not (asked.exists() or moving.exists())

    wait(lambda: Dispatch.objects.filter(campaign=campaign).exists())
    made = Dispatch.objects.get(campaign=campaign).pk
    wait(is_over)
    return Dispatch.objects.get(pk=made)


def _rate(name: str, made: Dispatch) -> Figure:
    assert made.finished_at is not None
    seconds = (made.finished_at - made.planned_at).total_seconds()
    return Figure(name, made.people / seconds, note=f"{made.people:,} people from due to finished")


def _limits(made: Dispatch, provider: SandboxProcess) -> list[Figure]:
    """The most requests in any second, who sent them, and how many messages were in doubt at first."""
    came = {entry["n"]: entry for entry in provider.requests()["requests"]}
    mine = [came[entry["request"]] for entry in provider.log() if entry["reference"].startswith(f"c{made.key}-")]
    most = peak(entry["real_at"] for entry in mine)
    if most > MESSAGES:
        raise RuntimeError(f"{most} messages in one second, by a limit of {MESSAGES}")
    by_host = ", ".join(f"{n:,} from {address}" for address, n in sorted(Counter(e["address"] for e in mine).items()))
    return [
        _rate("one a request, limited, a host killed", made),
        Figure("its fastest second", most, unit="", note=f"limit {MESSAGES} messages a second; {by_host}"),
    ]


def _compare(provider: SandboxProcess) -> Figure:
    """Every row with the oracle's log, the counters with the rows. Only what never arrived may be left in doubt."""
    log, doubtful, people = provider.log(), 0, 0
    arrived = {entry["reference"] for entry in log}
    for made in Dispatch.objects.select_related("account", "campaign", "workspace"):
        verdict = oracle.compare(made, log)
        unknown = Recipient.objects.filter(dispatch=made, status="unknown")
        there = [row.pk for row in unknown if reference_of(made.key, row.pk, row.attempt) in arrived]
        if not verdict.equal or there or ledger_checks.check(made.pk):
            raise RuntimeError(f"dispatch {made.pk}: {verdict.differences[:5]}, arrived and unknown: {there[:5]}")
        doubtful, people = doubtful + verdict.unknown, people + verdict.compared
    return Figure("to verify in the end", doubtful, unit="", note=f"{people:,} people compared with the oracle's log")
