"""Requests that stand for many people: asked about by the contract's clock until the vendor says how they ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Batch, Pace, Recipient, Ticket
from campaigns.services.connecting import account_settings
from campaigns.services.sending import lanes
from campaigns.services.settling import decisions, following
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

SEND, ASK = "/api/SendMessages", "/api/Dispatches/*"


@pytest.fixture
def follow(account):
    """follow(seconds) polls once as if so many seconds had passed since the request was accepted."""

    def poll(seconds):
        Pace.objects.filter(name=following.limit_of(account.pk).name).delete()
        return following.follow_next(account.pk, ticket().made_at + timedelta(seconds=seconds), lambda _: None)

    return poll


def ticket():
    return Ticket.objects.get()


def next_after():
    """Seconds after the acceptance at which the vendor is asked again; None when it is not."""
    found = ticket()
    return found.follow_at and (found.follow_at - found.made_at).total_seconds()


def reasons(dispatch):
    return set(Recipient.objects.filter(dispatch=dispatch).values_list("reason", flat=True))


def test_an_answer_leaves_one_ticket_for_everybody(sent, sandbox):
    dispatch = sent()
    assert statuses(dispatch) == {"accepted": 3}
    assert (ticket().value, ticket().batch_no, next_after()) == ("418000", 1, 5.0)
    assert set(Recipient.objects.values_list("provider_message_id", flat=True)) == {"418000"}
    assert [entry["text"] for entry in sandbox.log()][0] == "Nombre0, your voucher is AUTUMN. Tienda Norte"


def test_nobody_is_asked_before_it_is_time(sent, account, follow):
    sent()
    assert following.accounts_due(ticket().made_at + timedelta(seconds=4)) == []
    assert not follow(4)
    assert following.accounts_due(ticket().made_at + timedelta(seconds=5)) == [account.pk]


def test_handed_over_makes_everybody_sent_and_ends_the_ticket(sent, follow, sandbox):
    dispatch = sent()
    sandbox.advance(2)
    assert follow(5)
    assert statuses(dispatch) == {"sent": 3}
    assert (ticket().course, next_after(), ticket().follows) == ("done", None, 1)
    assert not follow(600)


def test_what_is_under_way_is_asked_about_again_by_the_contracts_clock(sent, follow, sandbox):
    dispatch = sent(template="106")
    seen = []
    for at in (5, 10, 20, 40, 100, 880, 1180, 1480, 5000):
        sandbox.advance(1)
        Ticket.objects.update(follow_at=ticket().made_at)
        assert follow(at)
        seen.append(next_after())
    assert seen == [10, 20, 40, 100, 160, 1180, 1480, 1780, 5080]
    assert statuses(dispatch) == {"accepted": 3}


def test_an_undocumented_state_is_neither_success_nor_failure(sent, follow, sandbox):
    dispatch = sent(template="107")
    sandbox.advance(2)
    assert follow(5)
    assert (ticket().note, statuses(dispatch)) == ("4", {"accepted": 3})
    sandbox.advance(6)
    assert follow(10)
    assert statuses(dispatch) == {"sent": 3}


def test_an_error_before_queuing_fails_everybody_with_the_vendors_words(sent, follow, sandbox):
    sandbox.configure(crm={"templates": {"108": {"channel": "sms", "text": "x", "behaviour": "fails_early"}}})
    dispatch = sent(template="108")
    sandbox.advance(2)
    assert follow(5)
    assert (statuses(dispatch), reasons(dispatch)) == ({"failed": 3}, {"rejected"})
    row = Recipient.objects.first()
    assert (row.detail, row.final_at is not None) == ("7 Gateway refused the batch", True)


def test_an_error_after_queuing_began_leaves_everybody_to_verify(sent, follow, sandbox):
    dispatch = sent(template="104")
    sandbox.advance(2)
    assert follow(5)
    assert (statuses(dispatch), reasons(dispatch)) == ({"unknown": 3}, {"interrupted"})
    batch = Batch.objects.get()
    assert (batch.status, batch.look_up_at, batch.excerpt) == ("unknown", None, "7 Gateway refused the batch")


def test_not_found_in_the_first_minute_means_not_yet(sent, follow, sandbox):
    sandbox.arm(SEND, "late_visibility")
    dispatch = sent()
    assert follow(5)
    assert (statuses(dispatch), next_after()) == ({"accepted": 3}, 10.0)
    sandbox.advance(21)
    assert follow(20)
    assert statuses(dispatch) == {"sent": 3}


def test_not_found_later_leaves_everybody_to_verify(sent, follow, sandbox):
    dispatch = sent()
    sandbox.arm(ASK, "late_visibility")
    assert follow(100)
    assert (statuses(dispatch), reasons(dispatch)) == ({"unknown": 3}, {"not_found"})
    assert (ticket().course, next_after()) == ("unclear", None)


def test_a_refused_key_stops_the_polling_of_the_account_until_a_person_releases_it(
    sent, account, follow, sandbox, owner
):
    dispatch = sent()
    sandbox.configure(crm={"users": {"sandbox": "changed"}})
    assert follow(5)
    account.refresh_from_db()
    assert (account.hold_reason, statuses(dispatch)) == ("auth", {"accepted": 3})
    assert following.accounts_due(timezone.now() + timedelta(hours=1)) == []
    assert not follow(600)
    sandbox.configure(crm={"users": {"sandbox": "sandbox"}})
    sandbox.advance(2)
    account_settings.release(account, owner, timezone.now())
    assert follow(600)
    assert statuses(dispatch) == {"sent": 3}


@pytest.mark.parametrize("fault", ["http_500", "http_503", "garbled_json", "reset_before_accept"])
def test_a_failed_question_keeps_the_schedule(sent, follow, sandbox, fault):
    dispatch = sent()
    sandbox.arm(ASK, fault)
    assert follow(10)
    assert (statuses(dispatch), next_after()) == ({"accepted": 3}, 20.0)


def test_too_fast_is_obeyed_for_all_tickets_of_the_account(sent, account, follow, sandbox):
    sent()
    sandbox.arm(ASK, "http_429", retry_after=90)
    assert follow(5)
    assert next_after() == 95.0
    Ticket.objects.update(follow_at=ticket().made_at)
    later = ticket().made_at + timedelta(seconds=94)
    assert not following.follow_next(account.pk, later, lambda _: None)


def test_too_fast_without_a_hint_doubles_the_distance(sent, follow, sandbox):
    sent()
    sandbox.arm(ASK, "http_429")
    assert follow(20)
    assert next_after() == 60.0  # 20 s after this poll, twice


def test_after_a_day_nobody_asks_any_more_and_a_person_decides(sent, follow, sandbox):
    dispatch = sent(template="106")
    sandbox.advance(2)
    assert follow(24 * 3600 - 10)
    assert next_after() == 24 * 3600
    assert follow(24 * 3600)
    assert (statuses(dispatch), reasons(dispatch)) == ({"unknown": 3}, {"no_outcome"})
    assert (ticket().note, next_after()) == ("2 Pending", None)


def test_a_request_that_the_vendor_keeps_is_proved_once_and_asked_about_from_its_time_on(sent, account, sandbox):
    due = timezone.now().replace(microsecond=0) + timedelta(hours=2)
    account.options["may_schedule"] = True
    account.save()
    sent(options={"scheduleDate": due.isoformat()})
    assert (ticket().due_at, next_after()) == (due, 60.0)
    following.follow_next(account.pk, ticket().made_at + timedelta(seconds=61), lambda _: None)
    assert ticket().follow_at == due + timedelta(seconds=30)
    sandbox.advance(7205)
    assert following.follow_next(account.pk, due + timedelta(seconds=30), lambda _: None)
    assert ticket().course == "done"


def test_one_poll_a_second_and_account_whoever_asks(sent, account):
    sent()
    Ticket.objects.update(follow_at=timezone.now())
    now = timezone.now() + timedelta(seconds=10)
    waits = []
    for moment in (0.0, 0.1, 0.6, 0.8, 1.0):
        Ticket.objects.update(follow_at=timezone.now(), course="open")
        following.follow_next(account.pk, now + timedelta(seconds=moment), waits.append)
    assert len(waits) == 2  # at once, and at 0.6 s by waiting for the second slot
    assert 0.4 < waits[1] < 0.5


def test_a_doubled_task_asks_about_a_ticket_once(sent, account, follow, sandbox, monkeypatch):
    sent(template="106")
    asked = []
    original = following.ask

    def ask_meanwhile(found):
        asked.append(found.pk)
        assert not follow(6)  # the second task finds nothing that is due
        return original(found)

    monkeypatch.setattr(following, "ask", ask_meanwhile)
    assert follow(5)
    assert len(asked) == 1


def test_a_killed_poll_is_done_again_later(sent, follow, sandbox, monkeypatch):
    dispatch = sent()
    sandbox.advance(2)

    def die(found):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(following, "ask", die)
        follow(5)
    assert next_after() == 95.0
    assert follow(95)
    assert statuses(dispatch) == {"sent": 3}


def test_an_answer_that_is_applied_twice_changes_nothing(sent, follow, sandbox):
    dispatch = sent()
    sandbox.advance(2)
    found = ticket()
    followed = following.ask(found)
    following.conclude(found, followed, timezone.now())
    following.conclude(found, followed, timezone.now())
    assert statuses(dispatch) == {"sent": 3}


def test_rows_that_went_again_belong_to_another_ticket(sent, follow, sandbox, engine, account, owner):
    dispatch = sent(template="104")
    sandbox.advance(2)
    follow(5)
    ids = list(Recipient.objects.values_list("pk", flat=True))
    decisions.decide_many(dispatch, ids[:1], "send_again", owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 1, "unknown": 2}
    assert sorted(Ticket.objects.values_list("value", "batch_no")) == [("418000", 1), ("418001", 2)]


def test_an_account_that_takes_one_request_at_a_time_has_one_lane(account, settings, sandbox, sent, make_account):
    settings.LANES_PER_ACCOUNT = 2
    assert lanes.open_slots(account.pk, timezone.now()) == 1
    assert lanes.open_slots(make_account().pk, timezone.now()) == 2
    assert lanes.take_lane(account.pk, timezone.now()) is not None
    assert lanes.take_lane(account.pk, timezone.now()) is None


def test_nothing_goes_against_the_contract_in_more_than_one_call(sent, account, sandbox, settings):
    account.requests_per_second = None
    account.save()
    dispatch = sent(1_100)
    assert statuses(dispatch) == {"accepted": 1_100}
    assert sandbox.requests(path=SEND)["total"] == 3
    assert sandbox.violations() == []
    sends = sandbox.requests(path=SEND)["requests"]
    assert all(later["real_at"] - earlier["real_at"] > 0.4 for earlier, later in zip(sends, sends[1:], strict=False))


@pytest.mark.usefixtures("no_waiting")
def test_after_a_hang_the_outbox_holds_each_message_once_however_long_the_workers_run(sent, account, sandbox, engine):
    sandbox.arm(SEND, "reset_after_accept")
    dispatch = sent()
    for _ in range(3):
        engine.slice(account)
        engine.settle()
    assert (statuses(dispatch), len(sandbox.log())) == ({"unknown": 3}, 3)


@pytest.fixture
def no_waiting(monkeypatch):
    monkeypatch.setattr("campaigns.services.sending.outcomes.backoff", lambda tries: 0.0)
