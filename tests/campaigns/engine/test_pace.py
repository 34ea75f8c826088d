"""Slots in the limits: whatever comes together, no second holds more than is allowed, and little is left unused."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from campaigns.models import Pace
from campaigns.services.sending import pace
from campaigns.services.sending.pace import Limit

pytestmark = pytest.mark.django_db

ACCOUNT = Limit("account:1:messages", 40.0, in_window=True)
SLOW = Limit("dispatch:1", 8.0, in_window=True)
REQUESTS = Limit("account:1:requests", 10.0)

# The database's clock runs by itself; a test cannot set it.
by_our_clock = pytest.mark.sqlite


def most_in_a_second(left: list[tuple[float, int]]) -> int:
    return max(sum(n for at, n in left if end - 1 < at <= end) for end, _ in left)


@pytest.mark.parametrize(("per_second", "told"), [(9_000, 9_000), (1_000_000, None), (None, 100)])
def test_a_limit_that_no_lanes_reach_is_none(per_second, told, make_account, make_campaign, engine, settings) -> None:
    settings.LANES_PER_ACCOUNT = 2
    account = make_account(requests_per_second=per_second)
    requests, messages = pace.limits_of(account, engine.start(make_campaign(account)), 100)
    assert (requests and requests.per_second, messages) == (told, [])


@by_our_clock
def test_batches_of_any_sizes_keep_the_limit_in_every_window(now: datetime) -> None:
    chance, at, left = random.Random(7), now, []  # noqa: S311 - the same in every run
    for _ in range(300):
        units = chance.choice([1, 2, 3, 8, 10, 10, 10, 40])
        wait = pace.reserve([(ACCOUNT, units)], at)
        left.append((at.timestamp() + wait, units))
        at += timedelta(seconds=max(0.0, wait - chance.random()))
    assert most_in_a_second(left) <= 40
    seconds = left[-1][0] - left[0][0]
    assert sum(n for _, n in left) / seconds > 0.6 * 40


@by_our_clock
def test_equal_parts_use_nearly_all_of_the_limit(now: datetime) -> None:
    left = [(pace.reserve([(ACCOUNT, 10)], now), 10) for _ in range(40)]
    assert most_in_a_second(left) == 40
    assert 390 / left[-1][0] > 0.9 * 40


@by_our_clock
def test_limits_that_meet_in_one_batch_all_hold(now: datetime) -> None:
    """What one limit delays must not leave in a time that another has given away."""
    slow, fast = [], []
    for _ in range(40):
        slow.append((pace.reserve([(SLOW, 2), (ACCOUNT, 2), (REQUESTS, 1)], now), 2))
        fast += [(pace.reserve([(ACCOUNT, 10), (REQUESTS, 1)], now), 10) for _ in range(2)]
    assert most_in_a_second(slow) <= 8
    assert most_in_a_second(slow + fast) <= 40
    assert most_in_a_second([(at, 1) for at, _ in slow + fast]) <= 10


@by_our_clock
def test_requests_come_evenly(now: datetime) -> None:
    waits = [pace.reserve([(REQUESTS, 1)], now) for _ in range(20)]
    assert all(abs(two - one - 1 / (10 * pace.HEADROOM)) < 0.001 for one, two in zip(waits, waits[1:], strict=False))


@by_our_clock
def test_a_batch_larger_than_a_lowered_limit_leaves_alone_and_counts_for_longer(now: datetime) -> None:
    assert pace.reserve([(SLOW, 40)], now) == 0.0
    assert pace.reserve([(SLOW, 1)], now) == pytest.approx(5 / pace.HEADROOM, abs=0.001)


def test_what_would_take_too_long_takes_nothing(now: datetime) -> None:
    assert pace.reserve([(ACCOUNT, 40)], now) == pytest.approx(0.0, abs=0.05)
    before = Pace.objects.get(name=ACCOUNT.name).recent
    assert pace.reserve([(ACCOUNT, 10)], now, within=0.5) is None
    assert Pace.objects.get(name=ACCOUNT.name).recent == before


def test_where_nothing_limits_nothing_waits(now: datetime) -> None:
    assert pace.reserve([], now) == 0.0
    assert pace.wait_for([], now) == 0.0


def test_a_wait_is_what_the_reservation_says(now: datetime) -> None:
    pace.reserve([(ACCOUNT, 40)], now)
    assert pace.wait_for([ACCOUNT], now) == pytest.approx(1 / pace.HEADROOM, abs=0.2)
