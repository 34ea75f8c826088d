"""Marketing Cloud's notifications, statuses and checks: the contract's samples, its codes, its documented defects."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from campaigns.providers.base import AccountConfig, BadSignature, Body, Channel, Event, EventKind, Hook, Message
from campaigns.providers.salesforce_marketing_cloud import SalesforceMarketingCloud, events
from campaigns.states import Reason
from tests.providers.cloud_wire import CREDENTIALS, FROM_DEFINITION, LUCIA, OWN_TEXT

KEY = base64.b64encode(b"a key of the callback, 32 bytes.").decode()
# The contract's §10.7.
NOT_SENT: dict[str, Any] = {
    "eventCategoryType": "TransactionalSendEvents.SmsNotSent",
    "timestampUTC": 1791210660004,
    "compositeId": "api.5b2e.7711.1.92",
    "definitionKey": "otono-cupon",
    "mid": 510003344,
    "eid": 510003300,
    "info": {
        "to": "59170009999",
        "subscriberKey": "cli-10025",
        "messageKey": "d77-r0005-77aa",
        "reason": "Mobile address not found",
        "statusCode": "47",
    },
}
DELIVERED: dict[str, Any] = {
    "eventCategoryType": "TransactionalSendEvents.SmsDelivered",
    "timestampUTC": 1791210671310,
    "compositeId": "api.5b2e.7711.1.90",
    "composite": {"jobId": "j-7711", "batchId": "1"},
    "definitionKey": "otono-cupon",
    "mid": 510003344,
    "eid": 510003300,
    "info": {
        "to": "59171234567",
        "subscriberKey": "cli-10021",
        "messageKey": "d77-r0001-1f7f3f0a71b04a0b",
        "ordinal": "0",
        "statusCode": "4000",
        "statusMessage": "Delivered",
        "fromAddress": "40404",
        "countryCode": "BO",
    },
}


def account(
    allow_private: bool = False, options: dict[str, Any] | None = None, **kept: str
) -> SalesforceMarketingCloud:
    config = AccountConfig("", {**CREDENTIALS, **kept}, options or {})
    return SalesforceMarketingCloud(config)


def event(kind: str, code: object = None, **info: Any) -> Event:
    """The event of one notification."""
    details = {"to": "59171234567", "messageKey": "c1-r1-a1", **info}
    if code is not None:
        details["statusCode"] = str(code)
    row = {"eventCategoryType": f"TransactionalSendEvents.{kind}", "compositeId": "api.1", "info": details}
    return events.parse_batch(orjson.dumps([row]))[0]


def test_the_contracts_notification() -> None:
    not_sent, delivered = events.parse_batch(orjson.dumps([NOT_SENT, DELIVERED]))
    assert (not_sent.kind, not_sent.reason, not_sent.code) == (EventKind.FAILED, Reason.INVALID_RECIPIENT, "47")
    assert (not_sent.reference, not_sent.address) == ("d77-r0005-77aa", "+59170009999")
    assert (not_sent.text, not_sent.channel) == ("Mobile address not found", Channel.SMS)
    assert (delivered.kind, delivered.code) == (EventKind.DELIVERED, "4000")
    assert delivered.at == datetime(2026, 10, 5, 14, 31, 11, 310000, UTC)


@pytest.mark.parametrize(
    ("state", "info", "kind", "reason"),
    [
        ("SMSQueued", None, EventKind.ACCEPTED, Reason.NONE),
        ("SMSSent", {"messageKey": "c1-r1-a1", "to": "59171234567"}, EventKind.SENT, Reason.NONE),
        ("SMSNotSent", {"messageKey": "c1-r1-a1", "statusCode": 129}, EventKind.FAILED, Reason.INVALID_RECIPIENT),
    ],
)
def test_a_look_up_tells_where_a_message_is(state: str, info: Any, kind: EventKind, reason: Reason) -> None:
    row: dict[str, Any] = {
        "eventCategoryType": f"TransactionalSendEvents.{state}",
        "timestamp": "2026-10-05T08:30:05.120",
    }
    found = events.status_event("c1-r1-a1", row if info is None else {**row, "info": info})
    assert (found.kind, found.reason, found.reference) == (kind, reason, "c1-r1-a1")


def test_rest_timestamps_are_six_hours_behind_in_summer_too() -> None:
    row = {"eventCategoryType": "TransactionalSendEvents.SMSSent", "timestamp": "2026-07-05T08:30:07.655"}
    assert events.status_event("k", row).at == datetime(2026, 7, 5, 14, 30, 7, 655000, UTC)


# -- codes ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", [1, 2, 3, 27, 28, 31, 33, 1000, 1010, 1020, 1030])
def test_an_opt_out_at_the_provider_suppresses(code: int) -> None:
    found = event("SmsNotSent", code)
    assert (found.reason, found.suppress, found.address) == (Reason.PROVIDER_OPT_OUT, True, "+59171234567")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        *((code, Reason.INVALID_RECIPIENT) for code in (7, 8, 11, 13, 24, 29, 30, 36, 40, 42, 47, 109, 129, 134, 135)),
        *((code, Reason.INVALID_RECIPIENT) for code in (136, 1040)),
        *((code, Reason.INVALID_CONTENT) for code in (10, 16, 17, 19, 20, 22, 103, 104, 111, 130)),
        *((code, Reason.REJECTED) for code in (15, 37, 39, 41, 99999)),
        *((code, Reason.EXPIRED) for code in (43, 138, 139)),
    ],
)
def test_a_message_is_not_sent_for_a_reason(code: int, reason: Reason) -> None:
    found = event("SmsNotSent", code)
    assert (found.kind, found.reason, found.suppress, found.retry_after) == (EventKind.FAILED, reason, False, None)


@pytest.mark.parametrize(
    ("code", "kind", "reason", "wait"),
    [
        (4000, EventKind.DELIVERED, Reason.NONE, None),
        (4500, EventKind.UNDELIVERED, Reason.NOT_DELIVERED, None),
        (4501, EventKind.UNDELIVERED, Reason.EXPIRED, None),
        (4502, EventKind.UNDELIVERED, Reason.REJECTED_BY_CARRIER, None),
        (4503, EventKind.UNDELIVERED, Reason.REJECTED_BY_CARRIER, None),
        (4504, EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT, None),
        (4505, EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT, None),
        (2502, EventKind.UNDELIVERED, Reason.INVALID_RECIPIENT, None),
        (1501, EventKind.UNDELIVERED, Reason.REJECTED, None),
        (2600, EventKind.FAILED, Reason.RATE_LIMITED, 900.0),
        (1500, EventKind.FAILED, Reason.PROVIDER_DOWN, 900.0),
        (2500, EventKind.FAILED, Reason.PROVIDER_DOWN, 900.0),
        (2601, EventKind.FAILED, Reason.PROVIDER_DOWN, 900.0),
        (2501, EventKind.OTHER, Reason.NO_RECEIPT, None),
        (3400, EventKind.OTHER, Reason.NO_RECEIPT, None),
        (4999, EventKind.UNDELIVERED, Reason.UNKNOWN_CODE, None),
    ],
)
def test_a_message_bounces_for_a_reason(code: int, kind: EventKind, reason: Reason, wait: float | None) -> None:
    found = event("SmsBounced", code)
    assert (found.kind, found.reason, found.retry_after) == (kind, reason, wait)


def test_too_many_messages_are_tried_again_once() -> None:
    found = event("SmsNotSent", 126)
    assert (found.reason, found.retry_after, found.retry_limit) == (Reason.RATE_LIMITED, 900.0, 1)


@pytest.mark.parametrize("code", [1000, 1500, 2000, 2501, 3000, 3001, 3002, 3400])
def test_a_transient_status_is_not_the_end(code: int) -> None:
    assert event("SmsTransient", code).kind is EventKind.SENT


def test_code_1000_is_an_opt_out_only_as_a_reason() -> None:
    assert event("SmsNotSent", 1000).suppress
    assert not event("SmsTransient", 1000).suppress


# -- documented defects ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "kind"), [("4000", EventKind.DELIVERED), ("4500", EventKind.UNDELIVERED), ("4505", EventKind.UNDELIVERED)]
)
def test_published_samples_say_transient_and_info_with_a_capital(code: str, kind: EventKind) -> None:
    row = {
        "eventCategoryType": "TransactionalSendEvents.SmsTransient",
        "Info": {"messageKey": "c1-r1-a1", "statusCode": code},
    }
    assert events.parse_batch(orjson.dumps([row]))[0].kind is kind


def test_an_event_that_nobody_documents_is_kept_and_not_guessed() -> None:
    assert event("SmsDanced", 1).kind is EventKind.OTHER


def test_every_part_and_every_status_is_an_event_of_its_own() -> None:
    ids = {
        event("SmsDelivered", 4000, ordinal="0").event_id,
        event("SmsDelivered", 4000, ordinal="1").event_id,
        event("SmsTransient", 3000, ordinal="0").event_id,
        event("SmsDelivered", 4000, ordinal="0", fromAddress="40404").event_id,
    }
    assert len(ids) == 3


# -- signatures -----------------------------------------------------------------------------------
BATCH = orjson.dumps([DELIVERED])


def signed(secret: bytes, body: bytes = BATCH) -> Hook:
    signature = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    return Hook("ens", "POST", {"x-sfmc-ens-signature": signature}, {}, body)


@pytest.mark.parametrize(("secret", "form"), [(KEY.encode(), "text"), (base64.b64decode(KEY), "base64")])
def test_a_signature_counts_in_either_form_until_one_has_matched(secret: bytes, form: str) -> None:
    provider = account(ens_key=KEY)
    provider.verify(signed(secret))
    delivered, handshake = provider.parse(signed(secret))
    assert (delivered.kind, handshake.kind) == (EventKind.DELIVERED, EventKind.HANDSHAKE)
    other = {"text": base64.b64decode(KEY), "base64": KEY.encode()}[form]
    pinned = account(ens_key=KEY, ens_key_form=form)
    pinned.verify(signed(secret))
    assert [found.kind for found in pinned.parse(signed(secret))] == [EventKind.DELIVERED]
    with pytest.raises(BadSignature):
        pinned.verify(signed(other))


def test_the_key_before_still_counts() -> None:
    account(ens_key="new", ens_key_before="old", ens_key_form="text").verify(signed(b"old"))


@pytest.mark.parametrize("hook", [signed(b"wrong"), replace(signed(KEY.encode()), headers={})])
def test_a_forged_notification_is_refused_with_401(hook: Hook) -> None:
    with pytest.raises(BadSignature) as caught:
        account(ens_key=KEY).verify(hook)
    assert caught.value.status == 401


def test_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        account().verify(signed(b""))


def test_the_opening_call_needs_no_signature() -> None:
    hook = Hook("ens", "POST", {}, {}, orjson.dumps({"callbackId": "cb-1", "verificationKey": "v-1"}))
    account().verify(hook)
    (found,) = account().parse(hook)
    assert (found.kind, found.provider_message_id, found.text) == (EventKind.HANDSHAKE, "cb-1", "v-1")


# -- checks ---------------------------------------------------------------------------------------
def body_problems(body: Body, **options: Any) -> list[str]:
    return [problem.field for problem in account(options=options).check_body(body)]


def test_our_own_text_needs_a_definition() -> None:
    assert body_problems(replace(OWN_TEXT, options={})) == ["definition_key"]
    assert body_problems(OWN_TEXT) == []
    assert body_problems(FROM_DEFINITION) == []


@pytest.mark.parametrize("text", ["50%% off", "%%[SET @a = 1]%%", "%%=v(@a)=%%", "Hola %%City%%"])
def test_our_own_text_holds_no_program_code(text: str) -> None:
    assert body_problems(replace(OWN_TEXT, text=text)) == ["text"]


def test_a_profile_attribute_may_stand_in_our_text() -> None:
    assert body_problems(replace(OWN_TEXT, text="Hola %%City%%"), profile_attributes="City, Tier") == []


def test_re_subscribing_is_guarded() -> None:
    wanted = {"definition_key": "d", "resubscribe": "true"}
    marketing, service = (replace(OWN_TEXT, options=wanted, purpose=purpose) for purpose in ("marketing", "service"))
    assert body_problems(marketing, allow_resubscribe=True) == ["resubscribe"]
    assert body_problems(service) == ["resubscribe"]
    assert body_problems(service, allow_resubscribe=True) == []
    (field,) = [field for field in SalesforceMarketingCloud.message_fields if field.name == "resubscribe"]
    assert (field.guarded, field.purposes) == (True, ("service",))


def test_attribute_names_are_plain() -> None:
    assert body_problems(replace(FROM_DEFINITION, names=("Nombre", "x.y"))) == ["text"]


def test_a_text_has_at_most_1600_characters() -> None:
    assert body_problems(replace(OWN_TEXT, text="x" * 1601)) == ["text"]
    assert message_reasons(replace(LUCIA, text="x" * 1601)) == [Reason.TOO_LONG]


def message_reasons(message: Message, body: Body = OWN_TEXT) -> list[Reason]:
    return [problem.reason for problem in account().check(body, message)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"address": "+1234567"}, Reason.INVALID_RECIPIENT),
        ({"address": "+1234567890123456"}, Reason.INVALID_RECIPIENT),
        ({"address": ""}, Reason.INVALID_RECIPIENT),
        ({"contact": "k" * 101}, Reason.INVALID_RECIPIENT),
        ({"contact": "k\n1"}, Reason.INVALID_RECIPIENT),
        ({"values": ("%%[Raise()]%%", "x")}, Reason.INVALID_CONTENT),
        ({"values": ("100%%", "x")}, Reason.INVALID_CONTENT),
        ({"values": ("x" * 4001, "x")}, Reason.INVALID_CONTENT),
        ({"text": " "}, Reason.INVALID_CONTENT),
    ],
)
def test_a_message_is_checked_before_it_leaves(change: dict[str, Any], reason: Reason) -> None:
    assert message_reasons(LUCIA) == []
    assert message_reasons(replace(LUCIA, **change)) == [reason]


def test_a_text_that_only_the_vendor_knows_is_not_measured() -> None:
    assert message_reasons(replace(LUCIA, text=""), FROM_DEFINITION) == []
