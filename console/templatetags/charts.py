"""State bars, legends, bars and plots: server-drawn SVG. Part of the builtin library `console`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template

from console import charts, formats

register = template.Library()


@register.inclusion_tag("components/state_bar.html")
def state_bar(parts: Sequence[Any], label: str = "", total: int | None = None, size: str = "") -> dict[str, Any]:
    """{% state_bar parts label=sentence size="xl" %}: parts are console.charts.Part, dicts or tuples
    (state, n, word, href); size "" (14 px), "s" (6 px) or "xl" (26 px); total leaves the rest empty."""
    words = ", ".join(
        f"{formats.number(part.n)} {part.word}" for part in charts.in_order(parts) if part.n and part.word
    )
    return {"rects": charts.rects(parts, total), "label": label or words, "size": size}


@register.inclusion_tag("components/legend.html")
def legend(parts: Sequence[Any], total: int, href: str = "", empty: bool = False) -> dict[str, Any]:
    """{% legend parts total href=everyone_url %}: swatch, icon, word, number and share; ends with Everyone.
    States without people are left out unless `empty`."""
    shown = [part for part in charts.in_order(parts) if part.n or empty]
    return {"parts": shown, "total": total, "href": href}


@register.inclusion_tag("components/sum_line.html")
def sum_line(parts: Sequence[Any], total: int) -> dict[str, Any]:
    """{% sum_line parts total %}: "3 + 4 = 7 equals the audience", or the difference in red."""
    ordered = [part for part in charts.in_order(parts) if part.n]
    found = sum(part.n for part in ordered)
    return {
        "parts": ordered,
        "found": found,
        "total": total,
        "difference": total - found,
    }


@register.inclusion_tag("components/key.html")
def key(state: str) -> dict[str, Any]:
    """{% key "delivered" %}: the swatch of a state, with its pattern."""
    return {
        "state": state,
        "pattern": f"url(#p-{state})" if state in charts.PATTERNS else "",
    }


@register.inclusion_tag("components/bar.html")
def bar(
    value: float | Decimal,
    highest: float | Decimal,
    state: str = "brand",
    height: int = 10,
) -> dict[str, Any]:
    """{% bar n highest "failed" %}: the decoration in the `.m` cell of a table.bars. Never invisible while n > 0."""
    part = float(value) * 100 / float(highest) if highest else 0.0
    width = min(100.0, max(part, charts.SMALLEST_SHARE)) if value else 0.0
    return {"width": f"{width:.2f}%", "state": state, "height": height}


@register.inclusion_tag("components/plot.html")
def line_chart(
    values: Sequence[float],
    labels: Sequence[str],
    label: str,
    limit: float | None = None,
    state: str = "",
    width: int = 760,
    height: int = 132,
) -> dict[str, Any]:
    """{% line_chart values labels label=sentence limit=20 %}: one series with its area; labels below the axis."""
    plot = charts.line_plot(values, labels, y_text=_axis_text, limit=limit, width=width, height=height)
    return {"plot": plot, "label": label, "state": state}


def _axis_text(value: float) -> str:
    """20, 4.5, 18k: short enough for 28 units."""
    if value >= 1000:
        return f"{formats.number(Decimal(str(value / 1000)), 0 if value % 1000 == 0 else 1)}k"
    return formats.number(value, 0 if value == int(value) else 1)
