"""Receipts that got lost are asked for at the vendor, once a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Dispatch, Recipient, Reconciliation
from campaigns.providers.base import ProviderError
from campaigns.providers.sinch_messaging import SinchMessaging
from campaigns.services.settling import reconciling
from campaigns.states import Reason
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def silent(make_account, make_campaign, make_contacts, engine, sandbox):
    """A dispatch whose callbacks never came, and whose messages are on the phones since long."""
    sandbox.configure(sinch={"status_queries_per_second": 0})
    make_contacts(3)
    dispatch = engine.send(make_campaign(make_account()))
    sandbox.advance(60)
    return dispatch


def age(dispatch, hours: float) -> None:
    at = timezone.now() - timedelta(hours=hours)
    Recipient.objects.filter(dispatch=dispatch).update(handed_over_at=at)
    Dispatch.objects.filter(pk=dispatch.pk).update(started_at=at, finished_at=at)


def test_messages_that_are_open_for_long_are_asked_for(silent):
    age(silent, 7)
    assert reconciling.due(timezone.now()) == [silent.pk]
    assert reconciling.run(silent.pk, timezone.now()) == 3
    assert statuses(silent) == {"delivered": 3}


@pytest.mark.parametrize("hours", [1, 70])
def test_young_ones_and_those_that_the_vendor_has_forgotten_are_not(silent, hours):
    age(silent, hours)
    assert reconciling.due(timezone.now()) == []
    assert reconciling.run(silent.pk, timezone.now()) == 0
    assert statuses(silent) == {"accepted": 3}


def test_once_a_day_is_enough(silent):
    age(silent, 7)
    reconciling.run(silent.pk, timezone.now())
    assert reconciling.due(timezone.now()) == []
    assert reconciling.due(timezone.now() + timedelta(hours=25)) == [silent.pk]


def test_a_long_dispatch_goes_on_where_it_stopped(silent, monkeypatch):
    monkeypatch.setattr(reconciling, "CHUNK", 2)
    monkeypatch.setattr(reconciling, "CHUNKS_IN_A_RUN", 1)
    age(silent, 7)
    assert reconciling.run(silent.pk, timezone.now()) == 2
    assert reconciling.due(timezone.now()) == [silent.pk]
    assert reconciling.run(silent.pk, timezone.now()) == 1


def test_two_do_not_ask_about_the_same(silent):
    age(silent, 7)
    Reconciliation.objects.create(dispatch=silent, next_at=timezone.now() + timedelta(minutes=5))
    assert reconciling.run(silent.pk, timezone.now()) == 0


def test_a_vendor_that_is_down_is_asked_later(silent, monkeypatch):
    async def down(self, references, channel):
        raise ProviderError(Reason.PROVIDER_DOWN, "down")

    monkeypatch.setattr(SinchMessaging, "look_up", down)
    age(silent, 7)
    now = timezone.now()
    assert reconciling.run(silent.pk, now) == 0
    assert reconciling.due(now) == []
    assert reconciling.due(now + timedelta(minutes=6)) == [silent.pk]


def test_an_account_whose_key_is_refused_is_left_alone(silent):
    age(silent, 7)
    silent.account.hold_reason = Reason.AUTH
    silent.account.save()
    assert reconciling.due(timezone.now()) == []
