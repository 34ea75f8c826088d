"""The first page of a workspace: what is sending, what needs a person, what comes next, how the last ones went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from campaigns.models import Campaign, Dispatch, DispatchKind, ProviderAccount, Tally, Template
from campaigns.services.showing import figures, speed
from campaigns.services.showing.figures import Figures
from campaigns.states import TERMINAL_DISPATCH, CampaignStatus, DispatchStatus, RecipientStatus
from console.models import Job, JobStatus, Workspace
from contacts.models import Contact

RUNNING_ROWS = 10
RESULT_ROWS = 5
NEXT_ROWS = 8
NEXT_DAYS = timedelta(days=7)
FAILED_JOBS_DAYS = timedelta(days=3)
SOON = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Run:
    """A dispatch with its figures; `rate` is messages per second over the last minute."""

    dispatch: Dispatch
    figures: Figures
    rate: float = 0.0

    def ends_at(self, now: datetime) -> datetime | None:
        """When it is done if it goes on like this; None when nobody can tell."""
        if self.dispatch.status != DispatchStatus.SENDING or not self.rate or not self.figures.left:
            return None
        return now + timedelta(seconds=self.figures.left / self.rate)


@dataclass(frozen=True, slots=True)
class Needs:
    """What waits for a person. `held`: dispatches that paused themselves; `doubtful`: dispatches with people to
    verify, and how many; `accounts` nothing leaves through; `imports` that failed; `reviews`: campaigns to approve."""

    held: Sequence[Dispatch]
    doubtful: Sequence[tuple[Dispatch, int]]
    accounts: Sequence[ProviderAccount]
    imports: Sequence[Job]
    reviews: Sequence[Campaign]

    @property
    def count(self) -> int:
        return sum(len(kind) for kind in (self.held, self.doubtful, self.accounts, self.imports, self.reviews))


@dataclass(frozen=True, slots=True)
class Beginning:
    """Which of the first steps a new workspace has taken."""

    account: bool
    contacts: bool
    template: bool
    sent: bool

    @property
    def done(self) -> bool:
        return self.account and self.contacts and self.sent


def running(workspace: Workspace, now: datetime) -> list[Run]:
    """Dispatches that are not over: those that move first, then newest first. Four queries."""
    found = list(_dispatches(workspace).exclude(status__in=TERMINAL_DISPATCH).order_by("-pk")[:RUNNING_ROWS])
    if not found:
        return []
    found.sort(key=lambda dispatch: dispatch.status in figures.STANDING)
    known, rates = figures.many(found, now), speed.many_now(found, now)
    return [Run(dispatch, known[dispatch.pk], rates.get(dispatch.pk, 0.0)) for dispatch in found]


def results(workspace: Workspace, now: datetime) -> list[Run]:
    """The last dispatches that ended."""
    ended = list(_dispatches(workspace).filter(status__in=TERMINAL_DISPATCH).order_by("-pk")[:RESULT_ROWS])
    known = figures.many(ended, now) if ended else {}
    return [Run(dispatch, known[dispatch.pk]) for dispatch in ended]


def upcoming(workspace: Workspace, now: datetime) -> list[Campaign]:
    """Campaigns that start within a week, next first."""
    found = Campaign.objects.for_workspace(workspace).filter(
        status=CampaignStatus.SCHEDULED, start_at__lte=now + NEXT_DAYS
    )
    return list(found.order_by("start_at", "pk")[:NEXT_ROWS])


def needs(workspace: Workspace, now: datetime) -> Needs:
    """Everything that stands still until somebody acts."""
    accounts = ProviderAccount.objects.for_workspace(workspace).filter(is_active=True).exclude(hold_reason="")
    imports = Job.objects.for_workspace(workspace).filter(
        kind="contacts.import", status=JobStatus.FAILED, finished_at__gt=now - FAILED_JOBS_DAYS
    )
    reviews = Campaign.objects.for_workspace(workspace).filter(status=CampaignStatus.IN_REVIEW)
    return Needs(
        held=list(_dispatches(workspace).filter(status=DispatchStatus.HELD).order_by("-pk")[:RUNNING_ROWS]),
        doubtful=_doubtful(workspace),
        accounts=list(accounts[:RUNNING_ROWS]),
        imports=list(imports.order_by("-created_at")[:RESULT_ROWS]),
        reviews=list(reviews.select_related("created_by").order_by("-pk")[:RESULT_ROWS]),
    )


def beginning(workspace: Workspace) -> Beginning:
    """The first steps, asked without counting."""
    return Beginning(
        account=ProviderAccount.objects.for_workspace(workspace).exists(),
        contacts=Contact.objects.for_workspace(workspace).exists(),
        template=Template.objects.for_workspace(workspace).exists(),
        sent=Dispatch.objects.for_workspace(workspace).exists(),
    )


def _dispatches(workspace: Workspace) -> QuerySet[Dispatch]:
    found: QuerySet[Dispatch] = Dispatch.objects.for_workspace(workspace).filter(kind=DispatchKind.CAMPAIGN)
    return found.select_related("campaign", "account", "workspace")


def _doubtful(workspace: Workspace) -> list[tuple[Dispatch, int]]:
    """Dispatches with people to verify, newest first. Tests count: their tester waits too."""
    unknown = Q(dispatch__workspace=workspace, status=RecipientStatus.UNKNOWN, n__gt=0)
    sums = Tally.objects.filter(unknown).values_list("dispatch").annotate(people=Sum("n")).order_by("-dispatch")
    people = dict(sums[:RUNNING_ROWS])
    found = Dispatch.objects.filter(pk__in=people).select_related("campaign", "account", "workspace")
    return [(dispatch, people[dispatch.pk]) for dispatch in found.order_by("-pk")]
