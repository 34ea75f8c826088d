"""A date and a clock time in a named zone, turned into one instant: the two nights a year when that is not simple."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone
from django.utils.translation import gettext as _

from console import formats
from console.errors import UserError

# The longest jump on record is a whole day (Samoa left one out in 2011).
_LONGEST_GAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Instant:
    """`at` is UTC; `note` is a sentence for people when the local time stands for two instants, else ""."""

    at: datetime
    note: str = ""


def resolve(day: date, clock: time, zone: str) -> Instant:
    """The instant at which a clock on the wall of `zone` shows `day` and `clock`.

    UserError (field "time") for a time that the spring change leaves out, naming the next one that exists;
    of a time that the autumn change brings twice the first is taken, and the note says so.
    UserError (field "zone") for a zone that does not exist.
    """
    tz = _zone(zone)
    local = datetime.combine(day, clock.replace(second=0, microsecond=0, tzinfo=None), tz)
    if not _exists(local):
        raise UserError(_gap_sentence(local, _next_valid(local)), field="time", code="nonexistent_time")
    first, second = local.replace(fold=0), local.replace(fold=1)
    note = _twice_sentence(first) if first.utcoffset() != second.utcoffset() else ""
    return Instant(first.astimezone(UTC), note)


def in_zone(moment: datetime, zone: str) -> datetime:
    """`moment` on the clocks of `zone`; on the reader's when the zone is unknown."""
    return moment.astimezone(_zone_or_mine(zone))


def short(moment: datetime, zone: str, now: datetime) -> str:
    """ "Thu 19 Nov, 10:00" on the clocks of `zone`; with the zone's name when the reader lives in another."""
    tz = _zone_or_mine(zone)
    foreign = moment.astimezone(tz).utcoffset() != timezone.localtime(moment).utcoffset()
    with timezone.override(tz):
        text = formats.short(moment, now)
        return f"{text} {formats.zone_name(moment)}" if foreign else text


def full(moment: datetime, zone: str) -> str:
    """ "Thursday 19 November 2026, 10:00 CET (Madrid)" on the clocks of `zone`."""
    tz = _zone_or_mine(zone)
    with timezone.override(tz):
        return formats.full(moment)


def _zone_or_mine(name: str) -> tzinfo:
    return _known_zone(name) or timezone.get_current_timezone()


def _zone(name: str) -> zoneinfo.ZoneInfo:
    zone = _known_zone(name)
    if zone is None:
        raise UserError(_("“%(zone)s” is not a time zone. Choose one from the list.") % {"zone": name}, field="zone")
    return zone


def _known_zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        return None


def _exists(local: datetime) -> bool:
    """A local time that is skipped comes back from UTC as another one."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(fold=0) == local.replace(fold=0)


def _next_valid(local: datetime) -> datetime:
    candidate, last = local, local + _LONGEST_GAP
    while not _exists(candidate) and candidate <= last:
        candidate += timedelta(minutes=1)
    return candidate


def _gap_sentence(local: datetime, following: datetime) -> str:
    day, next_day = (formats.day(moment.date(), date.min) for moment in (local, following))
    clock = following.strftime("%H:%M")
    return _(
        "%(time)s does not exist on %(day)s in %(zone)s, because the clocks go forward then. "
        "The next time that exists is %(next)s."
    ) % {
        "time": local.strftime("%H:%M"),
        "day": day,
        "zone": str(local.tzinfo),
        "next": clock if day == next_day else f"{next_day}, {clock}",
    }


def _twice_sentence(first: datetime) -> str:
    return _(
        "The clocks go back on that day, so %(time)s comes twice in %(zone)s. "
        "The first one is used, %(time)s %(abbreviation)s."
    ) % {"time": first.strftime("%H:%M"), "zone": str(first.tzinfo), "abbreviation": first.tzname() or ""}
