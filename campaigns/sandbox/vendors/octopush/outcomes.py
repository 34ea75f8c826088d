"""What becomes of a message, decided by the last three digits of its number (contract §13)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fate:
    """`statuses`: the delivery callbacks in their order. `stops`, `replies`: what the person writes back."""

    statuses: tuple[str, ...]
    stops: bool = False
    replies: bool = False


_DELIVERED = Fate(("DELIVERED",))
_BLACKLISTED = Fate(("BLACKLISTED_NUMBER",))
_BY_ENDING = {
    "901": Fate(("NOT_DELIVERED",)),
    "902": Fate(("BAD_DESTINATION",)),
    "903": _BLACKLISTED,
    "904": Fate(("NOT_ALLOWED",)),
    "905": Fate(("UNKNOWN_DELIVERY",)),
    "906": Fate(("UNDEFINED",)),
    "907": Fate(("ACK",)),
    "908": Fate(("ACK", "DELIVERED")),
    "909": Fate(("DELIVERED",), stops=True),
    "910": Fate(("DELIVERED",), replies=True),
    "911": Fate(("DELIVERED", "DELIVERED")),
    "912": Fate(()),
}


def fate_of(ending: str, blacklisted: bool) -> Fate:
    return _BLACKLISTED if blacklisted else _BY_ENDING.get(ending, _DELIVERED)
