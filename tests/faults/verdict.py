"""Is the ledger true? Every row against the oracle's log, counters against rows, statuses against the audience."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from campaigns.demo import oracle
from campaigns.models import Batch, Recipient
from campaigns.services.connecting import accounts
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import ledger_checks
from campaigns.states import RecipientStatus
from tests.faults.scene import MOVING, UNDER_WAY, Scene

SHOWN = 6
TOLD = (RecipientStatus.DELIVERED, RecipientStatus.UNDELIVERED)


@dataclass(slots=True)
class Verdict:
    """`lost`: people whom the ledger says to have written to and the provider does not know, or who were left behind.
    `doubled`: references that the provider accepted twice. `untrue`: anything else that differs. `unknown`: people on
    the "to verify" list. `settled`: people whose outcome was in doubt and found out."""

    messages: int = 0
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    settled: int = 0
    untrue: list[str] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        return not self.lost and not self.doubled and not self.untrue

    def add(self, other: Verdict) -> None:
        self.messages += other.messages
        self.lost += other.lost
        self.doubled += other.doubled
        self.unknown += other.unknown
        self.settled += other.settled
        self.untrue += other.untrue


def of(scene: Scene, log: list[dict[str, Any]]) -> Verdict:
    """Compare one scene with everything that the oracle accepted."""
    dispatch, verdict = scene.dispatch, Verdict()
    compared = oracle.compare(dispatch, log)
    verdict.messages, verdict.unknown = compared.compared, compared.unknown
    for difference in compared.differences:
        if "times at the provider" in difference:
            verdict.doubled += 1
        elif "in the ledger, not at the provider" in difference:
            verdict.lost += 1
        verdict.untrue.append(difference)
    rows = Recipient.objects.filter(dispatch=dispatch)
    left = rows.filter(status__in=MOVING).count()
    if left:
        verdict.lost += left
        verdict.untrue.append(f"{left} people were left {', '.join(sorted(scene.statuses()))}")
    if rows.count() != scene.people and dispatch.status != "stopped":
        verdict.lost += abs(scene.people - rows.count())
        verdict.untrue.append(f"{rows.count()} rows for {scene.people} people")
    nameless = rows.filter(status__in=["skipped", "failed", "unknown", "undelivered"], reason="").count()
    if nameless:
        verdict.untrue.append(f"{nameless} people were not written to, and no reason says why")
    miscount = ledger_checks.check(dispatch.pk)
    if miscount is not None:
        verdict.untrue.append(f"counters differ: {miscount}")
    verdict.untrue += _unsettled(scene, log)
    verdict.untrue += _told_otherwise(scene)
    verdict.settled = _settled(scene)
    return verdict


def _unsettled(scene: Scene, log: list[dict[str, Any]]) -> list[str]:
    """Where the provider can be asked, nobody whose message arrived may stay "to verify"."""
    dispatch = scene.dispatch
    if not accounts.capabilities(dispatch.account, dispatch.channel).look_up_after:
        return []
    there = {entry["reference"] for entry in log if entry.get("reference")}
    unknown = Recipient.objects.filter(dispatch=dispatch, status=RecipientStatus.UNKNOWN)
    found = [reference_of(dispatch.key, row.pk, row.attempt) for row in unknown]
    return [f"{one}: arrived, and no look-up has settled it" for one in found if one in there]


def _told_otherwise(scene: Scene) -> list[str]:
    """What the ledger says of a delivery and the provider tells otherwise."""
    found = Recipient.objects.filter(dispatch=scene.dispatch, status__in=TOLD)
    return [
        f"{address}: the ledger says {status}"
        for address, status in found.values_list("address", "status")
        if (status == RecipientStatus.UNDELIVERED) != scene.is_undeliverable(address)
    ]


def _settled(scene: Scene) -> int:
    """People of requests in doubt whose outcome is known now. In doubt is what was asked about or sent again, and
    what got no answer or a broken one and was settled by a receipt before anybody asked."""
    asked = Q(look_ups__gt=0) | Q(resubmission=True)
    unanswered = Q(finished_at__isnull=False) & (Q(http_status=None) | Q(http_status__gte=500) | ~Q(excerpt=""))
    doubtful = Batch.objects.filter(asked | unanswered, dispatch=scene.dispatch)
    numbers = list(doubtful.values_list("number", flat=True))
    rows = Recipient.objects.filter(dispatch=scene.dispatch, batch_no__in=numbers)
    return rows.filter(status__in=[*UNDER_WAY, *TOLD]).count()
