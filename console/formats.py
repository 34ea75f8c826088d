"""Numbers, shares, money, times and phone numbers as the design guide §10 writes them, in three languages."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import phonenumbers
from django.utils import timezone
from django.utils.dateformat import format as django_date
from django.utils.translation import get_language, gettext, ngettext

MINUS = "−"
NO_BREAK = "\u00a0"
_SYMBOLS = {"EUR": "€", "USD": "US$", "GBP": "£", "BRL": "R$", "MXN": "MX$"}


def _separators() -> tuple[str, str]:
    """(thousands, decimals) of the active language."""
    return (",", ".") if (get_language() or "en").startswith("en") else (".", ",")


def number(value: float | Decimal | None, places: int = 0) -> str:
    """46,520 in English, 46.520 in Spanish and Portuguese (also with four digits). None is an en dash."""
    if value is None:
        return "–"
    quantum = Decimal(1).scaleb(-places)
    exact = Decimal(str(value)).quantize(quantum, rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{abs(exact):f}".partition(".")
    thousands, decimals = _separators()
    grouped = f"{int(whole):,}".replace(",", thousands)
    sign = MINUS if exact < 0 else ""
    return f"{sign}{grouped}{decimals + fraction if fraction else ''}"


def share(part: float | Decimal, whole: float | Decimal, places: int = 1) -> str:
    """96.1% of `whole`. Never rounds to 0 or to 100 while people are left; an en dash of nothing."""
    if not whole:
        return "–"
    exact = Decimal(str(part)) * 100 / Decimal(str(whole))
    quantum = Decimal(1).scaleb(-places)
    space = "" if (get_language() or "en").startswith("en") else NO_BREAK
    if 0 < exact < quantum:
        return f"< {number(quantum, places)}{space}%"
    if 100 - quantum < exact < 100:
        return f"> {number(100 - quantum, places)}{space}%"
    return f"{number(exact, places)}{space}%"


def money(value: Decimal | float | None, currency: str = "EUR", places: int = 2) -> str:
    """€1,974.59 in English, 1.974,59 € in Spanish, R$ 1.974,59 in Portuguese. `currency` is ISO 4217."""
    if value is None:
        return "–"
    amount = number(abs(Decimal(str(value))), places)
    sign = MINUS if value < 0 else ""
    symbol = _SYMBOLS.get(currency)
    language = (get_language() or "en")[:2]
    if symbol is None:
        return f"{sign}{amount}{NO_BREAK}{currency}"
    if language == "es":
        return f"{sign}{amount}{NO_BREAK}{symbol}"
    return f"{sign}{symbol}{NO_BREAK if language == 'pt' else ''}{amount}"


@lru_cache(maxsize=20_000)
def phone(value: str) -> str:
    """+34 600 11 22 33 from E.164; anything that is no phone number comes back as it is."""
    try:
        parsed = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


# -- times -----------------------------------------------------------------------------------------


def _names(moment: datetime | date, pattern: str) -> str:
    """Day and month names; Spanish and Portuguese write them in small letters."""
    text = django_date(moment, pattern)
    return text if (get_language() or "en").startswith("en") else text.lower()


def zone_name(moment: datetime) -> str:
    """CET (Madrid): the abbreviation at that moment and the city of the active zone."""
    local = timezone.localtime(moment)
    key = getattr(local.tzinfo, "key", "") or str(local.tzinfo)
    city = key.rpartition("/")[2].replace("_", " ")
    abbreviation = local.tzname() or key
    return abbreviation if city == abbreviation else f"{abbreviation} ({city})"


def day(moment: datetime | date, today: date) -> str:
    """Today, Yesterday, Tomorrow, else "Thu 19 Nov", with the year when it is another one."""
    the_day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    distance = (the_day - today).days
    if distance == 0:
        return gettext("Today")
    if distance == -1:
        return gettext("Yesterday")
    if distance == 1:
        return gettext("Tomorrow")
    return _names(the_day, "D j M" if the_day.year == today.year else "D j M Y")


def clock(moment: datetime, seconds: bool = False) -> str:
    """24-hour clock in the active zone."""
    return timezone.localtime(moment).strftime("%H:%M:%S" if seconds else "%H:%M")


def short(moment: datetime, now: datetime, seconds: bool = False) -> str:
    """ "Thu 19 Nov, 10:00" or "Today, 12:24"."""
    return f"{day(moment, timezone.localtime(now).date())}, {clock(moment, seconds)}"


def full(moment: datetime) -> str:
    """ "Thursday 19 November 2026, 10:00 CET (Madrid)": day, month and zone written out."""
    local = timezone.localtime(moment)
    english = (get_language() or "en").startswith("en")
    date_text = _names(local, "l j F Y" if english else r"l j \d\e F \d\e Y")
    return f"{date_text}, {clock(moment)} {zone_name(moment)}"


def relative(moment: datetime, now: datetime) -> str:
    """ "in 21 h", "26 min ago"; "" beyond seven days, where the date says more."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) > timedelta(days=7).total_seconds():
        return ""
    amount = duration(abs(seconds))
    if abs(seconds) < 1:
        return gettext("now")
    return gettext("in %(time)s") % {"time": amount} if seconds > 0 else gettext("%(time)s ago") % {"time": amount}


def duration(seconds: float) -> str:
    """One unit, rounded: "45 s", "8 min", "21 h", "3 days"."""
    if seconds < 59.5:
        return gettext("%(n)s s") % {"n": number(max(1, round(seconds)))}
    if seconds < 3570:
        return gettext("%(n)s min") % {"n": number(round(seconds / 60))}
    if seconds < 48 * 3600:
        return gettext("%(n)s h") % {"n": number(round(seconds / 3600))}
    days = round(seconds / 86400)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": number(days)}


def is_zone(name: str) -> bool:
    """True for the name of an IANA time zone."""
    return name in zoneinfo.available_timezones()
