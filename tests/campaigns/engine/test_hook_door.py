"""The inbound door: who is let in, what is refused and how, and what happens to what was stored."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from campaigns import tasks, webhooks
from campaigns.models import ProviderAccount, ProviderEvent, Reply
from campaigns.providers.base import BadSignature, Event, EventKind, ProviderError
from campaigns.providers.sinch_messaging import SinchMessaging
from campaigns.querysets import callbacks
from campaigns.services.connecting import accounts
from campaigns.services.settling import inbox, receipts
from campaigns.states import Reason
from console.services import crypto

pytestmark = pytest.mark.django_db
STATUS = json.dumps({"id": "a", "correlationId": "c1-r1-a1", "sentStatusCode": 2, "sentStatus": "SENT_SUCCESS"})


@pytest.fixture
def account(make_account):
    return make_account()


def url_of(account, kind: str = "status") -> str:
    return f"/hooks/{account.callback_token}/{kind}/"


def post(client, account, body: str | bytes = STATUS, kind: str = "status", caller: str = "127.0.0.1", **headers: Any):
    url = url_of(account, kind)
    return client.post(url, body, content_type="application/json", headers=headers, REMOTE_ADDR=caller)


def test_a_callback_is_stored_and_answered_with_nothing(client, account):
    response = post(client, account)
    assert (response.status_code, response.content) == (200, b"")
    assert ProviderEvent.objects.get().applied_at is None


def test_the_door_asks_the_database_twice(client, account, django_assert_num_queries, monkeypatch):
    asked = []
    straight = callbacks.sql.straight
    monkeypatch.setattr(callbacks.sql, "straight", lambda *args: (asked.append(args), straight(*args))[1])
    with django_assert_num_queries(0):  # of those that go through Django's cursor
        post(client, account)
    assert len(asked) == 2


def test_what_the_driver_refuses_is_an_error_of_djangos(db):
    with pytest.raises(DatabaseError), transaction.atomic():
        callbacks.sql.straight("SELECT nothing FROM nowhere WHERE id = %s", [1])


def test_a_callback_passes_nothing_that_only_people_need(client, account):
    response = post(client, account)
    assert not hasattr(response.wsgi_request, "session")
    assert "Content-Security-Policy" not in response.headers


def test_an_address_that_is_no_callbacks_is_answered_like_any_other(client, db):
    assert client.get("/hooks/").templates  # the page that tells people so


def test_a_token_in_foreign_letters_is_wrong_and_no_error(client, account):
    assert client.post("/hooks/%C3%B1and%C3%BA/status/", STATUS, content_type="application/json").status_code == 404


def test_a_kind_that_the_vendor_never_calls_is_not_there(client, account):
    assert post(client, account, kind="opens").status_code == 404


def test_a_method_that_the_vendor_never_uses_is_refused(client, account):
    assert client.get(url_of(account)).status_code == 400
    assert client.get(url_of(account, "reply") + "?source=34600111222&messageText=BAJA&id=m1").status_code == 200


def test_a_reply_by_get_is_read_from_its_address(client, account):
    client.get(url_of(account, "reply") + "?source=34600111222&messageText=BAJA&id=m1")
    inbox.apply_next(timezone.now())
    assert ProviderEvent.objects.get().outcome == "applied"


def test_the_same_callback_twice_is_kept_once(client, account):
    assert [post(client, account).status_code for _ in range(2)] == [200, 200]
    assert ProviderEvent.objects.count() == 1


# -- who may call ---------------------------------------------------------------------------------
def test_a_zero_byte_in_the_address_is_left_out(client, account):
    assert client.get(url_of(account, "reply") + "?source=34600111222&messageText=ho%00la&id=m1").status_code == 200
    assert ProviderEvent.objects.get().headers["query"]["messageText"] == "hola"


def test_a_callback_with_a_zero_byte_in_a_text_is_applied(client, account):
    post(client, account, json.dumps({"id": "m1", "source": "34600111222", "messageText": "ho\0la"}), kind="reply")
    inbox.apply_next(timezone.now())
    assert Reply.objects.get().text == "hola"


def test_a_foreign_address_is_refused(client, account):
    account.hook_networks = "203.0.113.0/24 2001:db8::/32"
    account.save()
    assert post(client, account).status_code == 403
    assert (
        client.post(url_of(account), STATUS, content_type="application/json", REMOTE_ADDR="203.0.113.7").status_code
        == 200
    )
    assert (
        client.post(url_of(account), "{}", content_type="application/json", REMOTE_ADDR="2001:db8::7").status_code
        == 200
    )
    assert ProviderEvent.objects.count() == 2


def test_a_forged_forwarded_address_is_not_believed(client, account, settings):
    account.hook_networks = "203.0.113.0/24"
    account.save()
    settings.TRUSTED_PROXIES = []
    assert post(client, account, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    assert post(client, account, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 200


@pytest.mark.parametrize("status", [400, 401])
def test_a_bad_signature_gets_the_status_that_the_vendors_contract_names(client, account, monkeypatch, status):
    def verify(self, hook):
        raise BadSignature("forged", status=status)

    monkeypatch.setattr(SinchMessaging, "signs_hooks", True)
    monkeypatch.setattr(SinchMessaging, "verify", verify)
    assert post(client, account).status_code == status
    assert not ProviderEvent.objects.exists()


def test_a_vendor_that_does_not_sign_needs_no_credentials_to_be_heard(client, account, monkeypatch):
    def closed(sealed):
        raise crypto.WrongKey("no key")

    monkeypatch.setattr(crypto, "unseal", closed)
    assert post(client, account).status_code == 200
    inbox.apply_next(timezone.now())
    assert ProviderEvent.objects.get().outcome == "parked"  # read, and about a message that nobody knows


def test_our_own_fault_is_500_so_that_the_vendor_calls_again(client, account, monkeypatch):
    def broken(*args):
        raise DatabaseError("disk full")

    monkeypatch.setattr(inbox._arrivals, "_write", broken)
    client.raise_request_exception = False
    assert post(client, account).status_code == 500


# -- bodies ---------------------------------------------------------------------------------------
def test_a_body_that_is_too_large_is_refused_unread(client, account):
    assert post(client, account, b"x" * (webhooks.BODY_LIMIT + 1)).status_code == 413


def test_a_body_in_pieces_is_read_whole(rf, account):
    request = rf.generic("POST", url_of(account), STATUS, content_type="application/json")
    request.META.pop("CONTENT_LENGTH")
    request.META["wsgi.input"] = BytesIO(STATUS.encode())
    request.META["HTTP_TRANSFER_ENCODING"] = "chunked"
    assert webhooks.receive(request, account.callback_token, "status").status_code == 200
    inbox.apply_next(timezone.now())
    assert ProviderEvent.objects.get().outcome == "parked"


# -- working it off -------------------------------------------------------------------------------
def test_a_bite_is_as_large_as_its_content_allows(client, account, monkeypatch):
    monkeypatch.setattr(inbox, "CHUNK_CHARACTERS", 250)
    for n in range(5):
        post(client, account, json.dumps({"id": f"n{n}", "sentStatusCode": 2, "extraInfo": "x" * 100}))
    left = []
    for _ in range(4):
        inbox.apply_next(timezone.now())
        left.append(ProviderEvent.objects.filter(tries=0).count())
    assert left == [4, 3, 2, 1]


def test_it_is_told_whether_more_wait(client, account, monkeypatch):
    monkeypatch.setattr(inbox, "CHUNK", 2)
    for n in range(3):
        post(client, account, json.dumps({"id": f"n{n}", "sentStatusCode": 2}))
    assert [inbox.apply_next(timezone.now()) for _ in range(3)] == [True, False, False]


def test_what_comes_while_callbacks_are_applied_waits_for_the_next_tick(client, account, monkeypatch):
    """A few at a time, each bite in the way of all writers, cost three times as much."""
    monkeypatch.setattr(receipts, "apply", lambda *args: (post(client, account, "{}"), receipts.Applied(0, ()))[1])
    post(client, account)
    tasks.apply_events()
    assert ProviderEvent.objects.filter(applied_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_callbacks_are_read_while_others_may_write(client, account, monkeypatch):
    inside = []
    parse = SinchMessaging.parse
    monkeypatch.setattr(
        SinchMessaging, "parse", lambda self, hook: (inside.append(connection.in_atomic_block), parse(self, hook))[1]
    )
    post(client, account)
    inbox.apply_next(timezone.now())
    assert inside == [False]


def test_a_callback_that_another_worker_has_applied_meanwhile_is_left_alone(client, account):
    post(client, account)
    found, _ = callbacks.oldest(timezone.now(), 10, 1000)
    for _ in range(6):  # parked again and again, then given up
        inbox.apply_next(timezone.now() + timedelta(hours=1))
    with transaction.atomic():
        assert [callbacks.take(found, timezone.now()), len(found)] == [[], 1]


def test_an_account_whose_vendor_is_gone_stops_no_other(client, account, make_account):
    gone = make_account(name="Gone")
    post(client, gone)
    post(client, account)
    ProviderAccount.objects.filter(pk=gone.pk).update(provider="of-yesterday")
    inbox.apply_next(timezone.now())
    found = dict(ProviderEvent.objects.values_list("account", "applied_at"))
    assert found[gone.pk] is None  # kept, and tried again
    assert ProviderEvent.objects.get(account=gone).note == "KeyError: 'of-yesterday'"
    assert ProviderEvent.objects.get(account=account).tries == 1  # read: about a message that nobody knows


def test_a_callback_that_cannot_be_applied_stops_no_other(client, account, monkeypatch):
    def apply(through, matched, now):
        if any(event.provider_message_id == "n1" for event in matched.events):
            raise RuntimeError("a bug")
        return receipts.Applied(len(matched.events), ())

    monkeypatch.setattr(receipts, "apply_matched", apply)
    for n in range(3):
        post(client, account, json.dumps({"id": f"n{n}", "sentStatusCode": 2}))
    inbox.apply_next(timezone.now())
    assert list(ProviderEvent.objects.order_by("pk").values_list("outcome", flat=True)) == [
        "applied",
        "parked",
        "applied",
    ]


def test_a_reference_with_an_id_beyond_all_ids_is_about_nobody(client, account):
    reference = f"c0123456789ab-r{10**30}-a1"
    post(client, account, json.dumps({"id": "n1", "correlationId": reference, "sentStatusCode": 2}))
    inbox.apply_next(timezone.now())
    assert ProviderEvent.objects.get().outcome == "parked"
    assert ProviderEvent.objects.get().note == ""


def handshake(monkeypatch, answer) -> None:
    monkeypatch.setattr(SinchMessaging, "parse", lambda self, hook: [Event(EventKind.HANDSHAKE, "h1", text="key")])
    monkeypatch.setattr(SinchMessaging, "confirm", answer)


def test_a_handshake_is_answered_and_what_it_gives_is_kept(client, account, monkeypatch):
    async def confirm(self, event):
        return {"signature_key": f"for {event.text}"}

    handshake(monkeypatch, confirm)
    post(client, account)
    inbox.apply_next(timezone.now())
    account.refresh_from_db()
    assert ProviderEvent.objects.get().outcome == "applied"
    assert accounts.config_of(account).credentials["signature_key"] == "for key"
    assert accounts.config_of(account).credentials["UserName"] == "sandbox"


def test_a_handshake_that_fails_is_tried_again(client, account, monkeypatch):
    async def confirm(self, event):
        raise ProviderError(Reason.PROVIDER_DOWN, "down")

    handshake(monkeypatch, confirm)
    post(client, account)
    inbox.apply_next(timezone.now())
    event = ProviderEvent.objects.get()
    assert (event.outcome, event.applied_at, event.retry_at is not None) == ("parked", None, True)


# -- forgetting -----------------------------------------------------------------------------------
def test_what_was_applied_long_ago_is_forgotten(account):
    now = timezone.now()
    for digest, days, applied in (("old", 9, True), ("old and waits", 9, False), ("new", 1, True)):
        at = now - timedelta(days=days)
        kept = {"kind": "status", "body": "", "received_at": at, "applied_at": at if applied else None}
        ProviderEvent.objects.create(account=account, digest=digest, **kept)
    callbacks.forget(now - timedelta(days=7))
    assert list(ProviderEvent.objects.order_by("pk").values_list("digest", flat=True)) == ["old and waits", "new"]


def test_all_are_forgotten_when_all_are_old(account):
    at = timezone.now() - timedelta(days=9)
    ProviderEvent.objects.create(account=account, digest="old", kind="status", body="", received_at=at, applied_at=at)
    callbacks.forget(at + timedelta(days=1))
    assert not ProviderEvent.objects.exists()
