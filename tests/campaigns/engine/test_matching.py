"""Callbacks are matched to their rows before the transaction that applies them: what becomes of changes until then."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import ProviderEvent, Recipient
from campaigns.providers.base import Event, EventKind, Hook
from campaigns.querysets import callbacks
from campaigns.services.settling import inbox, receipts
from tests.campaigns.engine.conftest import references, statuses
from tests.campaigns.engine.test_receipts import delivery, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(make_account, make_campaign, make_contacts, engine, sandbox):
    """A dispatch of three messages that the provider has accepted."""
    make_contacts(3)
    return engine.send(make_campaign(make_account()))


def store(account, *bodies: bytes) -> None:
    door = callbacks.door(account.callback_token)
    for body in bodies:
        hook = Hook("delivery", "POST", {"content-type": "application/json"}, {}, body)
        inbox.store(door, hook, timezone.now())


@pytest.fixture
def meanwhile(monkeypatch):
    """Runs what it is given once callbacks are matched, before anything of them is written."""

    def arrange(happens):
        match = receipts.match
        pending = [happens]

        def matched(*args):
            found = match(*args)
            if pending:
                pending.pop()()
            return found

        monkeypatch.setattr(receipts, "match", matched)

    return arrange


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_callbacks_are_matched(sent, meanwhile):
    inside = []
    meanwhile(lambda: inside.append(connection.in_atomic_block))
    store(sent.account, delivery(references(sent)[0]))
    inbox.apply_next(timezone.now())
    assert inside == [False]


def test_a_row_that_began_a_new_attempt_is_left_alone(sent, meanwhile):
    store(sent.account, delivery(references(sent)[0]))
    meanwhile(lambda: Recipient.objects.filter(pk=row(sent).pk).update(attempt=2))
    inbox.apply_next(timezone.now())
    assert statuses(sent) == {"accepted": 3}


def test_a_late_acceptance_gives_its_id_to_no_other_attempt(sent):
    late = Event(EventKind.ACCEPTED, "late", references(sent)[0], provider_message_id="of-the-first")
    matched = receipts.match(sent.account, [late], timezone.now())
    Recipient.objects.filter(pk=row(sent).pk).update(attempt=2, provider_message_id="of-the-second")
    receipts.apply_matched(sent.account, matched, timezone.now())
    assert row(sent).provider_message_id == "of-the-second"


def test_what_somebody_else_has_taken_meanwhile_is_not_applied_again(sent, meanwhile):
    first, second, _ = references(sent)
    store(sent.account, delivery(first), delivery(second))
    taken = ProviderEvent.objects.order_by("pk").first()
    meanwhile(lambda: ProviderEvent.objects.filter(pk=taken.pk).update(applied_at=timezone.now(), outcome="applied"))
    inbox.apply_next(timezone.now())
    assert [row(sent, n).status for n in range(3)] == ["accepted", "delivered", "accepted"]


def test_callbacks_that_cannot_be_matched_together_are_matched_one_by_one(sent, monkeypatch):
    match = receipts.match

    def matched(account, events, now):
        if len(events) > 1:
            raise RuntimeError("together")
        return match(account, events, now)

    monkeypatch.setattr(receipts, "match", matched)
    store(sent.account, *(delivery(reference) for reference in references(sent)))
    inbox.apply_next(timezone.now())
    assert statuses(sent) == {"delivered": 3}
