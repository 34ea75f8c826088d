"""A dispatch whose figures do not add up calls a person, and stops calling when it is mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import F

from campaigns.models import Alarm, Dispatch, Notice, Recipient, Tally
from campaigns.services.settling import ledger_checks
from campaigns.tasks import sweep
from console.models import AuditEvent, User

MakeDispatch = Callable[..., Dispatch]


@pytest.fixture
def right(owner: User, make_dispatch: MakeDispatch) -> Dispatch:
    return make_dispatch([("delivered", "", 3), ("failed", "rejected", 2)])


def spoil(dispatch: Dispatch, by: int = 1, status: str = "delivered") -> None:
    Tally.objects.filter(dispatch=dispatch, status=status).update(n=F("n") + by)


def test_counters_that_are_right_raise_nothing(right: Dispatch) -> None:
    sweep()
    assert not Alarm.objects.exists()


def test_counters_that_do_not_sum_to_the_people_raise_an_alarm(right: Dispatch) -> None:
    spoil(right)
    sweep()
    alarm = Alarm.objects.get()
    assert (alarm.dispatch, alarm.cleared_at) == (right, None)
    assert (alarm.people, alarm.tallied) == (5, {"delivered": 4, "failed": 2})


def test_counters_that_sum_up_and_differ_from_the_rows_raise_an_alarm(right: Dispatch, now: datetime) -> None:
    spoil(right, +1)
    spoil(right, -1, "failed")
    Dispatch.objects.update(changed_at=now)
    sweep()
    assert Alarm.objects.get().counted == {"delivered": 3, "failed": 2}


def test_a_dispatch_of_last_year_is_looked_at_too(right: Dispatch, now: datetime) -> None:
    Dispatch.objects.update(changed_at=now - timedelta(days=365), last_claim_at=None)
    spoil(right)
    sweep()
    assert Alarm.objects.exists()


def test_the_alarm_is_told_and_written_down_once(right: Dispatch, owner: User) -> None:
    spoil(right)
    sweep()
    sweep()
    assert list(Notice.objects.values_list("user", "kind", "mail")) == [(owner.pk, "alarm", "waiting")]
    assert AuditEvent.objects.filter(action="dispatch.alarm").count() == 1


def test_an_open_alarm_keeps_the_newest_figures(right: Dispatch) -> None:
    spoil(right)
    sweep()
    spoil(right)
    sweep()
    assert Alarm.objects.get().tallied["delivered"] == 5


def test_it_clears_itself_when_the_figures_are_right_again(right: Dispatch) -> None:
    spoil(right)
    sweep()
    spoil(right, -1)
    sweep()
    assert Alarm.objects.get().cleared_at is not None


def test_it_clears_itself_also_when_nothing_else_moved_meanwhile(right: Dispatch, now: datetime) -> None:
    Dispatch.objects.update(changed_at=now - timedelta(days=365), last_claim_at=None)
    spoil(right)
    sweep()
    spoil(right, -1)
    sweep()
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_the_same_fault_again_is_a_new_alarm(right: Dispatch) -> None:
    for by in (+1, -1, +1):
        spoil(right, by)
        sweep()
    assert Alarm.objects.count() == 2


def test_counting_again_makes_the_counters_what_the_rows_are(right: Dispatch, now: datetime) -> None:
    spoil(right, 7)
    Tally.objects.create(dispatch=right, status="unknown", n=2)
    Recipient.objects.filter(dispatch=right, status="failed").update(status="undelivered")
    assert ledger_checks.mend(right.pk, now)
    assert ledger_checks.check(right.pk) is None
    assert dict(Tally.objects.values_list("status", "n")) == {"delivered": 3, "undelivered": 2}


def test_counting_again_what_is_right_changes_nothing(right: Dispatch, now: datetime) -> None:
    assert not ledger_checks.mend(right.pk, now)
    assert not AuditEvent.objects.filter(action="dispatch.recount").exists()
