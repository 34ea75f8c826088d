"""How the machinery stands in numbers: for /metrics of the whole installation, for a page of one workspace.

Every number is read from counters, small tables or short indexes, never by counting the ledger, so that asking costs
the same with ten rows and with ten million.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum

from campaigns.models import (
    Alarm,
    Batch,
    Dispatch,
    DispatchKind,
    MailStatus,
    Notice,
    ProviderAccount,
    ProviderEvent,
    Pulse,
    Tally,
)
from campaigns.services.showing import health
from campaigns.services.showing.speed import BUCKET, RECENT
from campaigns.states import BatchStatus, DispatchStatus, RecipientStatus
from console.models import Job, JobStatus, Workspace
from console.services import heartbeats

# More callbacks than this are not counted one by one: the age of the oldest says it better.
COUNT_EVENTS_TO = 10_000
# A dispatch that took a batch within this time may have sent in the last minute.
LATELY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AccountGauge:
    """An account in use; `rate` is messages per second over the last minute. `hold` is "" while messages may leave,
    else the reason that a person has to mend, or "wait" while the provider asked to wait."""

    account: ProviderAccount
    rate: float
    hold: str


@dataclass(frozen=True, slots=True)
class Gauges:
    """People by status, dispatches by status, and what waits. Ages are in seconds, 0 where nothing waits; `beats`
    holds the seconds since each part's last sign of life, None for one that never gave any; `hosts` those of each host
    that carries lanes."""

    rows: dict[str, int]
    dispatches: dict[str, int]
    ages: dict[str, float]
    unknown_age: float
    events: int
    jobs: dict[str, int]
    accounts: tuple[AccountGauge, ...]
    alarms: int
    mail: dict[str, int]
    beats: dict[str, float | None]
    hosts: dict[str, float]

    @property
    def unknown(self) -> int:
        return self.rows[RecipientStatus.UNKNOWN]

    @property
    def waiting(self) -> int:
        """People whose message has still to be handed over."""
        return self.rows[RecipientStatus.QUEUED] + self.rows[RecipientStatus.CLAIMED]

    @property
    def held(self) -> list[AccountGauge]:
        return [gauge for gauge in self.accounts if gauge.hold]

    @property
    def silence(self) -> float | None:
        """Seconds since the last sign of life of what nothing is sent without; None where one never gave any."""
        ages = [*self.beats.values(), *([min(self.hosts.values())] if self.hosts else [])]
        given = [age for age in ages if age is not None]
        return max(given) if len(given) == len(ages) else None


def read(now: datetime, workspace: Workspace | None = None) -> Gauges:
    """The numbers of a workspace, or (None) of the whole installation. A dozen short queries."""
    signs = heartbeats.signs(now)
    return Gauges(
        rows=_rows(workspace),
        dispatches=_dispatches(workspace),
        ages=health.queue_ages(now, workspace),
        unknown_age=_unknown_age(now, workspace),
        events=_events(workspace),
        jobs=_by_status(Job.objects.all(), "status", JobStatus.values, workspace),
        accounts=_accounts(now, workspace),
        alarms=_of(Alarm.objects.filter(cleared_at=None), workspace).count(),
        mail=_by_status(
            Notice.objects.filter(mail__in=_OPEN_MAIL), "mail", [status.value for status in _OPEN_MAIL], workspace
        ),
        beats=signs.parts,
        hosts=signs.hosts,
    )


_OPEN_MAIL = (MailStatus.WAITING, MailStatus.SENDING, MailStatus.FAILED)


def _of(found: QuerySet[Any], workspace: Workspace | None, path: str = "workspace") -> QuerySet[Any]:
    return found.filter(**{path: workspace}) if workspace else found


def _by_status(found: QuerySet[Any], field: str, statuses: list[str], workspace: Workspace | None) -> dict[str, int]:
    """Status → how many, all statuses in order."""
    counted = dict(_of(found, workspace).values_list(field).annotate(n=Count("pk")).order_by())
    return {status: counted.get(status, 0) for status in statuses}


def _rows(workspace: Workspace | None) -> dict[str, int]:
    sums = _of(Tally.objects.all(), workspace, "dispatch__workspace").values_list("status").annotate(people=Sum("n"))
    people = dict(sums.order_by())
    return {status.value: int(people.get(status.value, 0)) for status in RecipientStatus}


def _dispatches(workspace: Workspace | None) -> dict[str, int]:
    found = Dispatch.objects.filter(kind=DispatchKind.CAMPAIGN)
    return _by_status(found, "status", [status.value for status in DispatchStatus], workspace)


def _unknown_age(now: datetime, workspace: Workspace | None) -> float:
    """Since when the oldest request waits that nobody knows the outcome of. By way of the counters, which name the
    few dispatches that have one."""
    doubtful = _of(Tally.objects.filter(status=RecipientStatus.UNKNOWN, n__gt=0), workspace, "dispatch__workspace")
    batches = Batch.objects.filter(dispatch__in=doubtful.values("dispatch"), status=BatchStatus.UNKNOWN)
    oldest = batches.aggregate(at=Min("started_at"))["at"]
    return (now - oldest).total_seconds() if oldest else 0.0


def _events(workspace: Workspace | None) -> int:
    waiting = _of(ProviderEvent.objects.filter(applied_at=None), workspace, "account__workspace")
    return waiting.values("pk")[:COUNT_EVENTS_TO].count()


def _accounts(now: datetime, workspace: Workspace | None) -> tuple[AccountGauge, ...]:
    known = _of(ProviderAccount.objects.filter(is_active=True), workspace)
    found = list(
        known.only("pk", "name", "provider", "hold_reason", "hold_since", "hold_until", "broken_since", "workspace_id")
    )
    rates = _rates(now, workspace)
    return tuple(AccountGauge(account, rates.get(account.pk, 0.0), _hold(account, now)) for account in found)


def _hold(account: ProviderAccount, now: datetime) -> str:
    waits = account.broken_since is not None or (account.hold_until is not None and account.hold_until > now)
    return account.hold_reason or ("wait" if waits else "")


def _rates(now: datetime, workspace: Workspace | None) -> dict[int, float]:
    """Account → messages per second of the last minute, of dispatches that sent in it."""
    since = int(now.timestamp() - RECENT) // BUCKET
    recent = _of(Dispatch.objects.filter(last_claim_at__gte=now - LATELY), workspace)
    pulses = Pulse.objects.filter(dispatch__in=list(recent.values_list("pk", flat=True)), at__gt=since)
    return {account: n / RECENT for account, n in pulses.values_list("dispatch__account").annotate(n=Sum("n"))}
