"""Message ids of copies (cc, bcc): of the message that they belong to, and told apart from it in reports."""

from __future__ import annotations

import re

_COPY = re.compile(r".+~copy[0-9]+")


def copy_id(reference: str, number: int) -> str:
    """The id of the `number`-th copy of a message, so that a repeated request repeats no copy either."""
    return f"{reference}~copy{number}"


def is_copy(message_id: str) -> bool:
    """True for an id that `copy_id` made: what is reported about it says nothing about the person's own message."""
    return _COPY.fullmatch(message_id) is not None
