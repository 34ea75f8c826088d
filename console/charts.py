"""Geometry of state bars and plots: numbers in, SVG attributes out. Pure: no templates, no wording.

Rules of state bars (design guide §6): a state that is not empty is never invisible, the others share what is
left; the sum is printed and compared with the audience by the caller's template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SMALLEST_SHARE = 0.8  # per cent of the bar
PATTERNS = frozenset({"receipt", "sending", "held", "verify", "excluded"})
ORDER = (
    "delivered",
    "receipt",
    "sent",
    "sending",
    "retry",
    "waiting",
    "held",
    "verify",
    "failed",
    "excluded",
)
ICONS = {
    "delivered": "checks",
    "receipt": "circle-dotted",
    "sent": "check",
    "sending": "send",
    "retry": "refresh",
    "waiting": "circle-dashed",
    "held": "clock-pause",
    "verify": "zoom-question",
    "failed": "x",
    "excluded": "ban",
    "brand": "users",
}


@dataclass(frozen=True, slots=True)
class Part:
    """People in one state: colour class without "s-", how many, the word on screen, the page behind the number."""

    state: str
    n: int
    word: Any = ""
    href: str = ""
    icon: str = ""


def part_of(value: Part | Mapping[str, Any] | Sequence[Any]) -> Part:
    """A Part from a Part, a mapping with its names, or a tuple in its order."""
    if isinstance(value, Part):
        return value
    return Part(**value) if isinstance(value, Mapping) else Part(*value)


def in_order(parts: Sequence[Any]) -> list[Part]:
    """The parts in the order of every bar and legend; unknown states last."""
    rank = {state: place for place, state in enumerate(ORDER)}
    return sorted(
        (part_of(part) for part in parts),
        key=lambda part: rank.get(part.state, len(rank)),
    )


def stretch(counts: Sequence[int], smallest: float = SMALLEST_SHARE) -> list[float]:
    """Widths in per cent that sum to 100; 0 stays 0, anything else gets at least `smallest`."""
    total = sum(counts)
    if not total:
        return [0.0] * len(counts)
    small = [bool(n) and n * 100 / total < smallest for n in counts]
    room = 100 - smallest * sum(small)
    large_total = sum(n for n, is_small in zip(counts, small, strict=True) if not is_small)
    widths = [
        smallest if is_small else (n * room / large_total if n else 0.0)
        for n, is_small in zip(counts, small, strict=True)
    ]
    return widths if room > 0 else [100 / total * n for n in counts]


@dataclass(frozen=True, slots=True)
class Rect:
    """A piece of a bar. `x` and `width` are ready for an SVG attribute ("51.31%")."""

    state: str
    x: str
    width: str
    pattern: str
    first: bool


def rects(parts: Sequence[Any], total: int | None = None) -> list[Rect]:
    """The pieces of a state bar; what `total` has more than the parts stays the empty track."""
    ordered = [part for part in in_order(parts) if part.n > 0]
    rest = max(0, (total or 0) - sum(part.n for part in ordered))
    widths = stretch([part.n for part in ordered] + [rest])
    drawn: list[Rect] = []
    x = 0.0
    for part, width in zip(ordered, widths, strict=False):
        pattern = f"url(#p-{part.state})" if part.state in PATTERNS else ""
        drawn.append(Rect(part.state, f"{x:.2f}%", f"{width:.2f}%", pattern, not drawn))
        x += width
    return drawn


# -- plots -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    y: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Plot:
    """A line with its area, one series, in viewBox units."""

    width: int
    height: int
    line: str
    area: str
    grid: tuple[str, ...]
    axis: str
    limit: str
    end_x: str
    end_y: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]


def nice_top(highest: float) -> float:
    """A round number at or above `highest` whose half is round too: 1, 2, 4, 5, 10, 20 …"""
    if highest <= 0:
        return 1
    power = 10.0 ** (len(str(int(highest))) - 1) if highest >= 1 else 0.1
    for step in (1, 2, 4, 5, 6, 8, 10):
        if step * power >= highest:
            return step * power
    return 10 * power


def line_plot(
    values: Sequence[float],
    x_labels: Sequence[str] = (),
    *,
    y_text: Any = str,
    limit: float | None = None,
    width: int = 760,
    height: int = 132,
    left: int = 28,
) -> Plot:
    """Evenly spaced `values` from left to right. `x_labels` are spread over the width; `y_text` writes a value."""
    top_y, bottom_y, right = 16.0, height - 28.0, width - 11.0
    top = nice_top(max([*values, limit or 0, 0]))
    step = (right - left) / max(1, len(values) - 1)
    points = [(left + index * step, bottom_y - (bottom_y - top_y) * value / top) for index, value in enumerate(values)]
    path = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    last_x, last_y = points[-1] if points else (left, bottom_y)
    limit_y = None if limit is None else bottom_y - (bottom_y - top_y) * limit / top
    return Plot(
        width=width,
        height=height,
        line=f"M{path}" if points else "",
        area=f"M{left} {bottom_y:.0f} L{path} V{bottom_y:.0f}Z" if points else "",
        grid=tuple(f"M{left} {y:.1f}H{width}" for y in (top_y + 0.5, (top_y + bottom_y) / 2 + 0.5)),
        axis=f"M{left} {bottom_y + 0.5:.1f}H{width}",
        limit="" if limit_y is None else f"M{left} {limit_y + 0.5:.1f}H{width}",
        end_x=f"{last_x:.1f}",
        end_y=f"{last_y:.1f}",
        y_ticks=tuple(
            Tick(f"{left - 6}", f"{y + 4:.1f}", y_text(value), "end")
            for y, value in (
                (top_y, top),
                ((top_y + bottom_y) / 2, top / 2),
                (bottom_y, 0),
            )
        ),
        x_ticks=_spread(x_labels, left, right, height - 8.0),
    )


def _spread(labels: Sequence[str], left: float, right: float, y: float) -> tuple[Tick, ...]:
    """Labels from the left edge to the right one; the outer two are aligned to the edges."""
    if len(labels) < 2:
        return tuple(Tick(f"{left:.0f}", f"{y:.0f}", text, "start") for text in labels)
    last = len(labels) - 1
    anchors = ["start", *["middle"] * (last - 1), "end"]
    return tuple(
        Tick(
            f"{left + (right - left) * place / last:.0f}",
            f"{y:.0f}",
            text,
            anchors[place],
        )
        for place, text in enumerate(labels)
    )
