"""What became of the people of a dispatch, in the words of the screen. From `Tally`, never by counting the ledger.

A screen state is a colour, an icon and a word (design guide §6). It follows from the row's status, its reason,
whether the provider tells about deliveries at all, and, for those who wait, from what holds them back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from campaigns.models import Batch, Dispatch, Tally
from campaigns.services.connecting import accounts
from campaigns.services.sending import flights, pace
from campaigns.states import HANDED_OVER, BatchStatus, DispatchStatus, Reason
from campaigns.states import RecipientStatus as Status

# Order of every bar and legend.
STATES = ("delivered", "receipt", "sent", "sending", "retry", "waiting", "held", "verify", "failed", "excluded")
STATUSES: dict[str, tuple[Status, ...]] = {
    "delivered": (Status.DELIVERED,),
    "receipt": (Status.ACCEPTED, Status.SENT),
    "sent": (Status.ACCEPTED, Status.SENT),
    "sending": (Status.CLAIMED,),
    "retry": (Status.QUEUED,),
    "waiting": (Status.QUEUED,),
    "held": (Status.QUEUED,),
    "verify": (Status.UNKNOWN,),
    "failed": (Status.FAILED, Status.UNDELIVERED),
    "excluded": (Status.SKIPPED, Status.CANCELLED),
}
# Sums of states that a page names: they can be listed like a state.
GROUPS: dict[str, tuple[Status, ...]] = {
    "handed": tuple(status for status in Status if status in HANDED_OVER),
    "left": (Status.CLAIMED, Status.QUEUED),
}
STANDING = frozenset({DispatchStatus.PAUSED, DispatchStatus.HELD})  # nothing leaves until somebody acts


@dataclass(frozen=True, slots=True)
class Cell:
    """`n` rows in `status` for `reason`."""

    status: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the counters cannot know. `receipts`: the provider reports deliveries on this channel; `standing`:
    paused, held or quiet hours; `retrying`: queued rows that failed for the moment and wait for their next try."""

    receipts: bool = True
    standing: bool = False
    retrying: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """People of a dispatch. `states`: screen state → people, in order; they sum to `total`. `audience`: the rows
    that `prepare` counted as it wrote them; the page prints the difference should the two ever disagree."""

    cells: tuple[Cell, ...]
    states: dict[str, int]
    audience: int

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def excluded(self) -> int:
        return self.states["excluded"]

    @property
    def to_send(self) -> int:
        """Everyone who is meant to get a message."""
        return self.total - self.excluded

    @property
    def handed_over(self) -> int:
        """The provider has the message, or perhaps has it."""
        return self.to_send - self.left

    @property
    def in_flight(self) -> int:
        return self.states["sending"]

    @property
    def not_sent(self) -> int:
        """Queued: stays here when the dispatch is paused, will not go when it is stopped."""
        return self.states["retry"] + self.states["waiting"] + self.states["held"]

    @property
    def left(self) -> int:
        """Still to be handed over."""
        return self.in_flight + self.not_sent

    @property
    def carried(self) -> int:
        """Taken by the provider and neither failed nor doubtful."""
        return self.states["delivered"] + self.states["receipt"] + self.states["sent"]

    def people(self, state: str) -> int:
        """How many are in a state, in a group of states, or ("") altogether."""
        groups = {"": self.total, "handed": self.handed_over, "left": self.left}
        return groups[state] if state in groups else self.states[state]

    def reasons(self, *states: str) -> list[Cell]:
        """The rows of these screen states by reason, most first. Cells of one reason are added up."""
        sums: dict[str, int] = defaultdict(int)
        statuses = {status for state in states for status in STATUSES[state]}
        for cell in self.cells:
            if cell.status in statuses:
                sums[cell.reason] += cell.n
        found = [Cell("", reason, n) for reason, n in sums.items() if n]
        return sorted(found, key=lambda cell: (-cell.n, cell.reason))


def state_of(status: str, reason: str, circumstances: Circumstances, retrying: bool = False) -> str:
    """The screen state of one row. `retrying`: its batch has failed before."""
    if status == Status.QUEUED:
        return "held" if circumstances.standing else "retry" if retrying else "waiting"
    if status in (Status.ACCEPTED, Status.SENT):
        return "receipt" if not circumstances.receipts or reason == Reason.NO_RECEIPT else "sent"
    return next(state for state, statuses in STATUSES.items() if status in statuses)


def by_state(cells: Iterable[Cell], circumstances: Circumstances) -> dict[str, int]:
    """Screen state → people, every state of `STATES` in order. Sums to the rows of `cells`."""
    states = dict.fromkeys(STATES, 0)
    for cell in cells:
        states[state_of(cell.status, cell.reason, circumstances)] += cell.n
    retrying = min(circumstances.retrying, states["waiting"])
    states["retry"] += retrying
    states["waiting"] -= retrying
    return states


def of(dispatch: Dispatch, now: datetime) -> Figures:
    """The figures of one dispatch (with `account` and `workspace` loaded)."""
    return many([dispatch], now)[dispatch.pk]


def many(dispatches: Sequence[Dispatch], now: datetime) -> dict[int, Figures]:
    """The figures of several dispatches (with `account` and `workspace` loaded) by their ids, in two queries."""
    cells: dict[int, list[Cell]] = defaultdict(list)
    for tally in Tally.objects.filter(dispatch__in=[d.pk for d in dispatches], n__gt=0):
        cells[tally.dispatch_id].append(Cell(tally.status, tally.reason, tally.n))
    waiting = [d.pk for d in dispatches if d.status == DispatchStatus.SENDING]
    retrying = _retrying(waiting, now) if waiting else {}
    return {
        dispatch.pk: Figures(
            cells=tuple(cells[dispatch.pk]),
            states=by_state(cells[dispatch.pk], circumstances(dispatch, now, retrying.get(dispatch.pk, 0))),
            audience=dispatch.people,
        )
        for dispatch in dispatches
    }


def circumstances(dispatch: Dispatch, now: datetime, retrying: int = 0) -> Circumstances:
    """What holds the queue of `dispatch` back at `now`, and whether deliveries are reported at all."""
    minds_hours = flights.is_marketing(dispatch) and not flights.is_test(dispatch)
    quiet = minds_hours and pace.quiet_until(dispatch.workspace, now) is not None
    return Circumstances(
        receipts=accounts.capabilities(dispatch.account, dispatch.channel).receipts,
        standing=quiet or dispatch.status in STANDING,
        retrying=retrying,
    )


def _retrying(dispatch_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Rows of batches that failed for the moment: tried before, and not to be tried again yet."""
    failed_before = Batch.objects.filter(
        dispatch__in=dispatch_ids, status=BatchStatus.READY, tries__gt=0, not_before__gt=now
    )
    return dict(failed_before.values_list("dispatch").annotate(n=Sum("size")))
