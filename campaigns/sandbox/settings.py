"""Settings that the control interface may change: dataclasses, updated from JSON with every name and type checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class BadSetting(ValueError):
    """A setting that does not exist or has the wrong type; the text says which."""


@dataclass
class ServerSettings:
    """What concerns all vendors.

    speed: virtual seconds per real second; 0 stands still. latency_ms: real milliseconds that every answer takes.
    drop_on_disconnect: a client that hangs up during the latency is not processed. Off by default, because a
    real provider goes on with a request that it has read.
    """

    speed: float = 1.0
    latency_ms: float = 0.0
    drop_on_disconnect: bool = False
    callback_timeout_s: float = 5.0


def update(settings: Any, values: Mapping[str, Any]) -> None:
    """Assign `values` to a settings dataclass; all of them or, with BadSetting, none."""
    known = {f.name: f for f in fields(settings)}
    for name, value in values.items():
        if name not in known:
            raise BadSetting(f"unknown setting {name!r}; known are {', '.join(sorted(known))}")
        if not _fits(str(known[name].type), value):
            raise BadSetting(f"setting {name!r} must be {known[name].type}, not {value!r}")
    for name, value in values.items():
        setattr(settings, name, value)


def _fits(annotation: str, value: Any) -> bool:
    """Whether a JSON value fits a field's annotation as written in the source."""
    if value is None:
        return "None" in annotation
    if isinstance(value, bool):
        return "bool" in annotation
    if isinstance(value, int | float):
        return "float" in annotation or ("int" in annotation and isinstance(value, int))
    if isinstance(value, str):
        return "str" in annotation.partition("[")[0] or "Literal" in annotation
    return annotation.startswith("dict" if isinstance(value, dict) else "list")
