"""What becomes of a message, decided by the last four digits of its number (the triggers of the contract)."""

from __future__ import annotations

from dataclasses import dataclass

TRANSIENT, DELIVERED, BOUNCED = "SmsTransient", "SmsDelivered", "SmsBounced"
OPT_OUT = 33
CARRIER_TEXTS = {
    3000: "EnRoute", 3001: "SentToCarrier", 4000: "Delivered", 4500: "Undeliverable", 4501: "Expired",
    4503: "Rejected", 4505: "InvalidDestination",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fate:
    """not_sent: the reason, 0 when it goes out. hidden: look-ups never show that reason. transient: whether the carrier
    says 3000 on the way. final: the last carrier code, 0 = never told; `final_type` is the event that tells it.
    late: 3001 still comes afterwards. misspelt: the event says `Info`, as the published samples do."""

    not_sent: int = 0
    hidden: bool = False
    transient: bool = False
    final_type: str = DELIVERED
    final: int = 4000
    late: bool = False
    misspelt: bool = False


_USUAL = Fate(transient=True)
_BY_ENDING = {
    "0001": Fate(not_sent=129),
    "0002": Fate(not_sent=OPT_OUT),
    "0003": Fate(not_sent=47, hidden=True),
    "0004": Fate(transient=True, final_type=BOUNCED, final=4500),
    "0005": Fate(final_type=BOUNCED, final=4505),
    "0006": Fate(final_type=BOUNCED, final=4501),
    "0007": Fate(final=0),
    "0008": Fate(late=True),
    "0009": Fate(final_type=TRANSIENT, misspelt=True),
    "0010": Fate(final_type=BOUNCED, final=4503),
}


def fate_of(number: str, resubscribe: bool) -> Fate:
    """`resubscribe` overrules an opt-out."""
    fate = _BY_ENDING.get(number[-4:], _USUAL)
    return _USUAL if fate.not_sent == OPT_OUT and resubscribe else fate
