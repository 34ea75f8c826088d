"""The text formats that Prometheus reads: its own, version 0.0.4, and OpenMetrics 1.0.

Written here because every number comes from the database at the moment of asking: of a client library only the dozen
lines below would be used, and its registry, which keeps counters in each process, would stand in the way of several
web processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A metric family. `name` in base units ("_seconds"); `samples` are (labels, value)."""

    name: str
    help: str
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)


def gauge(name: str, help: str, value: float) -> Gauge:
    """A family of one sample without labels."""
    return Gauge(name, help, [({}, value)])


def wanted(accept: str) -> str:
    """The content type to answer a scraper that sends this Accept header."""
    return OPEN if "application/openmetrics-text" in accept else PLAIN


def render(families: Iterable[Gauge], content_type: str = PLAIN) -> str:
    """All families as text. A family without samples is named anyway, so that it can be found."""
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {_escape(family.help, quotes=content_type == OPEN)}"]
        lines += [f"# TYPE {family.name} gauge"]
        lines += [f"{family.name}{_labels(labels)} {_number(value)}" for labels, value in family.samples]
    if content_type == OPEN:
        lines.append("# EOF")
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escape(value, quotes=True)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escape(text: str, *, quotes: bool) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quotes else escaped


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(round(float(value), 3))
