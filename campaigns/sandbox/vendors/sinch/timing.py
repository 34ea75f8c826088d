"""When a message goes out: schedule, expiry, hours of the day, and the zone that local times are in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.sandbox.vendors.sinch.errors import BadRequest

EXPIRY_FIELDS = ("expiresAt", "expiresInMinutes", "expiresDate")
SCHEDULE_FIELDS = ("scheduledAt", "delayedInMinutes", "scheduledDate")
TIMING_FIELDS = (*EXPIRY_FIELDS, *SCHEDULE_FIELDS, "timeWindow", "timeZone")
LEAST_AHEAD = 30 * 60  # seconds; a schedule must be further away than this
MILLISECONDS_FROM = 10**11  # a Unix time from here on is in milliseconds

COUNTRY_ZONES = {
    "BR": "America/Sao_Paulo", "MX": "America/Mexico_City", "CO": "America/Bogota", "CL": "America/Santiago",
    "AR": "America/Argentina/Buenos_Aires", "PE": "America/Lima", "EC": "America/Guayaquil", "BO": "America/La_Paz",
    "PY": "America/Asuncion", "UY": "America/Montevideo", "VE": "America/Caracas", "ES": "Europe/Madrid",
}  # fmt: skip

_local_date = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d").fullmatch


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds since 1970 at which a message goes out, or expires unsent."""

    send_at: float
    expired_at: float | None = None


def plan(body: Mapping[str, Any], now: float, zone: ZoneInfo, short_schedule_allowed: bool) -> Plan:
    """Read the time fields of a request. Raises BadRequest."""
    _at_most_one(body, EXPIRY_FIELDS)
    _at_most_one(body, SCHEDULE_FIELDS)
    scheduled = _moment(body, SCHEDULE_FIELDS, now, zone)
    expires = _moment(body, EXPIRY_FIELDS, now, zone)
    hours = _hours(body.get("timeWindow"))
    send_at = now
    if scheduled is not None:
        if scheduled > now + LEAST_AHEAD:
            send_at = scheduled
        elif not short_schedule_allowed:
            raise BadRequest("A message can only be scheduled for a moment more than 30 minutes ahead.")
    if hours is not None:
        send_at = next_in_window(send_at, hours, zone)
    if expires is not None and expires <= send_at:
        return Plan(send_at, max(expires, now))
    return Plan(send_at)


def resolve_zone(requested: Any, user: Mapping[str, Any]) -> ZoneInfo:
    """The zone of the request, else of the user, else of the user's country, else UTC. Raises BadRequest."""
    if requested is not None and not isinstance(requested, str):
        raise BadRequest("timeZone must be the name of a time zone.")
    name = requested or user.get("time_zone") or COUNTRY_ZONES.get(str(user.get("country")), "UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadRequest(f"timeZone {name} is unknown.") from None


def next_in_window(moment: float, hours: Collection[int], zone: ZoneInfo) -> float:
    """The first moment from `moment` on whose hour in `zone` is one of `hours`."""
    local = datetime.fromtimestamp(moment, UTC)
    while local.astimezone(zone).hour not in hours:
        wall = local.astimezone(zone)
        into_hour = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        local += timedelta(hours=1) - into_hour
    return local.timestamp()


def _at_most_one(body: Mapping[str, Any], names: tuple[str, ...]) -> None:
    given = [name for name in names if body.get(name) is not None]
    if len(given) > 1:
        raise BadRequest(f"Only one of {', '.join(names)} may be used, not {' and '.join(given)}.")


def _moment(body: Mapping[str, Any], names: tuple[str, ...], now: float, zone: ZoneInfo) -> float | None:
    """The moment that one of three fields gives: Unix time, minutes from now, local date and time."""
    unix, minutes, local = names
    if body.get(unix) is not None:
        value = _integer(body, unix)
        return value / 1000 if value >= MILLISECONDS_FROM else float(value)
    if body.get(minutes) is not None:
        return now + 60.0 * _integer(body, minutes)
    if body.get(local) is not None:
        return _parse_local(body[local], local, zone)
    return None


def _integer(body: Mapping[str, Any], name: str) -> int:
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadRequest(f"{name} must be a number.")
    return value


def _parse_local(text: Any, name: str, zone: ZoneInfo) -> float:
    if isinstance(text, str) and _local_date(text):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
        except ValueError:
            pass
    raise BadRequest(f"{name} must have the format yyyy-MM-dd'T'HH:mm:ss.")


def _hours(value: Any) -> frozenset[int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(type(hour) is int and 0 <= hour <= 23 for hour in value):
        raise BadRequest("timeWindow must be a list of hours from 0 to 23.")
    return frozenset(value)
