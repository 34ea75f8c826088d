"""A date and a clock time in a zone become one instant, or a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from campaigns.forms.campaign import ScheduleForm
from campaigns.services.writing import local_time
from campaigns.services.writing.delivery import Limits
from console.errors import UserError

MADRID = "Europe/Madrid"
NOON = datetime(2027, 1, 15, 12, 0, tzinfo=UTC)


def planned(**typed: str) -> ScheduleForm:
    given = {"when": "later", "day": "2027-02-01", "time": "10:00", "zone": MADRID, **typed}
    return ScheduleForm(given, now=NOON, limits=Limits())


def test_an_ordinary_time_is_read_in_its_zone() -> None:
    assert local_time.resolve(date(2027, 2, 1), time(10), MADRID).at == datetime(2027, 2, 1, 9, 0, tzinfo=UTC)


def test_a_time_that_the_spring_change_skips_is_refused_with_the_next_that_exists() -> None:
    with pytest.raises(UserError, match=r"02:30 does not exist on Sun 28 Mar 2027.*next time that exists is 03:00"):
        local_time.resolve(date(2027, 3, 28), time(2, 30), MADRID)


def test_a_day_that_never_was_names_the_next_day() -> None:
    with pytest.raises(UserError, match=r"Sat 31 Dec 2011, 00:00"):
        local_time.resolve(date(2011, 12, 30), time(10), "Pacific/Apia")


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert local_time.resolve(date(2027, 10, 31), time(2, 30), MADRID).at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_says_which_one_is_used() -> None:
    assert "02:30 CEST" in local_time.resolve(date(2027, 10, 31), time(2, 30), MADRID).note


def test_a_time_that_comes_once_needs_no_note() -> None:
    assert local_time.resolve(date(2027, 10, 31), time(3, 0), MADRID).note == ""


@pytest.mark.parametrize("zone", ["", "Europe", "Mars/Phobos", "../etc/passwd"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(UserError) as refused:
        local_time.resolve(date(2027, 2, 1), time(10), zone)
    assert refused.value.field == "zone"


def test_a_time_in_another_zone_carries_its_name() -> None:
    moment = datetime(2027, 2, 1, 15, 0, tzinfo=UTC)
    assert local_time.short(moment, "America/New_York", NOON) == "Mon 1 Feb, 10:00 EST (New York)"


def test_the_form_gives_the_instant_and_its_zone() -> None:
    form = planned()
    assert form.is_valid()
    assert (form.plan.start_at, form.plan.zone) == (datetime(2027, 2, 1, 9, 0, tzinfo=UTC), MADRID)


def test_now_has_neither_time_nor_zone() -> None:
    form = planned(when="now", day="", time="")
    assert form.is_valid()
    assert (form.plan.start_at, form.plan.zone) == (None, "")


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"day": ""}, "day", "required"),
        ({"time": ""}, "time", "required"),
        ({"zone": ""}, "zone", "required"),
        ({"zone": "Europe/Madrit"}, "zone", "Europe/Madrid"),
        ({"day": "2027-01-14"}, "day", "in the past"),
        ({"day": "2027-01-15", "time": "12:59"}, "time", "in the past"),
        ({"day": "2072-01-15"}, "day", "three years"),
        ({"day": "0001-01-01"}, "day", "in the past"),
        ({"day": "2027-03-28", "time": "02:30"}, "time", "03:00"),
        ({"messages_per_second": "0"}, "messages_per_second", "0.01"),
    ],
)
def test_what_cannot_be_planned_is_said_at_its_field(typed: dict[str, str], field: str, sentence: str) -> None:
    form = planned(**typed)
    assert not form.is_valid()
    assert sentence in form.errors[field][0]
