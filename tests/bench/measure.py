"""A figure of ours beside the same work done bare, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """All values are in `unit`; a ratio of 1 to `bare` means that the product's own work costs nothing. `rival`: what
    django-post_office makes of the same."""

    name: str
    ours: float
    bare: float | None = None
    unit: str = "/s"
    note: str = ""
    prototype: float | None = None
    rival: float | None = None

    def cells(self) -> list[str]:
        """Ours, and beside each comparison the ratio to it."""
        cells = [self._shown(self.ours)]
        for other in (self.bare, self.prototype, self.rival):
            cells += ["–", "–"] if other is None else [self._shown(other), f"{self.ours / other:.2f}"]
        return cells

    def _shown(self, value: float) -> str:
        return f"{value:,.0f}/s" if self.unit == "/s" else f"{value:,.1f} {self.unit}"


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
    head = ["ours", "bare", "ratio", "prototype", "ratio", "post_office", "ratio"]
    rows = [("what", head, "note"), *((f.name, f.cells(), f.note) for f in figures)]
    widths = (12, 12, 8, 12, 8, 12, 8)
    return "\n".join(
        f"{name:<44}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)) + f"  {note}"
        for name, cells, note in rows
    )
