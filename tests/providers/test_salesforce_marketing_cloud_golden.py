"""Marketing Cloud on the wire: the contract's own sample bodies, and every row of its table of errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from campaigns.providers.base import (
    MaybeSent,
    Message,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    ProviderError,
    Receipt,
    Refused,
)
from campaigns.providers.salesforce_marketing_cloud import adapter
from campaigns.states import Reason
from tests.providers.cloud_wire import (
    DEFINITION,
    FROM_DEFINITION,
    LUCIA,
    MARCO,
    OWN_TEXT,
    TOKEN,
    call,
    json_of,
    lines,
    queued,
    refused,
    said,
    send,
)

SEND = "/messaging/v1/sms/messages/"


# -- requests -------------------------------------------------------------------------------------
def test_a_send_is_the_contracts_example() -> None:
    _, server = send([queued(LUCIA, MARCO)], [LUCIA, MARCO], campaign_reference="c-2b9e7d64",
                     options={"campaign_attribute": "Campania"})  # fmt: skip
    assert lines(server) == ["POST /v2/token", "GET /messaging/v1/sms/definitions/otono-cupon", f"POST {SEND}"]
    assert json_of(server, 2) == {
        "definitionKey": "otono-cupon",
        "recipients": [
            {
                "contactKey": "cli-10021",
                "to": "59171234567",
                "messageKey": "d77-r0001-1f7f3f0a71b04a0b",
                "attributes": {"Nombre": "Lucía", "Cupon": "OTONO-41"},
            },
            {
                "contactKey": "cli-10022",
                "to": "59172345678",
                "messageKey": "d77-r0002-5c2a9d7e0b444b7f",
                "attributes": {"Nombre": "Marco", "Cupon": "OTONO-42"},
            },
        ],
        "subscriptions": {"resubscribe": False},
        "content": {"message": "%%Nombre%%, tu cupon %%Cupon%% vence el 12/10."},
        "attributes": {"Campania": "c-2b9e7d64"},
    }


def test_a_token_is_asked_for_as_in_the_contract() -> None:
    _, server = send([queued(LUCIA)], [LUCIA])
    assert json_of(server, 0) == {
        "grant_type": "client_credentials",
        "client_id": "pkg-7f20",
        "client_secret": "s3cret-of-the-package",
        "account_id": 510003344,
    }
    assert all("authorization: bearer eyj-sample\r\n" in head.lower() for head, _ in server.requests[1:])


def test_a_definitions_own_text_is_not_replaced() -> None:
    _, server = send([queued(LUCIA)], [LUCIA], FROM_DEFINITION)
    body = json_of(server, 2)
    assert "content" not in body and "attributes" not in body
    assert body["recipients"][0]["attributes"] == {"Nombre": "Lucía", "Cupon": "OTONO-41"}


def test_a_test_to_a_typed_address_is_a_contact_of_its_own_never_the_number() -> None:
    _, server = send([queued(LUCIA)], [replace(LUCIA, contact="")])
    assert json_of(server, 2)["recipients"][0]["contactKey"] == LUCIA.reference


def test_re_subscribing_needs_a_service_message_and_an_account_that_allows_it() -> None:
    body = replace(FROM_DEFINITION, options={"resubscribe": "true"})
    _, server = send([queued(LUCIA)], [LUCIA], body, options={"allow_resubscribe": True})
    assert json_of(server, 2)["subscriptions"] == {"resubscribe": True}
    for changed, options in ((body, {}), (replace(body, purpose="marketing"), {"allow_resubscribe": True})):
        receipts, server = send([], [LUCIA], changed, options=options)
        assert (receipts[0].outcome, receipts[0].hold) == (Outcome.NOT_SENT, True)
        assert server.requests == []


# -- the definition -------------------------------------------------------------------------------
def definition_receipts(*answers: bytes, body: Any = FROM_DEFINITION, **options: Any) -> list[Receipt]:

    receipts, server = call([said(TOKEN), *answers], lambda p: p.send(Outgoing("k", body, [LUCIA])), **options)
    assert f"POST {SEND}" not in lines(server)
    return receipts


@pytest.mark.parametrize("status", ["inactive", "deleted", ""])
def test_an_inactive_definition_holds_the_dispatch_and_sends_nothing(status: str) -> None:
    (receipt,) = definition_receipts(said({**DEFINITION, "status": status}))
    assert (receipt.outcome, receipt.hold, receipt.reason) == (Outcome.NOT_SENT, True, Reason.INVALID_CONTENT)
    assert "otono-cupon" in receipt.text


def test_an_unknown_definition_holds_the_dispatch() -> None:
    (receipt,) = definition_receipts(refused(30003, "MCMS_UTM_Runtime_ObjectNotFound", "404 Not Found"))
    assert receipt.hold and "does not exist" in receipt.text


def test_a_definition_that_needs_more_than_was_mapped_holds_the_dispatch() -> None:
    changed = said({**DEFINITION, "content": {"message": "%%Nombre%%, %%Cupon%% y %%Regalo%%"}})
    (receipt,) = definition_receipts(changed)
    assert receipt.hold and "Regalo" in receipt.text


def test_what_marketing_cloud_fills_in_itself_needs_no_value() -> None:
    changed = said({**DEFINITION, "content": {"message": "%%Nombre%%, %%Cupon%% y %%Regalo%%"}})

    receipts, _ = call(
        [said(TOKEN), changed, queued(LUCIA)],
        lambda p: p.send(Outgoing("k", FROM_DEFINITION, [LUCIA])),
        profile_attributes="Regalo, City",
    )
    assert receipts[0].outcome is Outcome.ACCEPTED


def test_a_definition_is_read_once_in_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:

    now = [1000.0]
    monkeypatch.setattr(adapter, "monotonic", lambda: now[0])

    async def three_batches(provider: Any) -> None:
        for wait in (0.0, 599.0, 2.0):
            now[0] += wait
            await provider.send(Outgoing("k", OWN_TEXT, [LUCIA]))

    taken = queued(LUCIA)
    _, server = call([said(TOKEN), said(DEFINITION), taken, taken, said(DEFINITION), taken], three_batches)
    assert [line.split()[0] for line in lines(server)] == ["POST", "GET", "POST", "POST", "GET", "POST"]


# -- answers --------------------------------------------------------------------------------------
MIXED = {
    "requestId": "3f8e21b7-0a4d-4f5e-8f0e-1f6b7c9d2a55",
    "errorcode": 109001,
    "message": "MCMS_UTM_ResponsesHasErrors: 1 of 2 not queued",
    "responses": [
        {"messageKey": "d77-r0001-1f7f3f0a71b04a0b"},
        {
            "messageKey": "d77-r0002-5c2a9d7e0b444b7f",
            "errorcode": 109106,
            "message": "MCMS_UTM_Validation_MissingRequiredField_to",
        },
    ],
}


def test_a_mixed_answer_is_the_contracts_example() -> None:
    receipts, _ = send([said(MIXED, "202 Accepted")], [LUCIA, MARCO])
    assert receipts == [
        Receipt(LUCIA.reference, Outcome.ACCEPTED, LUCIA.reference),
        Receipt(
            MARCO.reference, Outcome.REFUSED, reason=Reason.INVALID_RECIPIENT, code="109106",
            text="MCMS_UTM_Validation_MissingRequiredField_to",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (109104, Reason.REJECTED),
        (109108, Reason.REJECTED),
        (109105, Reason.INVALID_RECIPIENT),
        (109109, Reason.INVALID_RECIPIENT),
        (109106, Reason.INVALID_RECIPIENT),
        (109121, Reason.INVALID_RECIPIENT),
        (109103, Reason.INVALID_RECIPIENT),
        (109110, Reason.REJECTED),
        ("109121", Reason.INVALID_RECIPIENT),  # the seed says string
        (987654, Reason.REJECTED),
    ],
)
def test_a_row_is_refused_for_a_reason(code: object, reason: Reason) -> None:
    row = {"messageKey": LUCIA.reference, "errorcode": code, "message": "why"}
    receipts, _ = send([said({"errorcode": 109001, "responses": [row]}, "202 Accepted")], [LUCIA])
    assert (receipts[0].outcome, receipts[0].reason, receipts[0].code) == (Outcome.REFUSED, reason, str(code))


def test_a_double_of_a_repeated_request_was_accepted_before() -> None:
    row = {"messageKey": LUCIA.reference, "errorcode": 109110, "message": "MCMS_UTM_DuplicateMessageKey"}
    receipts, _ = send([said({"errorcode": 109001, "responses": [row]}, "202 Accepted")], [LUCIA], retry=True)
    assert receipts[0].outcome is Outcome.ACCEPTED


def test_a_repeated_request_of_doubles_only_is_looked_up() -> None:
    """Its answer names no row, so the doubles cannot be told from bad numbers."""
    with pytest.raises(MaybeSent):
        send([refused(109103, "MCMS_UTM_Validation_NoValidSubscribers")], [LUCIA], retry=True)


def test_a_message_that_the_answer_forgets_is_in_doubt() -> None:
    receipts, _ = send([queued(LUCIA)], [LUCIA, MARCO])
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED, Outcome.UNKNOWN]


@pytest.mark.parametrize("body", [{}, {"responses": []}, {"responses": [{"messageKey": "another"}]}, [1]])
def test_a_202_that_says_nothing_of_ours_is_in_doubt(body: Any) -> None:
    with pytest.raises(MaybeSent):
        send([said(body, "202 Accepted")], [LUCIA])


def test_a_batch_that_is_too_large_is_halved() -> None:
    receipts, server = send([refused(109101), queued(LUCIA), queued(MARCO)], [LUCIA, MARCO])
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 2
    assert [len(json_of(server, number)["recipients"]) for number in (2, 3, 4)] == [2, 1, 1]


@pytest.mark.parametrize(
    ("reply", "error", "reason"),
    [
        (refused(40000, status="403 Forbidden"), Misconfigured, Reason.AUTH),
        (refused(40001), Misconfigured, Reason.AUTH),
        (refused(0, status="403 Forbidden"), Misconfigured, Reason.AUTH),
        (refused(0, status="409 Conflict"), Refused, Reason.REJECTED),
        (refused(0, status="500 Internal Server Error"), MaybeSent, Reason.NO_ANSWER),
        (refused(109111, status="502 Bad Gateway"), MaybeSent, Reason.NO_ANSWER),
        (refused(0, status="503 Service Unavailable"), MaybeSent, Reason.NO_ANSWER),
        (refused(0, status="504 Gateway Timeout"), MaybeSent, Reason.NO_ANSWER),
    ],
)
def test_a_refused_request_means(reply: bytes, error: type[ProviderError], reason: Reason) -> None:
    with pytest.raises(error) as caught:
        send([reply], [LUCIA, MARCO])
    assert caught.value.reason is reason


@pytest.mark.parametrize("code", [10000, 10001, 10002, 10003, 10005, 109112, 109116, 109120, 109122, 109125, 30001])
def test_other_bad_requests_are_final(code: int) -> None:
    with pytest.raises(Refused) as caught:
        send([refused(code)], [LUCIA, MARCO])
    assert caught.value.reason is (Reason.REJECTED if code == 30001 else Reason.INVALID_CONTENT)


@pytest.mark.parametrize("code", [109102, 109103])
def test_no_valid_recipient_is_said_of_all(code: int) -> None:
    try:
        receipts, _ = send([refused(code)], [LUCIA, MARCO])
        reasons = {receipt.reason for receipt in receipts}
    except Refused as error:
        reasons = {error.reason}
    assert reasons == {Reason.INVALID_RECIPIENT}


@pytest.mark.parametrize(
    "reply", [refused(109111), refused(109107), refused(30003), refused(30003, status="404 Not Found")]
)
def test_a_definition_that_went_meanwhile_holds_the_dispatch(reply: bytes) -> None:
    receipts, _ = send([reply], [LUCIA, MARCO])
    assert all(receipt.hold and receipt.outcome is Outcome.NOT_SENT for receipt in receipts)


# -- too fast -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "headers", "tries", "wait"),
    [
        ({"errorcode": 50100, "retryAfter": 5}, "Retry-After: 7\r\n", 1, 7.0),
        ({"errorcode": 50100, "retryAfter": 5}, "", 1, 5.0),
        ({"errorcode": 50200}, "", 1, 60.0),
        ({"errorcode": 50200}, "", 2, 120.0),
        ({"errorcode": 50200}, "", 4, 480.0),
        ({"errorcode": 50200}, "", 9, 900.0),
        ({}, "", 1, 60.0),
    ],
)
def test_too_fast_waits_as_the_contract_says(body: dict[str, Any], headers: str, tries: int, wait: float) -> None:
    with pytest.raises(NotSent) as caught:
        send([said({"message": "slow down", **body}, "429 Too Many Requests", headers)], [LUCIA], tries=tries)
    assert (caught.value.reason, caught.value.retry_after) == (Reason.RATE_LIMITED, wait)


# -- what would be a bug of ours ------------------------------------------------------------------
@pytest.mark.parametrize(
    "messages",
    [[LUCIA, LUCIA], [replace(LUCIA, reference="r 1")], [replace(LUCIA, reference="r" * 101)], [LUCIA] * 501, []],
)
def test_keys_that_are_not_ours_are_a_bug(messages: list[Message]) -> None:
    with pytest.raises(ValueError):
        send([], messages)
