"""Rate, average, chart and cost of a dispatch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from campaigns.models import Dispatch, ProviderAccount
from campaigns.services.showing import speed
from campaigns.services.writing import costs


def test_the_rate_is_that_of_the_last_minute(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch()
    beat(dispatch, (300, 5000, 5000), (50, 300, 300), (20, 300, 300))
    assert speed.of(dispatch, now).now == pytest.approx(600 / 60, rel=0.15)


def test_right_after_the_start_the_rate_counts_only_the_seconds_since(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch()
    beat(dispatch, (12, 100, 100), (6, 100, 100))
    assert speed.of(dispatch, now).now > 200 / 25


def test_the_average_leaves_out_the_time_it_stood_still(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch()
    beat(dispatch, (600, 300, 300), (5, 300, 300))
    working, standing = speed.of(dispatch, now), speed.of(dispatch, now, idle=timedelta(minutes=5))
    assert working.average == pytest.approx(1, rel=0.1)
    assert standing.average == pytest.approx(2, rel=0.1)


def test_a_finished_dispatch_has_an_average_and_no_rate(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch(status="finished")
    beat(dispatch, (10, 50, 50))
    found = speed.of(dispatch, now)
    assert (found.now, found.average) == (0.0, 10.0)


def test_before_the_first_message_everything_is_zero(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 3)])
    found = speed.of(dispatch, now)
    assert (found.now, found.average, found.sent, speed.curve(dispatch, found, now)) == (0.0, 0.0, 0, None)


@pytest.mark.parametrize(
    ("own", "account", "limit"), [(None, None, None), (5.0, None, 5.0), (None, 20.0, 20.0), (50.0, 20.0, 20.0)]
)
def test_the_lowest_limit_binds(
    make_dispatch: Callable[..., Dispatch], own: float | None, account: float | None, limit: float | None
) -> None:
    dispatch = make_dispatch(messages_per_second=own)
    dispatch.account.messages_per_second = account
    assert speed.limit_of(dispatch) == limit


def test_the_chart_holds_every_message(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch(status="finished")
    beat(dispatch, *[(5 * i + 5, 7 + i, 0) for i in range(100)])
    found = speed.of(dispatch, now)
    curve = speed.curve(dispatch, found, now, points=20)
    assert curve is not None
    seconds = (curve.end - curve.start).total_seconds() / len(curve.values)
    assert sum(curve.values) * seconds == pytest.approx(found.sent)


def test_a_steady_rate_draws_a_level_line_to_its_end(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch(status="finished")
    beat(dispatch, *[(5 * i + 5, 50, 0) for i in range(83)])
    curve = speed.curve(dispatch, speed.of(dispatch, now), now, points=20)
    assert curve is not None
    assert set(curve.values) == {10.0}


def test_an_sms_costs_its_parts(
    make_dispatch: Callable[..., Dispatch], beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch()
    beat(dispatch, (20, 100, 200))
    found = costs.of(dispatch, speed.of(dispatch, now), left=50)
    assert (found.so_far, found.about) == (Decimal("10.00"), Decimal("15.00"))


def test_an_email_costs_once_whatever_its_length(
    make_dispatch: Callable[..., Dispatch], email_account: ProviderAccount, beat: Callable[..., None], now: datetime
) -> None:
    dispatch = make_dispatch(channel="email", account=email_account)
    beat(dispatch, (20, 1000, 0))
    assert costs.of(dispatch, speed.of(dispatch, now), left=0).so_far == Decimal("1.000")


def test_without_a_price_there_is_no_cost(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch()
    dispatch.account.sms_price = None
    assert costs.of(dispatch, speed.of(dispatch, now), left=1) == costs.Cost(None, None, None)


def test_before_anything_left_nobody_foretells_the_cost(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 3)])
    assert costs.of(dispatch, speed.of(dispatch, now), left=3).about is None
