"""Faults on demand: a queue of misbehaviours that the next requests to a path consume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

STATUSES = {"http_401": 401, "http_429": 429, "http_500": 500, "http_502": 502, "http_503": 503, "http_504": 504}
"""Refusals in the vendor's own error format."""

KINDS = frozenset(STATUSES) | {
    "html_502",  # a proxy's error page
    "cut_502",  # the connection breaks in the middle of it
    "timeout_before_accept",  # hangs, nothing accepted
    "timeout_after_accept",  # accepts, then hangs
    "reset_before_accept",
    "reset_after_accept",
    "garbled_json",  # accepts; 200 with a body that is no JSON
    "truncated_json",  # accepts; 200 with the first half of the body
    "cut_body",  # accepts; the connection breaks in the middle of the body
    "slow_drip",  # accepts; the body comes in small pieces over `seconds`
    "wrong_count",  # accepts; the answer leaves out the last message
    "zero_bytes",  # accepts; every text in the answer ends with a zero byte
    "wild_numbers",  # accepts; every number in the answer is negative and beyond any column
    "latency",  # waits `seconds`, then does as usual
}

ALIASES = {
    "hang_before": "timeout_before_accept",
    "hang_before_processing": "timeout_before_accept",
    "hang_after": "timeout_after_accept",
    "process_then_hang": "timeout_after_accept",
    "close_before": "reset_before_accept",
    "close_before_processing": "reset_before_accept",
    "close_after": "reset_after_accept",
    "close_after_processing": "reset_after_accept",
    "broken_json": "garbled_json",
    "http_502_html": "html_502",
    **{str(status): kind for kind, status in STATUSES.items()},
}

DEFAULT_SECONDS = {"latency": 2.0, "slow_drip": 5.0}
HANG_SECONDS = 300.0


class BadFault(ValueError):
    """A fault that cannot be armed; the text says why."""


@dataclass(slots=True)
class Fault:
    """path: exact, or a prefix that ends in `*`. vendor: the slug of the only one it hits, "" = any. times: how many
    requests it hits. seconds: real time it lasts. accept: an http_*, html_* or cut_502 fault that processes the
    request before it lies about it."""

    path: str
    kind: str
    times: int
    seconds: float
    retry_after: int | None = None
    accept: bool = False
    vendor: str = ""

    def matches(self, path: str, vendor: str) -> bool:
        if self.vendor and self.vendor != vendor:
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


class Faults:
    """Armed faults, first armed first used."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self.kinds = set(KINDS)  # with those of the vendors, once they are registered

    def arm(self, values: Mapping[str, Any]) -> Fault:
        """Arm from JSON: path, kind, and optionally times, seconds, retry_after, accept, vendor. Raises BadFault."""
        if unknown := values.keys() - {"path", "kind", "times", "seconds", "retry_after", "accept", "vendor"}:
            raise BadFault(f"unknown field {sorted(unknown)[0]!r}")
        kind = str(values.get("kind", ""))
        kind = ALIASES.get(kind, kind)
        if kind not in self.kinds:
            raise BadFault(f"unknown kind {kind!r}; known are {', '.join(sorted(self.kinds))}")
        try:
            fault = Fault(
                path=str(values.get("path", "*")),
                kind=kind,
                times=int(values.get("times", 1)),
                seconds=float(values.get("seconds", DEFAULT_SECONDS.get(kind, HANG_SECONDS))),
                retry_after=None if values.get("retry_after") is None else int(values["retry_after"]),
                accept=bool(values.get("accept", False)),
                vendor=str(values.get("vendor", "")),
            )
        except (TypeError, ValueError) as error:
            raise BadFault(f"times, seconds and retry_after must be numbers: {error}") from None
        if fault.times > 0:
            self._armed.append(fault)
        return fault

    def take(self, path: str, vendor: str) -> Fault | None:
        """The fault that a request to `path` of `vendor` gets, used up by one."""
        for fault in self._armed:
            if fault.matches(path, vendor):
                fault.times -= 1
                if not fault.times:
                    self._armed.remove(fault)
                return fault
        return None

    def armed(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._armed]

    def clear(self, vendor: str = "") -> None:
        """Disarm all, or only those of one vendor."""
        self._armed = [fault for fault in self._armed if vendor and fault.vendor != vendor]
