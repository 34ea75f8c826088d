"""Reading requests field by field: what is wrong is collected as violations that name the path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from campaigns.sandbox.vendors.messaging_service.errors import Failure
from campaigns.sandbox.vendors.messaging_service.records import Options, Webhooks
from campaigns.sandbox.vendors.messaging_service.times import parse_time

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
UNIT_SECONDS = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600}
SPEED_UNIT_SECONDS = {"MINUTE": 60.0, "HOUR": 3600.0, "DAY": 86400.0}
LONGEST_VALIDITY = 48 * 3600  # seconds; more is cut
DAY_MINUTES = 24 * 60
MOST_VIOLATIONS = 100


class Checks:
    """Collects violations; `finish` raises them together as one 400."""

    def __init__(self) -> None:
        self.violations: list[dict[str, str]] = []

    def fail(self, path: str, text: str) -> None:
        if len(self.violations) < MOST_VIOLATIONS:
            self.violations.append({"property": path, "violation": text})

    def finish(self, route: str) -> None:
        if self.violations:
            raise Failure(400, route, violations=self.violations)

    def object(self, parent: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
        """An optional object; {} when absent or wrong."""
        value = parent.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fail(f"{path}{name}", "must be an object")
            return {}
        return value

    def objects(self, parent: Mapping[str, Any], name: str, path: str) -> list[dict[str, Any]]:
        """A required list of at least one object; [] when wrong."""
        value = parent.get(name)
        if not isinstance(value, list) or not value:
            self.fail(f"{path}{name}", "must be a list and must not be empty")
            return []
        for position, item in enumerate(value):
            if not isinstance(item, dict):
                self.fail(f"{path}{name}[{position}]", "must be an object")
                return []
        return value

    def text(self, parent: Mapping[str, Any], name: str, path: str, most: int | None = None) -> str:
        """An optional string of at most `most` characters; "" when absent or wrong."""
        value = parent.get(name)
        if value is None:
            return ""
        if type(value) is not str:
            self.fail(f"{path}{name}", "must be a string")
            return ""
        if most is not None and len(value) > most:
            self.fail(f"{path}{name}", f"size must be between 0 and {most}")
        return value

    def flag(self, parent: Mapping[str, Any], name: str, path: str, default: bool) -> bool:
        value = parent.get(name, default)
        if not isinstance(value, bool):
            self.fail(f"{path}{name}", "must be true or false")
            return default
        return value

    def json_text(self, parent: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
        """An optional JSON object that is serialised into a string; {} when absent or wrong."""
        text = self.text(parent, name, path)
        if not text:
            return {}
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            self.fail(f"{path}{name}", "must be a JSON object serialised into a string")
            return {}
        return value


@dataclass(slots=True)
class Schedule:
    """`send_at`: virtual seconds since 1970, None = now. `interval`: seconds between messages, 0 = no limit."""

    bulk_id: str = ""
    send_at: float | None = None
    interval: float = 0.0


def read_schedule(checks: Checks, options: Mapping[str, Any], now: float, most_days: int) -> Schedule:
    """`options.schedule` of a request."""
    path = "options.schedule."
    values = checks.object(options, "schedule", "options.")
    schedule = Schedule(bulk_id=checks.text(values, "bulkId", path, 100))
    if values.get("sendAt") is not None:
        schedule.send_at = check_send_at(checks, values["sendAt"], f"{path}sendAt", now, most_days)
    speed = checks.object(values, "sendingSpeedLimit", path)
    if speed:
        amount, unit = speed.get("amount"), speed.get("timeUnit", "MINUTE")
        if type(amount) is not int or amount < 1:
            checks.fail(f"{path}sendingSpeedLimit.amount", "must be an integer of 1 or more")
        elif unit not in SPEED_UNIT_SECONDS:
            checks.fail(f"{path}sendingSpeedLimit.timeUnit", "must be MINUTE, HOUR or DAY")
        else:
            schedule.interval = SPEED_UNIT_SECONDS[unit] / amount
    return schedule


def check_send_at(checks: Checks, value: Any, path: str, now: float, most_days: int) -> float | None:
    """A moment in the future, not more than `most_days` ahead."""
    moment = parse_time(value)
    if moment is None:
        checks.fail(path, "must have the format yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    elif moment < now:
        checks.fail(path, "must not be in the past")
    elif moment > now + most_days * 86400:
        checks.fail(path, f"must not be more than {most_days} days ahead")
    return moment


def read_options(checks: Checks, options: Mapping[str, Any], path: str) -> Options:
    """The `options` of one message; `path` ends with a dot."""
    platform = checks.object(options, "platform", path)
    window = checks.object(options, "deliveryTimeWindow", path)
    return Options(
        campaign_reference=checks.text(options, "campaignReferenceId", path, 255),
        application_id=checks.text(platform, "applicationId", f"{path}platform.", 255),
        entity_id=checks.text(platform, "entityId", f"{path}platform.", 255),
        expires_after=_read_validity(checks, options, path),
        window=_read_window(checks, window, f"{path}deliveryTimeWindow.") if window else None,
    )


def _read_validity(checks: Checks, options: Mapping[str, Any], path: str) -> float | None:
    """Seconds of `validityPeriod`; more than the longest is cut without a word."""
    validity = checks.object(options, "validityPeriod", path)
    if not validity:
        return None
    amount, unit = validity.get("amount"), validity.get("timeUnit", "MINUTES")
    if type(amount) is not int:
        checks.fail(f"{path}validityPeriod.amount", "must be an integer")
    elif unit not in UNIT_SECONDS:
        checks.fail(f"{path}validityPeriod.timeUnit", "must be SECONDS, MINUTES or HOURS")
    else:
        return float(min(amount * UNIT_SECONDS[unit], LONGEST_VALIDITY))
    return None


def _read_window(checks: Checks, window: Mapping[str, Any], path: str) -> tuple[frozenset[int], int, int] | None:
    """(week days from Monday = 0, first minute, last minute of the day in UTC)."""
    days = window.get("days")
    if not isinstance(days, list) or not days or not set(map(str, days)) <= set(DAYS):
        checks.fail(f"{path}days", "must be a list of week days")
        return None
    week = frozenset(DAYS.index(day) for day in days)
    if window.get("from") is None and window.get("to") is None:
        return week, 0, DAY_MINUTES
    start, end = (_minutes(window.get(name)) for name in ("from", "to"))
    if start is None or end is None:
        checks.fail(path.rstrip("."), "from and to must both be given as hour and minute")
    elif abs(end - start) < 60:
        checks.fail(path.rstrip("."), "from and to must be at least 1 hour apart")
    else:
        return week, start, end
    return None


def _minutes(value: Any) -> int | None:
    if not isinstance(value, dict):
        return None
    hour, minute = value.get("hour"), value.get("minute", 0)
    if type(hour) is not int or type(minute) is not int or not (0 <= hour <= 23 and 0 <= minute <= 59):
        return None
    return hour * 60 + minute


def read_webhooks(checks: Checks, values: Mapping[str, Any], path: str) -> Webhooks:
    """A `webhooks` object."""
    delivery = checks.object(values, "delivery", path)
    inner = f"{path}delivery."
    return Webhooks(
        url=checks.text(delivery, "url", inner),
        notify=checks.flag(delivery, "notify", inner, True),
        intermediate=checks.flag(delivery, "intermediateReport", inner, False),
        callback_data=checks.text(values, "callbackData", path, 4000),
        content_type=checks.text(values, "contentType", path),
    )


def read_json(body: bytes, route: str) -> dict[str, Any]:
    """The JSON object in a body. Raises the route's 400."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Failure(400, route, "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Failure(400, route, "The body must be a JSON object.")
    return value
