"""Direct campaigns by tickets and request ids: callbacks find rows, and what is in doubt is repeated under its key."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.demo import oracle
from campaigns.models import Batch, ProviderEvent, Recipient, Ticket
from campaigns.services.sending import dispatching, outcomes
from campaigns.services.settling import repetition, settle
from campaigns.states import Reason
from console.services import crypto
from contacts.services import consent
from contacts.states import ConsentSource, SuppressionReason
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

SEND = "/v1/public/sms-campaign/send"
TEXT = "Bonjour {{ first_name }}. STOP au 30101"
KEYS = {"api_login": "campaigns@shop.example", "api_key": "sandbox-key"}


@pytest.fixture
def account(make_account):
    return make_account("octopush", sealed=crypto.seal(KEYS), sender="Boutique")


@pytest.fixture
def campaign(make_campaign, account):
    return make_campaign(account, TEXT)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(outcomes, "backoff", lambda tries: 0.0)


def delivery(row: Recipient, ticket: str, status: str = "DELIVERED") -> bytes:
    return json.dumps(
        {"message_id": ticket, "number": row.address, "status": status, "delivery_date": "2026-03-10 10:00:21"}
    ).encode()


def rows_of(dispatch):
    return list(Recipient.objects.filter(dispatch=dispatch).order_by("pk"))


def sent_in_doubt(engine, campaign, sandbox, fault, **options):
    """A dispatch whose one request was processed, or not, without an answer."""
    dispatch = engine.prepare(engine.start(campaign))
    sandbox.arm(SEND, fault, **options)
    engine.slice(dispatch.account)
    assert set(statuses(dispatch)) == {"unknown"}
    return dispatch


def test_the_people_of_a_batch_share_one_request_and_its_ticket(campaign, make_contacts, engine, sandbox):
    make_contacts(3)
    dispatch = engine.send(campaign)
    log = sandbox.log("octopush")
    ticket = Ticket.objects.get(dispatch=dispatch)
    assert statuses(dispatch) == {"accepted": 3}
    assert {entry["provider_id"] for entry in log} == {ticket.value}
    assert {row.provider_message_id for row in rows_of(dispatch)} == {ticket.value}
    assert sorted(e["text"] for e in log) == sorted(
        f"Bonjour {r.contact.first_name}. STOP au 30101" for r in rows_of(dispatch)
    )


def test_a_delivery_finds_its_row_by_ticket_and_number(campaign, account, make_contacts, engine):
    make_contacts(2)
    dispatch = engine.send(campaign)
    row = rows_of(dispatch)[0]
    for _ in range(2):
        engine.call_back(account, "delivery", delivery(row, row.provider_message_id))
    assert statuses(dispatch) == {"accepted": 1, "delivered": 1}
    assert ProviderEvent.objects.get().outcome == "applied"


def test_a_number_of_another_campaign_is_not_touched(make_campaign, account, make_contacts, engine):
    make_contacts(1)
    first, second = engine.send(make_campaign(account, TEXT)), engine.send(make_campaign(account, TEXT))
    row = rows_of(second)[0]
    engine.call_back(account, "delivery", delivery(row, row.provider_message_id, "NOT_DELIVERED"))
    assert (statuses(first), statuses(second)) == ({"accepted": 1}, {"undelivered": 1})


def test_an_unknown_outcome_leaves_the_row_and_says_why(campaign, account, make_contacts, engine):
    make_contacts(1)
    dispatch = engine.send(campaign)
    row = rows_of(dispatch)[0]
    engine.call_back(account, "delivery", delivery(row, row.provider_message_id, "UNKNOWN_DELIVERY"))
    row.refresh_from_db()
    assert (row.status, row.reason) == ("accepted", Reason.RECEIPT_LOST)


def test_a_stop_suppresses_whatever_its_ticket(campaign, account, workspace, make_contacts, engine):
    (contact,) = make_contacts(1)
    engine.send(campaign)
    stop = {"message_id": "sms_other", "number": contact.phone, "text": "stop", "stop_date": "2026-03-10 10:04:40"}
    engine.call_back(account, "stop", json.dumps(stop).encode())
    contact.refresh_from_db()
    assert contact.sms_consent == "withdrawn"


def test_a_blacklisted_number_is_not_written_to_again(campaign, account, workspace, make_contacts, engine):
    make_contacts(1)
    dispatch = engine.send(campaign)
    row = rows_of(dispatch)[0]
    engine.call_back(account, "delivery", delivery(row, row.provider_message_id, "BLACKLISTED_NUMBER"))
    assert statuses(dispatch) == {"undelivered": 1}
    assert workspace.suppressions.filter(address=row.address).exists()


# -- in doubt ---------------------------------------------------------------------------------------


def test_a_request_that_did_not_arrive_is_repeated_once_with_the_same_key(campaign, make_contacts, engine, sandbox):
    make_contacts(2)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500")
    engine.settle()
    assert statuses(dispatch) == {"accepted": 2}
    assert all(row.provider_message_id for row in rows_of(dispatch))
    assert len(sandbox.log()) == 2
    assert Batch.objects.get().status == "done"


def test_a_request_that_did_arrive_is_not_doubled_and_its_ticket_is_adopted(
    campaign, account, make_contacts, engine, sandbox
):
    make_contacts(2)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500", accept=True)
    engine.settle()
    assert statuses(dispatch) == {"accepted": 2}
    log = sandbox.log("octopush")
    assert len(log) == 2
    first, second = rows_of(dispatch)
    assert (first.provider_message_id, second.provider_message_id) == ("", "")
    engine.call_back(account, "delivery", delivery(first, log[0]["provider_id"]))
    assert statuses(dispatch) == {"accepted": 1, "delivered": 1}
    engine.call_back(account, "delivery", delivery(second, log[0]["provider_id"]))
    assert statuses(dispatch) == {"delivered": 2}
    assert Ticket.objects.filter(value=log[0]["provider_id"], batch_no=1).exists()


def test_the_comparison_finds_people_whose_ticket_was_lost_with_the_answer(campaign, make_contacts, engine, sandbox):
    make_contacts(2)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500", accept=True)
    engine.settle()
    log = sandbox.log("octopush")
    assert oracle.compare(dispatch, log).equal
    assert len(oracle.compare(dispatch, log[1:]).differences) == 1
    assert len(oracle.compare(dispatch, log + log[:1]).differences) == 1


def test_a_callback_settles_what_nobody_could_answer(campaign, account, make_contacts, engine, sandbox):
    make_contacts(1)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500", accept=True)
    engine.call_back(account, "delivery", delivery(rows_of(dispatch)[0], sandbox.log()[0]["provider_id"]))
    assert statuses(dispatch) == {"delivered": 1}


def test_a_ticket_is_not_adopted_when_two_requests_could_be_meant(
    make_campaign, account, make_contacts, engine, sandbox
):
    make_contacts(1)
    doubts = [sent_in_doubt(engine, make_campaign(account, TEXT), sandbox, "http_500", accept=True) for _ in range(2)]
    engine.call_back(account, "delivery", delivery(rows_of(doubts[0])[0], sandbox.log()[0]["provider_id"]))
    assert [statuses(dispatch) for dispatch in doubts] == [{"unknown": 1}, {"unknown": 1}]
    assert not Ticket.objects.exists()


def test_a_ticket_of_somebody_else_is_adopted_by_nobody(campaign, account, make_contacts, engine):
    make_contacts(1)
    dispatch = engine.send(campaign)
    engine.call_back(account, "delivery", delivery(rows_of(dispatch)[0], "sms_foreign"))
    assert statuses(dispatch) == {"accepted": 1}
    assert ProviderEvent.objects.get().applied_at is None


def test_an_unclear_repetition_is_left_to_a_person(campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500", times=2)
    engine.settle()
    assert statuses(dispatch) == {"unknown": 1}
    assert sandbox.requests(path=SEND)["total"] == 2
    assert Batch.objects.get().look_up_at is None
    engine.settle()
    assert sandbox.requests(path=SEND)["total"] == 2


def test_a_repetition_that_did_not_leave_is_made_later(campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500")
    sandbox.arm(SEND, "http_503")
    settle.look_up(Batch.objects.get().pk, timezone.now())
    assert statuses(dispatch) == {"unknown": 1}
    engine.settle()
    assert statuses(dispatch) == {"accepted": 1}


def test_a_worker_that_died_while_it_repeated_is_not_repeated(campaign, make_contacts, engine, sandbox, monkeypatch):
    make_contacts(1)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500")

    async def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(repetition, "_send", killed)
    with pytest.raises(KeyboardInterrupt):
        settle.look_up(Batch.objects.get().pk, timezone.now())
    monkeypatch.undo()
    engine.settle()
    assert statuses(dispatch) == {"unknown": 1}
    assert sandbox.requests(path=SEND)["total"] == 1


def test_nobody_is_repeated_whose_batch_has_somebody_who_opted_out(
    campaign, workspace, make_contacts, engine, sandbox, now
):
    contacts = make_contacts(2)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500")
    consent.suppress_many(
        workspace, "sms", [contacts[0].phone], reason=SuppressionReason.MANUAL, source=ConsentSource.CONSOLE, now=now
    )
    engine.settle()
    assert statuses(dispatch) == {"unknown": 2}
    assert sandbox.log() == []


def test_a_paused_dispatch_repeats_nothing_until_it_goes_on(campaign, owner, make_contacts, engine, sandbox):
    make_contacts(1)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500")
    dispatching.pause(dispatch, owner, timezone.now())
    engine.settle()
    assert statuses(dispatch) == {"unknown": 1}
    dispatching.resume(dispatch, owner, timezone.now())
    settle.look_up(Batch.objects.get().pk, timezone.now() + timedelta(minutes=1))
    assert statuses(dispatch) == {"accepted": 1}


def test_after_twelve_hours_nothing_is_repeated(campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    dispatch = sent_in_doubt(engine, campaign, sandbox, "http_500")
    Batch.objects.update(started_at=timezone.now() - timedelta(hours=12, seconds=1))
    engine.settle()
    assert statuses(dispatch) == {"unknown": 1}
    assert sandbox.log() == []


# -- money and keys ---------------------------------------------------------------------------------


def test_too_little_money_holds_the_dispatch_and_goes_on_after_the_top_up(
    campaign, account, owner, make_contacts, engine, sandbox
):
    make_contacts(2)
    sandbox.configure(octopush={"accounts": {KEYS["api_login"]: {"balance": 0.05}}})
    dispatch = engine.prepare(engine.start(campaign))
    engine.slice(account)
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", "no_credit")
    sandbox.configure(octopush={"accounts": {KEYS["api_login"]: {"balance": 100.0}}})
    outcomes.accounts.release(account.pk)
    dispatch.account.refresh_from_db()
    dispatching.resume(dispatch, owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2}


def test_values_that_do_not_fit_travel_as_finished_texts(campaign, make_contacts, engine, sandbox):
    contacts = make_contacts(3)
    contacts[0].first_name = "Anne-Sophie " * 5 + "Anne"
    contacts[0].save()
    dispatch = engine.send(campaign)
    assert statuses(dispatch) == {"accepted": 3}
    assert f"Bonjour {contacts[0].first_name}. STOP au 30101" in [e["text"] for e in sandbox.log()]
    assert Ticket.objects.filter(dispatch=dispatch).count() == 2


# -- the account's page and its doors ---------------------------------------------------------------


def test_the_connection_test_says_what_is_left(account, owner_client, sandbox):
    sandbox.configure(octopush={"accounts": {KEYS["api_login"]: {"balance": 254.3}}})
    url = reverse("account-test", args=[account.workspace.slug, account.pk])
    assert "€254.30 left on the account" in owner_client.post(url, headers={"HX-Request": "true"}).content.decode()
    assert "€254.30 left on the account" in owner_client.post(url, follow=True).content.decode()


@pytest.mark.parametrize("kind", ["delivery", "reply", "stop"])
def test_a_callback_is_answered_with_nothing(account, client, kind):
    answer = client.post(f"/hooks/{account.callback_token}/{kind}/", b"{}", content_type="application/json")
    assert (answer.status_code // 100, answer.content) == (2, b"")


def test_a_note_on_the_ticket_says_how_many_were_dropped(campaign, make_contacts, engine, sandbox):
    contacts = make_contacts(2)
    login = KEYS["api_login"]
    sandbox.configure(octopush={"accounts": {login: {"blacklist": [contacts[0].phone]}}})
    campaign.options = {"auto_remove_blacklisted_numbers": "true"}
    campaign.save()
    dispatch = engine.send(campaign)
    assert statuses(dispatch) == {"accepted": 2}
    assert Ticket.objects.get().note == "1 of 2"
