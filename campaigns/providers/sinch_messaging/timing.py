"""When messages may go out and when they are given up: the time fields of a send (contract §3.2, §3.3, §16.10 to 14).

Only `scheduledDate`, `expiresDate`, `expiresInMinutes` and `timeWindow` are used: the Unix times have no documented
unit. Each group holds one field at most, and dates and hours never travel without their zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.providers.base import Problem
from campaigns.providers.base import gettext_noop as _
from campaigns.states import Reason

# Sinch schedules only what is more than 30 minutes ahead; nearer than this we wait in our own queue.
LEAST_AHEAD = timedelta(minutes=31)
_RANGE = re.compile(r"(\d{1,2})(?:\s*(?:-|–|\.\.)\s*(\d{1,2}))?")
_HOURS_OF_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Timing:
    """`hold_until` and `expires_at` are instants; on the wire they stand as local times of `zone`."""

    hours: tuple[int, ...] = ()
    hold_until: datetime | None = None
    expires_at: datetime | None = None
    expires_in_minutes: int | None = None
    zone: str = ""

    def fields(self, now: datetime) -> dict[str, Any]:
        """The root fields of a request that leaves at `now`. A time to wait for that is over says nothing."""
        found: dict[str, Any] = {}
        if self.expires_in_minutes:
            found["expiresInMinutes"] = self.expires_in_minutes
        if self.expires_at:
            found["expiresDate"] = self._local(self.expires_at)
        if self.hold_until and self.hold_until > now:
            found["scheduledDate"] = self._local(self.hold_until)
        if self.hours:
            found["timeWindow"] = list(self.hours)
        if found.keys() & {"expiresDate", "scheduledDate", "timeWindow"}:
            found["timeZone"] = self.zone
        return found

    def wait(self, now: datetime) -> float:
        """Seconds to stay in our own queue, because Sinch takes no schedule that is this near; 0 = it may leave."""
        if self.hold_until is None or not now < self.hold_until < now + LEAST_AHEAD:
            return 0.0
        return (self.hold_until - now).total_seconds()

    def _local(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%dT%H:%M:%S")


def read(options: Mapping[str, str], default_minutes: int | None) -> tuple[Timing, list[Problem]]:
    """The times of a campaign's options and what is wrong with them. `default_minutes`: the account's expiry, which
    an answer of the campaign replaces."""
    problems: list[Problem] = []
    given = {name: options.get(name, "").strip() for name in _NAMES}
    zone = given["time_zone"]
    if zone and not _is_zone(zone):
        problems.append(_problem("time_zone", _("%(value)s is not a time zone."), zone))
        zone = ""
    elif not zone and any(given[name] for name in ("time_window", "hold_until", "expires_at")):
        problems.append(_problem("time_zone", _("Hours and dates need their time zone, such as America/Bogota.")))
    hours = _hours(given["time_window"], problems)
    hold_until = _moment("hold_until", given, zone, problems)
    expires_at = _moment("expires_at", given, zone, problems)
    minutes = _minutes(given["expires_in_minutes"], problems)
    if given["expires_at"] and given["expires_in_minutes"]:
        problems.append(_problem("expires_at", _("Say either after how many minutes or at what time to give up.")))
    if hold_until and expires_at and expires_at <= hold_until:
        problems.append(_problem("expires_at", _("The messages would be given up before they leave.")))
    if minutes is None and not given["expires_at"]:
        minutes = default_minutes
    return Timing(hours, hold_until, expires_at, minutes, zone), problems


def over(timing: Timing, now: datetime) -> Problem | None:
    """Why nothing may leave at `now` any more."""
    if timing.expires_at and timing.expires_at <= now:
        return Problem(Reason.EXPIRED, _("The time at which to give up is over."), "expires_at")
    return None


_NAMES = ("time_zone", "time_window", "hold_until", "expires_at", "expires_in_minutes")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, an odd path, a folder of zones
        return False
    return True


def _moment(name: str, given: Mapping[str, str], zone: str, problems: list[Problem]) -> datetime | None:
    """A local date and time of `zone`, such as `2026-12-24T18:00`."""
    if not given[name]:
        return None
    try:
        local = datetime.fromisoformat(given[name])
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or ":" not in given[name]:
        words = _("%(value)s is not a date and time such as 2026-12-24 18:00.")
        problems.append(_problem(name, words, given[name]))
        return None
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if zone else None


def _hours(text: str, problems: list[Problem]) -> tuple[int, ...]:
    """The hours of "9-12, 16": 9, 10, 11, 12 and 16, each once."""
    hours: set[int] = set()
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text.strip("[] ")))):
        found = _RANGE.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last < _HOURS_OF_A_DAY:
            problems.append(
                _problem("time_window", _("%(value)s is not an hour from 0 to 23, or a range of them."), part)
            )
            return ()
        hours.update(range(first, last + 1))
    return tuple(sorted(hours))


def _minutes(text: str, problems: list[Problem]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    problems.append(_problem("expires_in_minutes", _("%(value)s is not a number of minutes."), text))
    return None


def _problem(field: str, text: str, value: str = "") -> Problem:
    return Problem(Reason.INVALID_CONTENT, text, field, {"value": value})
