"""What a campaign will cost and how long it will take, before anything leaves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from campaigns.models import Campaign, ProviderAccount
from campaigns.services.connecting import accounts
from campaigns.services.writing.sampling import Measured
from console.services.crypto import WrongKey


@dataclass(frozen=True, slots=True)
class Estimate:
    """`parts`: SMS parts, or emails. `exact`: every message was counted. `cost` in the workspace's currency, None
    without a price. `too_long`: people who are left out because their text has too many parts."""

    people: int
    parts: int
    exact: bool
    cost: Decimal | None
    too_long: int

    @property
    def parts_each(self) -> Decimal:
        return Decimal(self.parts) / self.people if self.people else Decimal(0)


def of(campaign: Campaign, measured: Measured, will_receive: int) -> Estimate:
    """The measured sample carried over to everybody who will receive it."""
    too_long = _carried(measured.longer_than(campaign.max_parts), measured, will_receive)
    allowed = sum(parts * people for parts, people in measured.parts.items() if parts <= campaign.max_parts)
    parts = _carried(allowed, measured, will_receive) if campaign.channel == "sms" else will_receive
    price = price_of(campaign.account, campaign.channel)
    return Estimate(
        people=will_receive - too_long,
        parts=parts,
        exact=measured.complete or campaign.channel != "sms",
        cost=None if price is None else price * parts,
        too_long=too_long,
    )


def price_of(account: ProviderAccount | None, channel: str) -> Decimal | None:
    """The price of an SMS part or of an email; None when no account is chosen or it has no price."""
    if account is None:
        return None
    return account.sms_price if channel == "sms" else account.email_price


def speed_of(campaign: Campaign) -> float | None:
    """Messages per second by the lowest limit that binds; None while no account is chosen."""
    account = campaign.account
    if account is None:
        return None
    limits = [campaign.messages_per_second, account.messages_per_second]
    try:
        can = accounts.capabilities(account, campaign.channel)
    except WrongKey:
        can = None
    if can:
        requests = account.requests_per_second or can.requests_per_second
        limits.append(requests * (1 if can.one_per_request else can.max_batch))
    return min((limit for limit in limits if limit), default=None)


def seconds_for(campaign: Campaign, people: int) -> float | None:
    """How long the hand-over of `people` messages takes; None when the speed is not known."""
    speed = speed_of(campaign)
    return people / speed if speed else None


def _carried(n: int, measured: Measured, will_receive: int) -> int:
    if measured.complete or not measured.people:
        return n
    return round(n * will_receive / measured.people)
