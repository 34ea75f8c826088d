"""`{{key}}` placeholders in subject, text and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_placeholder = re.compile(r"\{\{([^{}\s]+)\}\}")


class Template:
    """A text cut once at its placeholders. One without a value stays as it was written."""

    __slots__ = ("_pieces", "keys")

    def __init__(self, source: str) -> None:
        self._pieces = _placeholder.split(source)  # literal, key, literal, key, … literal
        self.keys = frozenset(self._pieces[1::2])

    def render(self, values: Mapping[str, Any]) -> str:
        """The finished text."""
        if not self.keys:
            return self._pieces[0]
        rendered = list(self._pieces)
        for position in range(1, len(rendered), 2):
            key = rendered[position]
            rendered[position] = str(values[key]) if key in values else f"{{{{{key}}}}}"
        return "".join(rendered)


EMPTY = Template("")
