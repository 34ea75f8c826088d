"""messaging-service's answers: rows, refusals, and the ways to sign in."""

from __future__ import annotations

import asyncio
import base64

import orjson
import pytest

from campaigns.providers.base import AccountConfig, Misconfigured, NotSent, Outcome, Outgoing, Refused
from campaigns.providers.messaging_service import MessagingService
from campaigns.states import Reason
from tests.providers.raw_server import RawServer, answer, answering, serving
from tests.providers.service_wire import (
    EMAIL,
    KEY,
    LUCIA,
    MARCO,
    PENDING,
    SMS,
    SMS_LUCIA,
    SMS_MARCO,
    accepted,
    head_of,
    row,
    rows,
    send,
    status,
)


# -- answers --------------------------------------------------------------------------------------
def test_rows_are_matched_by_id_and_then_by_address() -> None:
    first, second = row(MARCO, PENDING), row(LUCIA, status(52))
    second["messageId"] = "their-own-id"
    receipts, _ = send([rows(first, second)], EMAIL, [LUCIA, MARCO])
    assert [r.outcome for r in receipts] == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert receipts[0].provider_message_id == "their-own-id"


@pytest.mark.parametrize(
    ("number", "outcome", "reason", "retry_limit"),
    [
        (3, Outcome.ACCEPTED, Reason.NONE, None),
        (7, Outcome.ACCEPTED, Reason.NONE, None),
        (2, Outcome.ACCEPTED, Reason.NONE, None),
        (5, Outcome.ACCEPTED, Reason.NONE, None),
        (8, Outcome.REFUSED, Reason.INVALID_RECIPIENT, None),
        (51, Outcome.REFUSED, Reason.INVALID_RECIPIENT, None),
        (4, Outcome.REFUSED, Reason.REJECTED_BY_CARRIER, None),
        (6, Outcome.REFUSED, Reason.REJECTED, None),
        (20, Outcome.NOT_SENT, Reason.RATE_LIMITED, 1),
        (21, Outcome.NOT_SENT, Reason.PROVIDER_DOWN, 3),
        (89, Outcome.NOT_SENT, Reason.PROVIDER_DOWN, 3),
        (100, Outcome.NOT_SENT, Reason.PROVIDER_DOWN, 1),
        (23, Outcome.REFUSED, Reason.REJECTED, None),
        (25, Outcome.REFUSED, Reason.INVALID_CONTENT, None),
        (90, Outcome.REFUSED, Reason.INVALID_CONTENT, None),
        (87, Outcome.REFUSED, Reason.REJECTED, None),
        (29, Outcome.UNKNOWN, Reason.RECEIPT_LOST, None),
        (999, Outcome.REFUSED, Reason.REJECTED, None),
    ],
)
def test_every_status_of_a_row_has_its_outcome(
    number: int, outcome: Outcome, reason: Reason, retry_limit: int | None
) -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(number)))], EMAIL, [LUCIA])
    assert (receipt.outcome, receipt.reason, receipt.retry_limit) == (outcome, reason, retry_limit)


@pytest.mark.parametrize("number", [10, 14])
def test_an_address_on_the_vendors_blocklist_is_suppressed(number: int) -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(number)))], EMAIL, [LUCIA])
    assert (receipt.reason, receipt.suppress) == (Reason.PROVIDER_BLOCKLIST, True)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (11, Reason.SENDER_REFUSED),
        (13, Reason.SENDER_REFUSED),
        (12, Reason.NO_CREDIT),
        (17, Reason.NO_CREDIT),
        (18, Reason.REJECTED),
        (19, Reason.REJECTED),
        (75, Reason.REJECTED),
    ],
)
def test_a_fault_of_the_account_holds_the_dispatch(number: int, reason: Reason) -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(number)))], EMAIL, [LUCIA])
    assert (receipt.outcome, receipt.reason, receipt.hold) == (Outcome.REFUSED, reason, True)


def test_a_flood_waits_an_hour() -> None:
    (receipt,), _ = send([rows(row(SMS_LUCIA, status(20)))], SMS, [SMS_LUCIA])
    assert receipt.retry_after == 3600.0


def test_a_double_of_a_send_in_doubt_was_accepted_before() -> None:
    (receipt,), _ = send([rows(row(LUCIA, status(23)))], EMAIL, [LUCIA], retry=True)
    assert (receipt.outcome, receipt.code) == (Outcome.ACCEPTED, "23")


def test_a_group_without_a_known_number_counts_by_its_name() -> None:
    (receipt,), _ = send([rows(row(LUCIA, {"groupName": "ACCEPTED", "id": 4711}))], EMAIL, [LUCIA])
    assert receipt.outcome is Outcome.ACCEPTED


def test_a_row_without_a_status_is_in_doubt() -> None:
    found = rows(row(MARCO, PENDING), {"messageId": LUCIA.reference})
    receipts, _ = send([found], EMAIL, [LUCIA, MARCO])
    assert [r.outcome for r in receipts] == [Outcome.UNKNOWN, Outcome.ACCEPTED]


