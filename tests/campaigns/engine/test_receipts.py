"""Callbacks: early, late, doubled, out of order, somebody else's; each ends in the right state."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Dispatch, ProviderEvent, Recipient, Reply, ReplySettings
from campaigns.querysets import callbacks
from campaigns.services.sending import dispatching
from campaigns.services.settling import decisions, inbox
from console.services import crypto
from contacts.models import Contact, Suppression
from tests.campaigns.engine.conftest import references, statuses

pytestmark = pytest.mark.django_db


SENT_NAMES = {
    2: "SENT_SUCCESS",
    102: "CARRIER_COMMUNICATION_ERROR",
    201: "NO_CREDIT",
    202: "INVALID_DESTINATION_NUMBER",
    204: "DESTINATION_BLOCKED_BY_OPTOUT",
}


@pytest.fixture
def sent(make_account, make_campaign, make_contacts, engine, sandbox):
    """A dispatch of three messages that the provider has accepted."""
    make_contacts(3)
    return engine.send(make_campaign(make_account()))


def callback(reference: str, code: int = 2, **more: object) -> bytes:
    name = SENT_NAMES[code]
    body = {
        "id": f"id-{reference}",
        "correlationId": reference,
        "destination": "34600000001",
        "sentStatusCode": code,
        "sentStatus": name,
        "sentAt": 1773147605000,
    }
    return json.dumps({**body, **more}).encode()


def delivery(reference: str, code: int = 4) -> bytes:
    status = "DELIVERED_SUCCESS" if code == 4 else "NOT_DELIVERED"
    return callback(reference, deliveredStatusCode=code, deliveredStatus=status, deliveredAt=1773147641000)


def row(dispatch, n: int = 0) -> Recipient:
    return Recipient.objects.filter(dispatch=dispatch).order_by("pk")[n]


def test_a_callback_then_a_delivery_report_make_it_delivered(sent, engine):
    reference = references(sent)[0]
    engine.call_back(sent.account, "status", callback(reference))
    assert row(sent).status == "sent"
    engine.call_back(sent.account, "delivery", delivery(reference))
    assert row(sent).status == "delivered"
    assert row(sent).final_at is not None


def test_a_final_status_never_goes_back(sent, engine):
    reference = references(sent)[0]
    engine.call_back(sent.account, "delivery", delivery(reference))
    engine.call_back(sent.account, "status", callback(reference))
    assert statuses(sent) == {"accepted": 2, "delivered": 1}


def test_the_same_callback_twice_is_one(sent, engine):
    body = callback(references(sent)[0])
    for _ in range(2):
        engine.call_back(sent.account, "status", body)
    assert ProviderEvent.objects.count() == 1


def test_a_failure_says_why_in_our_words_and_in_the_providers(sent, engine):
    engine.call_back(sent.account, "status", callback(references(sent)[0], 202))
    found = row(sent)
    assert (found.status, found.reason) == ("failed", "invalid_recipient")
    assert "202" in found.detail


def test_a_callback_that_beats_our_own_commit_is_not_lost(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    dispatch.batch_set.update(status="claimed")
    dispatch.tallies.filter(status="queued").update(status="claimed")
    engine.call_back(account, "delivery", delivery(references(dispatch)[0]))
    assert statuses(dispatch) == {"delivered": 1}


def test_a_callback_about_nobody_we_know_is_parked_and_then_given_up(sent, engine):
    engine.call_back(sent.account, "status", callback("c000000000000-r999999-a1"))
    event = ProviderEvent.objects.get()
    assert (event.outcome, event.applied_at) == ("parked", None)
    later = timezone.now()
    for seconds in inbox.PARK_SECONDS:
        later += timedelta(seconds=seconds + 1)
        inbox.apply_next(later)
    event.refresh_from_db()
    assert event.outcome == "unmatched"
    assert event.applied_at is not None


def test_callbacks_of_one_fate_are_closed_by_one_statement_that_names_each_once(sent):
    now = timezone.now()
    ProviderEvent.objects.bulk_create(
        ProviderEvent(account=sent.account, kind="status", digest=f"{n}", body="", received_at=now) for n in range(40)
    )
    stored = list(ProviderEvent.objects.all())
    for event in stored:
        event.outcome, event.retry_at, event.tries = "parked", now, 1
    with CaptureQueriesContext(connection) as found:
        callbacks.close(stored)
    assert [query["sql"].count("CASE") for query in found] == [0]
    assert ProviderEvent.objects.filter(outcome="parked", retry_at=now, tries=1).count() == 40


def test_another_accounts_callback_moves_nothing(sent, engine, make_account):
    stranger = make_account(name="other")
    engine.call_back(stranger, "delivery", delivery(references(sent)[0]))
    assert statuses(sent) == {"accepted": 3}


def test_a_receipt_of_an_earlier_attempt_says_nothing_about_this_one(sent, engine):
    reference = references(sent)[0]
    Recipient.objects.filter(pk=row(sent).pk).update(attempt=2)
    engine.call_back(sent.account, "status", callback(reference, 202))
    assert row(sent).status == "accepted"


def test_unreadable_callbacks_are_kept_and_stop_nothing(sent, engine):
    engine.call_back(sent.account, "status", b"\x00not json")
    engine.call_back(sent.account, "delivery", delivery(references(sent)[1]))
    assert statuses(sent) == {"accepted": 2, "delivered": 1}
    assert ProviderEvent.objects.filter(outcome="unreadable").count() == 1


def test_an_opt_out_at_the_provider_suppresses_the_address(sent, engine, workspace):
    person = Contact.objects.get(key="K0")
    body = callback(references(sent)[0], 204, destination=person.phone.lstrip("+"))
    engine.call_back(sent.account, "status", body)
    assert Suppression.objects.filter(workspace=workspace, channel="sms", address=person.phone).exists()


def reply(text: str, phone: str, reply_id: str = "mo-1") -> bytes:
    body = {"id": reply_id, "source": phone.lstrip("+"), "messageText": text, "receivedAt": 1773148032000}
    return json.dumps(body).encode()


@pytest.mark.parametrize("word", ["STOP", "baja", "Sair", "BAJA por favor", "Stop."])
def test_an_opt_out_word_opts_the_person_out_at_once(sent, engine, word):
    person = Contact.objects.get(key="K1")
    engine.call_back(sent.account, "reply", reply(word, person.phone))
    person.refresh_from_db()
    assert person.sms_consent == "withdrawn"
    assert Reply.objects.get().opted_out is True


def test_an_ordinary_reply_is_kept_with_its_person(sent, engine):
    person = Contact.objects.get(key="K1")
    engine.call_back(sent.account, "reply", reply("¿A qué hora abrís?", person.phone))
    person.refresh_from_db()
    assert person.sms_consent == "granted"
    assert Reply.objects.get().contact == person


def test_a_workspace_has_opt_out_words_of_its_own(sent, engine, workspace):
    workspace.stop_words = ["Basta ya"]
    workspace.save()
    person = Contact.objects.get(key="K1")
    engine.call_back(sent.account, "reply", reply("basta ya", person.phone))
    person.refresh_from_db()
    assert person.sms_consent == "withdrawn"


def test_the_door_answers_404_to_a_wrong_token(client, db):
    assert client.post("/hooks/wrong/status/", b"{}", content_type="application/json").status_code == 404


def test_the_door_stores_first_and_answers_at_once(client, sent):
    url = f"/hooks/{sent.account.callback_token}/status/"
    response = client.post(url, callback(references(sent)[0]), content_type="application/json")
    assert (response.status_code, response.content) == (200, b"")
    assert ProviderEvent.objects.get().applied_at is None


def test_the_door_refuses_a_body_that_is_too_large(client, sent):
    url = f"/hooks/{sent.account.callback_token}/status/"
    response = client.post(url, b"x" * (5 * 1024 * 1024 + 1), content_type="application/json")
    assert response.status_code == 413


def later_slice(engine, account, minutes):
    """A slice of work as it would run in some minutes."""
    engine.slice(account, lambda: timezone.now() + timedelta(minutes=minutes))


def test_what_the_carriers_line_broke_goes_again_after_a_quarter_of_an_hour(sent, engine, settings):
    settings.LOOK_UP_TIME_SCALE = 1.0
    engine.call_back(sent.account, "status", callback(references(sent)[0], 102))
    sent.refresh_from_db()
    assert (row(sent).status, row(sent).attempt, sent.status) == ("queued", 2, "sending")
    later_slice(engine, sent.account, 14)
    assert row(sent).status == "queued"
    later_slice(engine, sent.account, 16)
    assert statuses(sent) == {"accepted": 3}


def test_a_second_failure_of_the_line_is_final_until_a_person_says_so(sent, engine, owner):
    engine.call_back(sent.account, "status", callback(references(sent)[0], 102))
    later_slice(engine, sent.account, 16)
    engine.call_back(sent.account, "status", callback(references(sent)[0], 102))
    assert (row(sent).status, row(sent).reason) == ("failed", "provider_down")
    dispatching.finish_done(timezone.now())
    sent.refresh_from_db()
    assert decisions.retry_failed(sent, owner, timezone.now()) == 1


def test_a_stopped_dispatch_tries_nothing_again(sent, engine):
    sent.__class__.objects.filter(pk=sent.pk).update(status="stopped")
    engine.call_back(sent.account, "status", callback(references(sent)[0], 102))
    assert row(sent).status == "failed"


def test_no_credit_in_a_callback_holds_everything_on_the_account(sent, engine, make_campaign):
    other = engine.prepare(engine.start(make_campaign(sent.account)))
    engine.call_back(sent.account, "status", callback(references(sent)[0], 201))
    other.refresh_from_db()
    sent.account.refresh_from_db()
    assert (other.status, other.reason, sent.account.hold_reason) == ("held", "no_credit", "no_credit")


def test_a_callback_in_another_encoding_is_kept_byte_for_byte(sent, engine):
    body = "Sí, mañana".encode("cp1252")
    engine.call_back(sent.account, "reply", body)
    assert base64.b64decode(ProviderEvent.objects.get().body) == body


# -- confirmations, and people who wait in a queue --------------------------------------------------
@pytest.fixture
def confirming(workspace):
    texts = {"es": "Hecho: no escribimos más."}
    return ReplySettings.objects.create(workspace=workspace, confirms=True, confirmation=texts)


def test_an_opt_out_is_confirmed_once_where_the_workspace_wants_it(sent, engine, confirming, sandbox):
    person = Contact.objects.get(key="K1")
    engine.call_back(sent.account, "reply", reply("BAJA", person.phone))
    engine.call_back(sent.account, "reply", reply("Baja!", person.phone, "mo-2"))
    engine.slice(sent.account)
    confirmation = Dispatch.objects.get(kind="confirm")
    assert statuses(confirmation) == {"accepted": 1}
    texts = [entry["text"] for entry in sandbox.log() if entry["destination"] == person.phone.lstrip("+")]
    assert texts[1:] == ["Hecho: no escribimos más."]


def test_an_opt_out_is_answered_with_nothing_by_default(sent, engine):
    engine.call_back(sent.account, "reply", reply("BAJA", Contact.objects.get(key="K1").phone))
    assert Dispatch.objects.count() == 1


def test_a_confirmation_that_cannot_go_does_not_keep_the_opt_out(sent, engine, confirming, monkeypatch):
    person = Contact.objects.get(key="K1")
    monkeypatch.setattr(crypto, "unseal", lambda sealed: (_ for _ in ()).throw(crypto.WrongKey("no key")))
    engine.call_back(sent.account, "reply", reply("BAJA", person.phone))
    assert Suppression.objects.filter(address=person.phone).exists()
    assert Dispatch.objects.count() == 1


@pytest.mark.parametrize("how", ["reply", "status"])
def test_an_opt_out_holds_for_rows_that_wait_already(sent, engine, make_campaign, sandbox, how):
    waiting = engine.prepare(engine.start(make_campaign(sent.account)))
    person = Contact.objects.get(key="K1")
    if how == "reply":
        engine.call_back(sent.account, "reply", reply("STOP please", person.phone))
    else:
        code = callback(references(sent)[1], 204, destination=person.phone.lstrip("+"))
        engine.call_back(sent.account, "status", code)
    engine.slice(sent.account)
    assert statuses(waiting) == {"accepted": 2, "skipped": 1}
    assert len([e for e in sandbox.log() if e["destination"] == person.phone.lstrip("+")]) == 1
