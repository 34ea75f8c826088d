"""Our placeholders as Octopush's seven (contract §5, §11.5, §11.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from campaigns.providers.base import Body, Message

# In the order in which they are given to the slots of a text.
SLOTS = ("first_name", "param1", "param2", "param3", "param4", "param5", "last_name")
LONGEST_VALUE = 50
LONGEST_TEXT = 1224  # 8 parts of 153; of the template too, because the vendor counts what it is sent
LONGEST_UNICODE = 536  # 8 parts of 67

_OWN_SLOT = re.compile(r"\{\{(p[0-9]+)\}\}")
_BRACES = re.compile(r"\{[^{}]*\}")


def has_braces(text: str) -> bool:
    """Whether Octopush would read something in `text` as a placeholder; there is no way to escape it."""
    return _BRACES.search(text) is not None


def literal(text: str) -> str:
    """The words between the slots of a slotted text."""
    return _OWN_SLOT.sub("", text)


def theirs(body: Body) -> str:
    """The body's text with Octopush's placeholders instead of our slots; "" when it has more than seven, or becomes
    longer than a text may be."""
    if not body.text or len(body.slots) > len(SLOTS):
        return ""
    names = dict(zip(body.slots, SLOTS, strict=False))
    text = _OWN_SLOT.sub(lambda slot: "{" + names[slot[1]] + "}", body.text)
    return text if len(text) <= LONGEST_TEXT else ""


def fits(message: Message) -> bool:
    """Whether Octopush can fill in this person's values: none empty, none too long."""
    return all(0 < len(value) <= LONGEST_VALUE for value in message.values)


def contact(message: Message, slots: Sequence[str]) -> Mapping[str, str]:
    """The contact object of a message; with `slots` also its values."""
    values = dict(zip(SLOTS, message.values, strict=False)) if slots else {}
    return {"phone_number": message.address, **values}
