"""What every vendor of the sandbox provides to the server around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from campaigns.sandbox.wire import Answer, Call

Handler = Callable[[Call], Answer]
"""Acts on a request in one go, without waiting: what it accepts is logged before the answer exists."""


class Vendor:
    """Base of the vendors. `slug` names it in the logs; `aliases` are also understood in control requests;
    `prefixes` are the paths it owns, for the answer to an unknown one; `fault_kinds` are the misbehaviours that only
    this vendor knows: it finds them in `Call.fault` and carries them out itself."""

    slug: str
    aliases: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    fault_kinds: frozenset[str] = frozenset()

    def error(self, status: int, path: str) -> Answer:
        """The vendor's error answer for an HTTP status, as a fault or an unknown path needs it."""
        raise NotImplementedError

    def configure(self, values: Mapping[str, Any]) -> None:
        """Change settings. Raises BadSetting."""
        raise NotImplementedError

    def settings_shown(self) -> dict[str, Any]:
        raise NotImplementedError

    def reset(self) -> None:
        """Back to the state and settings of a fresh start."""
        raise NotImplementedError

    def receive_reply(self, source: str, text: str, answered: str | None) -> str:
        """A person answers by SMS; `answered` is the provider id or reference of the message they answer, if
        known. Returns the id of the reply. Raises ValueError when no such message exists."""
        raise ValueError(f"{self.slug} takes no replies")

    def refused(self) -> list[dict[str, Any]]:
        """Messages that were refused one by one inside an accepted request."""
        return []