# -- refusals -------------------------------------------------------------------------------------
def violation(*paths: str) -> bytes:
    found = [{"property": path, "violation": "is odd"} for path in paths]
    body = {"errorCode": "E400", "description": "Not processed.", "violations": found}
    return answer("400 Bad Request", orjson.dumps(body))


def test_a_destination_that_a_refusal_names_is_left_out_of_a_second_request() -> None:
    replies = [violation("messages[0].destinations[1].to[0].destination"), accepted(LUCIA)]
    receipts, server = send(replies, EMAIL, [LUCIA, MARCO])
    assert [(r.outcome, r.reason) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE),
        (Outcome.REFUSED, Reason.INVALID_RECIPIENT),
    ]
    assert len(server.requests) == 2


def test_an_sms_text_that_a_refusal_names_is_left_out_of_a_second_request() -> None:
    replies = [violation("messages[1].content.text"), accepted(SMS_LUCIA)]
    receipts, _ = send(replies, SMS, [SMS_LUCIA, SMS_MARCO])
    assert [(r.outcome, r.reason, r.text) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE, "Accepted"),
        (Outcome.REFUSED, Reason.INVALID_CONTENT, "is odd"),
    ]


@pytest.mark.parametrize("path", ["messages[0].content.subject", "messages[0].sender", "options.clientPriority", ""])
def test_a_refusal_of_what_all_share_is_final(path: str) -> None:
    with pytest.raises(Refused) as caught:
        send([violation(path)], EMAIL, [LUCIA, MARCO])
    assert (caught.value.reason, caught.value.code) == (Reason.INVALID_CONTENT, "E400")
    assert "is odd" in caught.value.text


def test_a_refusal_that_names_nothing_is_split() -> None:
    replies = [answer("400 Bad Request", b"{}"), accepted(LUCIA), answer("400 Bad Request", b"{}")]
    receipts, _ = send(replies, EMAIL, [LUCIA, MARCO])
    assert [r.outcome for r in receipts] == [Outcome.ACCEPTED, Outcome.REFUSED]


def test_the_older_envelope_is_read_too() -> None:
    body = b'{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Invalid login details"}}}'
    with pytest.raises(Misconfigured) as caught:
        send([answer("401 Unauthorized", body)], EMAIL, [LUCIA])
    assert (caught.value.code, caught.value.text) == ("UNAUTHORIZED", "Invalid login details")


# -- signing in -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({"api_key": "k1"}, "App k1"),
        ({"api_key": "App k1"}, "App k1"),
        ({"api_key": "Basic dTpw"}, "Basic dTpw"),
        ({"username": "ana", "password": "ñ:p"}, f"Basic {base64.b64encode('ana:ñ:p'.encode()).decode()}"),
        ({"auth_form": "ibsso", "session_token": "s1"}, "IBSSO s1"),
    ],
)
def test_each_way_to_sign_in_has_its_header(credentials: dict[str, str], header: str) -> None:
    _, server = send([accepted(LUCIA)], EMAIL, [LUCIA], credentials=credentials)
    assert f"authorization: {header}\r\n" in head_of(server).replace("Authorization", "authorization")


BEARER = {"auth_form": "bearer", "client_id": "shop", "client_secret": "s3cr3t-of-the-shop"}


def token(name: str, lives: int = 3600) -> bytes:
    return answer(body=orjson.dumps({"access_token": name, "expires_in": lives, "token_type": "Bearer"}))


def test_a_bearer_token_is_fetched_once_and_kept() -> None:
    async def run() -> RawServer:
        async with serving(answering(token("t1"), accepted(LUCIA))) as server:
            async with MessagingService(AccountConfig(server.url, BEARER), allow_private=True) as provider:
                for _ in range(2):
                    await provider.send(Outgoing(KEY, EMAIL, [LUCIA]))
            return server

    server = asyncio.run(run())
    assert [head_of(server, n).split()[1] for n in range(3)] == ["/auth/1/oauth2/token", *["/email/4/messages"] * 2]
    assert server.requests[0][1] == (b"client_id=shop&client_secret=s3cr3t-of-the-shop&grant_type=client_credentials")
    assert "authorization: bearer t1" in head_of(server, 2).lower()


def test_a_token_that_ended_early_is_renewed_once() -> None:
    replies = [token("t1"), answer("401 Unauthorized"), token("t2"), accepted(LUCIA)]
    receipts, server = send(replies, EMAIL, [LUCIA], credentials=BEARER)
    assert receipts[0].outcome is Outcome.ACCEPTED
    assert "authorization: bearer t2" in head_of(server, 3).lower()


def test_a_refused_client_is_a_refused_key() -> None:
    body = b'{"error": "invalid_client", "error_description": "Unknown client"}'
    with pytest.raises(Misconfigured) as caught:
        send([answer("401 Unauthorized", body)], EMAIL, [LUCIA], credentials=BEARER)
    assert (caught.value.reason, caught.value.text) == (Reason.AUTH, "Unknown client")


def test_a_token_route_that_is_down_sent_nothing() -> None:
    with pytest.raises(NotSent):
        send([answer("503 Service Unavailable")], EMAIL, [LUCIA], credentials=BEARER)
