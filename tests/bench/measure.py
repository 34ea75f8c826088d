"""A figure of ours beside the same work done bare, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours` and `bare` are in `unit`; a ratio of 1 means that the product's own work costs nothing."""

    name: str
    ours: float
    bare: float | None = None
    unit: str = "/s"
    note: str = ""

    @property
    def ratio(self) -> str:
        return f"{self.ours / self.bare:.2f}" if self.bare else "–"


class Stopwatch:
    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    watch = Stopwatch()
    started = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - started


def rate(units: int, work: Callable[[], object]) -> float:
    """Units per second of one call."""
    with stopwatch() as watch:
        work()
    return units / watch.seconds


def table(figures: list[Figure]) -> str:
    """As lines of a terminal."""
    lines = [f"{'what':<46}{'ours':>12}{'bare':>12}{'ratio':>8}  note"]
    for f in figures:
        ours = f"{f.ours:,.1f} {f.unit}" if f.unit != "/s" else f"{f.ours:,.0f}/s"
        bare = "" if f.bare is None else (f"{f.bare:,.0f}/s" if f.unit == "/s" else f"{f.bare:,.1f} {f.unit}")
        lines.append(f"{f.name:<46}{ours:>12}{bare:>12}{f.ratio:>8}  {f.note}")
    return "\n".join(lines)
