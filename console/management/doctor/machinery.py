"""What must be running: broker, clock and worker; and whether they keep up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from campaigns.models import MailStatus, Notice
from campaigns.services.showing import gauges, health
from campaigns.services.showing.gauges import Gauges
from console import broker, formats
from console.management.doctor.findings import Finding, Visit, note, wrong
from console.models import Heartbeat

STARTED_BY = {"worker": "manage.py worker", "beat": "manage.py beat"}
WHY = {
    "worker": "Nothing is sent, no receipt is read and no import runs.",
    "beat": "Nothing scheduled starts, and what waits is not looked for.",
}
AHEAD = timedelta(seconds=2)


def examine(visit: Visit) -> Iterator[Finding]:
    if broker.state() == health.FAILED:
        yield wrong(
            "broker-unreachable", "The broker at BROKER_URL does not answer within a second.",
            "Beat and workers cannot hand each other work: nothing is sent.", "Check that Redis runs, and BROKER_URL.",
        )  # fmt: skip
    found = gauges.read(visit.now)
    yield from beats(found)
    yield from hosts(found)
    yield from _clocks(visit)
    yield from queues(found)
    yield from _mail()


def beats(found: Gauges) -> Iterator[Finding]:
    """Parts that give no sign of life."""
    for name, age in found.beats.items():
        if age is not None and age < health.LATE:
            continue
        since = "never gave a sign of life" if age is None else f"was last alive {formats.duration(age)} ago"
        start = "manage.py start" if settings.EMBEDDED else f"manage.py start, or {STARTED_BY[name]}"
        yield wrong(f"{name}-silent", f"The {name} {since}.", WHY[name], start)


def hosts(found: Gauges) -> Iterator[Finding]:
    """Hosts that carried lanes, were not told to end, and are silent. The others go on without them."""
    silent = {name: age for name, age in found.hosts.items() if age >= health.DEAD}
    say = wrong if len(silent) == len(found.hosts) else note
    for name, age in sorted(silent.items()):
        yield say(
            "host-silent", f"The worker on host {name} was last alive {formats.duration(age)} ago.",
            "It sends nothing; what it had in its hands is looked up or goes out through other hosts.",
            "Start manage.py worker there. One that was taken away for good is forgotten after a day.",
        )  # fmt: skip


def _clocks(visit: Visit) -> Iterator[Finding]:
    """A sign of life from the future was given by a host whose clock is ahead, or this one's is behind."""
    newest = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    if newest and newest - visit.now > AHEAD:
        seconds = (newest - visit.now).total_seconds()
        yield wrong(
            "clock-hosts", f"The clock of another host is {seconds:.0f} s ahead of this one.",
            "Leases, limits and schedules are kept by the clocks of several machines; they must agree.",
            "Run an NTP client (chrony, systemd-timesyncd) on every host.",
        )  # fmt: skip


def queues(found: Gauges) -> Iterator[Finding]:
    """Queues whose oldest entry waits longer than it should."""
    words = {
        "batches": ("queue-age", "A batch that could leave has been waiting for"),
        "jobs": ("jobs-behind", "An import, export or other job has been waiting for"),
        "events": ("callbacks-behind", f"{found.events} callbacks are not applied, the oldest for"),
    }
    for name, (code, words_of) in words.items():
        if found.ages[name] > health.LONGEST_WAIT[name]:
            yield wrong(
                code, f"{words_of} {formats.duration(found.ages[name])}.",
                "The workers do not keep up, or stand still.",
                "Look into their log; give them more hosts (manage.py worker) or more threads (--concurrency).",
            )  # fmt: skip


def _mail() -> Iterator[Finding]:
    failed = Notice.objects.filter(mail=MailStatus.FAILED).order_by("-pk")
    n = failed.count()
    if n:
        yield note(
            "email-failed", f"{n} emails of notices could not be sent: {failed.first().mail_error}",  # type: ignore[union-attr]
            "People were not told by email; the notices are in the console.", "Check EMAIL_URL and EMAIL_FROM.",
        )  # fmt: skip
