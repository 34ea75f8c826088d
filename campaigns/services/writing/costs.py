"""What a dispatch costs: parts (SMS) or messages (email) times the account's price. Decimal, rounded for show only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from campaigns.models import Dispatch
from campaigns.services.showing.speed import Speed


@dataclass(frozen=True, slots=True)
class Cost:
    """In the workspace's currency. `so_far`: for what was handed over; `about`: for everything, by the average of
    parts so far (None when nothing has left yet); `price`: of a part or an email; all None without a price."""

    price: Decimal | None
    so_far: Decimal | None
    about: Decimal | None


def price_of(dispatch: Dispatch) -> Decimal | None:
    """The price of a unit on the dispatch's channel, None when the account has none."""
    return dispatch.account.sms_price if dispatch.channel == "sms" else dispatch.account.email_price


def of(dispatch: Dispatch, speed: Speed, left: int) -> Cost:
    """The cost of `dispatch`, of which `left` messages are still to be handed over."""
    price = price_of(dispatch)
    if price is None:
        return Cost(None, None, None)
    units = speed.parts if dispatch.channel == "sms" else speed.sent
    so_far = price * units
    if not speed.sent:
        return Cost(price, so_far, None)
    return Cost(price, so_far, so_far + price * left * units / Decimal(speed.sent))
