"""The most a dispatch may cost: its units (SMS parts or emails) are reserved with the intent, so that no lane of any
process takes what another has spent. A campaign on a list at the vendor has its price named there (`list_plans`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext as _

from campaigns.models import Batch, Dispatch, DispatchKind
from campaigns.services.sending import list_plans, moves
from campaigns.services.sending.flights import Flight
from campaigns.services.writing import costs
from campaigns.states import BatchStatus, DispatchStatus, Hold
from console.errors import UserError


def units_allowed(dispatch: Dispatch) -> int | None:
    """How many units the budget pays for; None where there is no budget, or no price to count with."""
    if dispatch.cost_cap is None or dispatch.kind != DispatchKind.CAMPAIGN or list_plans.is_asked_for(dispatch):
        return None
    price = costs.price_of(dispatch)
    return math.floor(dispatch.cost_cap / price) if price else None


def spent(dispatch: Dispatch) -> Decimal:
    """The price of what was handed over or is on its way."""
    return (costs.price_of(dispatch) or Decimal(0)) * dispatch.units


def units_of(flight: Flight) -> int:
    """SMS parts of the messages that would leave, or emails."""
    return sum(flight.parts.get(row.id, 1) for row in flight.rows.values())


def reserve(flights: Sequence[Flight], most: int | None) -> list[Flight]:
    """Those of one dispatch's flights that its budget still pays for. In the transaction of their intent."""
    if most is None:
        return list(flights)
    paid = []
    for flight in flights:
        units = units_of(flight)
        room = Dispatch.objects.filter(pk=flight.dispatch.pk, units__lte=most - units)
        if not room.update(units=F("units") + units):
            break
        flight.units = units
        paid.append(flight)
    return paid


def correct(dispatch_id: int, units: int) -> None:
    """Add what messages turned out to cost beyond what was reserved for them; negative for what did not leave."""
    if units:
        Dispatch.objects.filter(pk=dispatch_id, units__gte=-units).update(units=F("units") + units)


def may_come_back(dispatch: Dispatch) -> bool:
    """True while something of the dispatch is on its way: what of it does not leave is not spent."""
    return Batch.objects.filter(dispatch=dispatch, status=BatchStatus.CLAIMED, started_at__isnull=False).exists()


def hold(dispatch: Dispatch, now: datetime) -> None:
    """The next messages would cost more than is allowed."""
    moves.hold(dispatch, Hold.BUDGET, now, budget=str(dispatch.cost_cap))


def refuse_unless_held(dispatch: Dispatch) -> None:
    """The limit is changed only where it holds the dispatch: units are counted while there is one, so a limit that
    came later would begin at nothing. UserError."""
    if dispatch.status != DispatchStatus.HELD or dispatch.reason != Hold.BUDGET:
        raise UserError(_("Its limit of costs does not hold this dispatch, so there is nothing to raise."))


def check_raise(dispatch: Dispatch, budget: Decimal | None) -> None:
    """Refuse a new limit that would hold the dispatch again at once. None = no limit any more."""
    probe = Dispatch(
        kind=dispatch.kind, channel=dispatch.channel, options=dispatch.options, account=dispatch.account,
        cost_cap=budget,
    )  # fmt: skip
    most = units_allowed(probe)
    if most is not None and most < dispatch.units + dispatch.batch_size:
        raise UserError(_("This is too little for the next messages. Enter a higher sum."), field="cost_cap")
