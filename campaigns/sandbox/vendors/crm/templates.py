"""The stored templates: what the vendor's console would hold, and how a dispatch of each goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SMS, EMAIL = 1, 2  # `messageTypeId`
CHANNELS = {"sms": SMS, "email": EMAIL}

# How a dispatch ends or dawdles.
PLAIN = ""
FAILS = "fails"  # ends in 7 after queuing began, as in the contract's sample
FAILS_EARLY = "fails_early"  # ends in 7 before queuing began
SLOW = "slow"  # stays in 2 for a minute
STUCK = "stuck"  # never leaves 2
DETOUR = "detour"  # passes through the undocumented status 4 before 3
BEHAVIOURS = frozenset({PLAIN, FAILS, FAILS_EARLY, SLOW, STUCK, DETOUR})

SEEDED: Mapping[str, Mapping[str, Any]] = {
    "101": {"channel": "sms", "text": "{{Firstname}}, your voucher is {{voucherCode}}. Tienda Norte"},
    "102": {
        "channel": "email",
        "subject": "{{Firstname}}, we have news",
        "text": "Hello {{Firstname}}, the shop opens at 10 from Monday on. Tienda Norte",
    },
    "103": {"channel": "sms", "text": "This offer is over.", "active": False},
    "104": {"channel": "sms", "text": "{{Firstname}}, this one fails.", "behaviour": FAILS},
    "105": {"channel": "email", "subject": "News", "text": "Hello {{Firstname}}, in a minute.", "behaviour": SLOW},
    "106": {"channel": "sms", "text": "{{Firstname}}, this one waits.", "behaviour": STUCK},
    "107": {"channel": "sms", "text": "{{Firstname}}, this one takes a detour.", "behaviour": DETOUR},
}

_tag = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """`channel` is its messageTypeId. A tag without a value becomes an empty text."""

    id: int
    channel: int
    text: str
    subject: str = ""
    active: bool = True
    behaviour: str = PLAIN

    def render(self, text: str, payload: Mapping[str, Any]) -> str:
        return _tag.sub(lambda tag: str(payload.get(tag[1]) if payload.get(tag[1]) is not None else ""), text)


def read_template(name: str, values: Mapping[str, Any]) -> Template:
    """A template as settings have it. ValueError when something is not right."""
    rest = dict(values)
    channel = CHANNELS.get(str(rest.pop("channel", "")))
    if not name.isdecimal() or channel is None or rest.get("behaviour", PLAIN) not in BEHAVIOURS:
        raise ValueError(f"template {name!r} needs a numeric name, a channel (sms, email) and a known behaviour")
    try:
        return Template(int(name), channel, **{"text": "", **rest})
    except TypeError as error:
        raise ValueError(f"template {name!r}: {error}") from None
