"""Numbers, shares, money, times and phones in the three languages (design guide §10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from console import formats

NOW = datetime(2026, 11, 18, 11, 42, 10, tzinfo=UTC)  # Wednesday, 12:42:10 in Madrid


@pytest.fixture(autouse=True)
def madrid() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Madrid")), translation.override("en"):
        yield


def draw(source: str, **context: Any) -> str:
    return Template(source).render(Context({"now": NOW, **context}))


@pytest.mark.parametrize(("language", "text"), [("en", "46,520"), ("es", "46.520"), ("pt-br", "46.520")])
def test_an_integer_is_grouped_as_the_language_does(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.number(46520) == text


def test_four_digits_are_grouped_in_spanish_too() -> None:
    with translation.override("es"):
        assert formats.number(1284) == "1.284"


def test_minus_is_the_typographic_one() -> None:
    assert formats.number(-604) == "−604"


def test_no_number_is_a_dash() -> None:
    assert formats.number(None) == "–"


def test_half_a_cent_rounds_up() -> None:
    assert formats.number(Decimal("0.125"), 2) == "0.13"


@pytest.mark.parametrize(("language", "text"), [("en", "96.1%"), ("es", "96,1\u00a0%"), ("pt-br", "96,1\u00a0%")])
def test_a_share_has_one_decimal(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.share(17430, 18132) == text


def test_a_share_never_rounds_to_nothing_while_people_are_left() -> None:
    assert formats.share(1, 30_000) == "< 0.1%"


def test_a_share_never_rounds_to_everyone_while_people_are_left() -> None:
    assert formats.share(29_999, 30_000) == "> 99.9%"


def test_nothing_of_something_is_zero_and_everything_is_a_hundred() -> None:
    assert (formats.share(0, 5), formats.share(5, 5)) == ("0.0%", "100.0%")


def test_a_share_of_nothing_is_a_dash() -> None:
    assert formats.share(0, 0) == "–"


@pytest.mark.parametrize(
    ("language", "text"), [("en", "€1,974.59"), ("es", "1.974,59\u00a0€"), ("pt-br", "€\u00a01.974,59")]
)
def test_money_stands_where_the_language_puts_it(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.money(Decimal("1974.59"), "EUR") == text


def test_a_currency_without_sign_is_named_by_its_code() -> None:
    assert formats.money(Decimal("12.5"), "PEN") == "12.50\u00a0PEN"


def test_a_price_keeps_its_four_decimals() -> None:
    assert draw('{% money price "EUR" places=4 %}', price=Decimal("0.0425")) == "€0.0425"


def test_a_phone_is_grouped_for_reading() -> None:
    assert formats.phone("+34600112233") == "+34 600 11 22 33"


def test_what_is_no_phone_comes_back_as_it_is() -> None:
    assert formats.phone("TIENDA") == "TIENDA"


def test_a_time_of_this_day_says_today() -> None:
    assert formats.short(NOW - timedelta(minutes=18), NOW) == "Today, 12:24"


def test_days_are_those_of_the_active_zone() -> None:
    shortly_after_midnight = datetime(2026, 11, 18, 23, 5, tzinfo=UTC)  # 00:05 on the 19th in Madrid
    assert formats.short(shortly_after_midnight, NOW) == "Tomorrow, 00:05"


@pytest.mark.parametrize(("language", "text"), [("en", "Sat 7 Nov, 13:05"), ("es", "sáb 7 nov, 13:05")])
def test_another_day_is_named_with_its_month(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.short(datetime(2026, 11, 7, 12, 5, tzinfo=UTC), NOW) == text


def test_another_year_is_said() -> None:
    assert formats.short(datetime(2024, 9, 2, 9, 5, tzinfo=UTC), NOW) == "Mon 2 Sep 2024, 11:05"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thursday 19 November 2026, 10:00 CET (Madrid)"),
        ("es", "jueves 19 de noviembre de 2026, 10:00 CET (Madrid)"),
    ],
)
def test_the_full_time_names_the_zone(language: str, text: str) -> None:
    with translation.override(language):
        assert formats.full(datetime(2026, 11, 19, 9, 0, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(hours=21), "in 21 h"),
        (timedelta(days=2, hours=1), "in 2 days"),
        (timedelta(minutes=-26), "26 min ago"),
        (timedelta(seconds=-2), "2 s ago"),
        (timedelta(0), "now"),
        (timedelta(days=8), ""),
    ],
)
def test_within_seven_days_the_distance_is_said(away: timedelta, text: str) -> None:
    assert formats.relative(NOW + away, NOW) == text


def test_when_prints_a_machine_readable_time() -> None:
    html = draw("{% when at %}", at=datetime(2026, 11, 19, 9, 0, tzinfo=UTC))
    assert '<time datetime="2026-11-19T10:00:00+01:00"' in html
    assert ">Tomorrow, 10:00</time>" in html
    assert "in 21 h" in html


def test_when_of_nothing_is_a_dash() -> None:
    assert draw("{% when at %}", at=None) == "–"
