"""Choices that several forms offer: countries, languages, time zones."""

from __future__ import annotations

import difflib
import zoneinfo
from functools import lru_cache
from typing import Any, ClassVar

import phonenumbers
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Countries by ISO 3166 code: where the product is used, and where their customers' phones come from.
COUNTRIES: dict[str, Any] = {
    "AD": _("Andorra"),
    "AO": _("Angola"),
    "AR": _("Argentina"),
    "AT": _("Austria"),
    "BE": _("Belgium"),
    "BO": _("Bolivia"),
    "BR": _("Brazil"),
    "BG": _("Bulgaria"),
    "CA": _("Canada"),
    "CV": _("Cape Verde"),
    "CL": _("Chile"),
    "CO": _("Colombia"),
    "CR": _("Costa Rica"),
    "HR": _("Croatia"),
    "CU": _("Cuba"),
    "CY": _("Cyprus"),
    "CZ": _("Czechia"),
    "DK": _("Denmark"),
    "DO": _("Dominican Republic"),
    "EC": _("Ecuador"),
    "SV": _("El Salvador"),
    "EE": _("Estonia"),
    "FI": _("Finland"),
    "FR": _("France"),
    "DE": _("Germany"),
    "GR": _("Greece"),
    "GT": _("Guatemala"),
    "HN": _("Honduras"),
    "HU": _("Hungary"),
    "IE": _("Ireland"),
    "IT": _("Italy"),
    "JP": _("Japan"),
    "LV": _("Latvia"),
    "LT": _("Lithuania"),
    "LU": _("Luxembourg"),
    "MT": _("Malta"),
    "MX": _("Mexico"),
    "MA": _("Morocco"),
    "MZ": _("Mozambique"),
    "NL": _("Netherlands"),
    "NI": _("Nicaragua"),
    "NO": _("Norway"),
    "PA": _("Panama"),
    "PY": _("Paraguay"),
    "PE": _("Peru"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "PR": _("Puerto Rico"),
    "RO": _("Romania"),
    "SK": _("Slovakia"),
    "SI": _("Slovenia"),
    "ES": _("Spain"),
    "SE": _("Sweden"),
    "CH": _("Switzerland"),
    "TR": _("Türkiye"),
    "UA": _("Ukraine"),
    "GB": _("United Kingdom"),
    "US": _("United States"),
    "UY": _("Uruguay"),
    "VE": _("Venezuela"),
}
CURRENCIES: dict[str, Any] = {
    "EUR": _("Euro"),
    "USD": _("US dollar"),
    "GBP": _("Pound sterling"),
    "BRL": _("Brazilian real"),
    "MXN": _("Mexican peso"),
    "ARS": _("Argentine peso"),
    "CLP": _("Chilean peso"),
    "COP": _("Colombian peso"),
    "PEN": _("Peruvian sol"),
    "CHF": _("Swiss franc"),
    "SEK": _("Swedish krona"),
    "PLN": _("Polish złoty"),
}


def country_choices(keep: str = "") -> list[tuple[str, str]]:
    """(code, "Spain (+34)") by name. `keep` is a code that is offered although it is not in the table."""
    known = [(code, _with_prefix(code, str(name))) for code, name in COUNTRIES.items()]
    if keep and keep not in COUNTRIES:
        known.append((keep, _with_prefix(keep, keep)))
    return sorted(known, key=lambda choice: choice[1])


def _with_prefix(code: str, name: str) -> str:
    prefix = phonenumbers.country_code_for_region(code)
    return f"{name} (+{prefix})" if prefix else name


def currency_choices(keep: str = "") -> list[tuple[str, str]]:
    """(code, "EUR, Euro"). `keep` as in `country_choices`."""
    known = [(code, f"{code}, {name}") for code, name in CURRENCIES.items()]
    return known if not keep or keep in CURRENCIES else [*known, (keep, keep)]


def language_choices(empty: Any = None) -> list[tuple[str, Any]]:
    """The languages of the screens, with an empty choice in front when `empty` names it."""
    choices: list[tuple[str, Any]] = list(settings.LANGUAGES)
    return choices if empty is None else [("", empty), *choices]


class ClockField(forms.TimeField):
    """A time of day on the 24-hour clock, whatever the browser's own language makes of `type="time"`."""

    input_formats = ("%H:%M", "%H.%M", "%H", "%H:%M:%S")
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Write the time like 21:00.")}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"placeholder": "21:00", "inputmode": "numeric", "maxlength": 5, "autocomplete": "off"}
        super().__init__(widget=forms.TimeInput(format="%H:%M", attrs=attrs), **kwargs)


# -- time zones ------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """IANA names that people use: continent and city, and UTC."""
    names = (
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
    )
    return ("UTC", *sorted(names))


@lru_cache(maxsize=1)
def _by_city() -> dict[str, list[str]]:
    cities: dict[str, list[str]] = {}
    for name in time_zones():
        cities.setdefault(name.rpartition("/")[2].replace("_", " ").lower(), []).append(name)
    return cities


class TimeZoneInput(forms.TextInput):
    """A text field that suggests while one types; works as plain text without a datalist."""

    template_name = "components/forms/time_zone.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        list_id = f"{context['widget']['attrs'].get('id', name)}_zones"
        context["widget"]["attrs"] |= {
            "list": list_id,
            "autocomplete": "off",
            "spellcheck": "false",
        }
        context["widget"] |= {"list_id": list_id, "zones": time_zones()}
        return context


class TimeZoneField(forms.CharField):
    """An IANA zone. Also takes the bare name of a city ("Madrid"); refuses the rest with the nearest name."""

    widget = TimeZoneInput

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).strip()
        if not text or text in zoneinfo.available_timezones():
            return text
        same_city = _by_city().get(text.replace("_", " ").lower(), [])
        if len(same_city) == 1:
            return same_city[0]
        near = same_city or difflib.get_close_matches(text, time_zones(), n=1, cutoff=0.5)
        if near:
            message = gettext("There is no time zone “%(zone)s”. Did you mean %(near)s?")
            raise ValidationError(message % {"zone": text, "near": near[0]}, code="unknown_zone")
        raise ValidationError(
            gettext("There is no time zone “%(zone)s”. Choose one from the list, such as Europe/Madrid.")
            % {"zone": text},
            code="unknown_zone",
        )
