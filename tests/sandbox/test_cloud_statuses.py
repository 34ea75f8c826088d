"""Look-ups, the not-sent list and event notifications of the Marketing Cloud sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox.cloud import (
    CALLBACKS,
    EVENTS,
    MESSAGES,
    SUBSCRIPTIONS,
    VERIFY,
    configure,
    kinds,
    refusal,
    row,
    send,
    status,
    subscribe,
    told,
)
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess


# -- look-ups -------------------------------------------------------------------------------------
def test_a_queued_message_shows_no_details(cloud: httpx.Client) -> None:
    send(cloud)
    assert set(status(cloud)) == {"requestId", "eventCategoryType", "timestamp"}


def test_timestamps_are_central_time_without_an_offset(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud)
    sandbox.advance(10)
    found = datetime.fromisoformat(status(cloud)["timestamp"])
    assert found.tzinfo is None
    assert abs(found.replace(tzinfo=UTC) + timedelta(hours=6) - datetime.fromtimestamp(sandbox.now(), UTC)) < timedelta(
        seconds=30
    )


def test_an_unknown_key_is_not_found(cloud: httpx.Client) -> None:
    assert refusal(cloud.get(f"{MESSAGES}nothing")) == (404, 30003)


def test_more_than_five_look_ups_a_second_are_too_many(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud)
    assert [cloud.get(f"{MESSAGES}m-1").status_code for _ in range(6)] == [200] * 5 + [429]
    limited = cloud.get(f"{MESSAGES}m-1")
    assert (refusal(limited), limited.headers["Retry-After"]) == ((429, 50100), "5")
    sandbox.advance(1)
    assert cloud.get(f"{MESSAGES}m-1").status_code == 200


def test_the_newest_message_of_a_key_answers(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    configure(sandbox, dedupe_scope="request")
    first, second = send(cloud).json(), send(cloud).json()
    assert first["requestId"] != second["requestId"] == status(cloud)["requestId"]


def test_the_not_sent_list_goes_on_where_it_ended(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, *(row("59171230001", key=f"m-{n}") for n in range(5)), row("59171230003", key="hidden"))
    sandbox.advance(10)
    first = cloud.get(MESSAGES, params={"type": "notSent", "$PAGESIZE": 3}).json()
    assert (first["count"], first["lastEventID"]) == (3, 3)
    rest = cloud.get(MESSAGES, params={"type": "notSent", "$pageSize": 3, "lastEventId": first["lastEventID"]}).json()
    assert [one["info"]["messageKey"] for one in rest["messages"]] == ["m-3", "m-4"]
    one = rest["messages"][0]
    assert (one["statusCode"], one["eventCategoryType"]) == (129, "TransactionalSendEvents.SMSNotSent")


# -- notifications --------------------------------------------------------------------------------
def test_a_callback_is_greeted_before_its_answer_and_shows_its_key_once(
    cloud: httpx.Client, receiver: Receiver
) -> None:
    made = cloud.post(CALLBACKS, json=[{"callbackName": "a", "url": receiver.url("ens"), "maxBatchSize": 500}])
    assert made.status_code == 201
    (callback,) = made.json()
    assert set(callback) == {"callbackId", "signatureKey", "callbackName", "url", "maxBatchSize"}
    assert receiver.at("ens") == [
        {"callbackId": callback["callbackId"], "verificationKey": receiver.at("ens")[0]["verificationKey"]}
    ]


def test_a_callback_that_does_not_answer_200_is_not_made(cloud: httpx.Client, receiver: Receiver) -> None:
    receiver.statuses.append(204)
    made = cloud.post(CALLBACKS, json=[{"callbackName": "a", "url": receiver.url("ens")}])
    assert refusal(made) == (400, 10000)
    assert cloud.post(VERIFY, json=receiver.at("ens")[0]).status_code == 404


@pytest.mark.parametrize(
    "url", ["http://a.example/x", "https://a.example:8443/x", "https://a.example/x?y=1", "ftp://127.0.0.1/"]
)
def test_only_plain_https_addresses_are_taken(cloud: httpx.Client, url: str) -> None:
    assert refusal(cloud.post(CALLBACKS, json=[{"callbackName": "a", "url": url}])) == (400, 10005)


def test_set_up_takes_arrays(cloud: httpx.Client, receiver: Receiver) -> None:
    assert refusal(cloud.post(CALLBACKS, json={"callbackName": "a", "url": receiver.url("ens")})) == (400, 10001)


def test_a_wrong_verification_is_not_found(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    callback = cloud.post(CALLBACKS, json=[{"callbackName": "a", "url": receiver.url("ens")}]).json()[0]
    wrong = {"callbackId": callback["callbackId"], "verificationKey": "wrong"}
    assert cloud.post(VERIFY, json=wrong).status_code == 404
    wanted = {"callbackId": callback["callbackId"], "subscriptionName": "s", "eventCategoryTypes": EVENTS}
    assert refusal(cloud.post(SUBSCRIPTIONS, json=[wanted])) == (400, 30001)


def test_a_callback_is_verified_within_four_hours(
    sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver
) -> None:
    configure(sandbox, token_seconds=100_000)
    answer = cloud.post("/v2/token", json={"grant_type": "client_credentials", "client_id": "sandbox",
                                          "client_secret": "sandbox"})  # fmt: skip
    cloud.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    cloud.post(CALLBACKS, json=[{"callbackName": "a", "url": receiver.url("ens")}])
    sandbox.advance(4 * 3600 + 1)
    assert cloud.post(VERIFY, json=receiver.at("ens")[0]).status_code == 404


def test_a_subscription_exists_once(cloud: httpx.Client, receiver: Receiver) -> None:
    made = subscribe(cloud, receiver)
    again = {"callbackId": made["callbackId"], "subscriptionName": "ens", "eventCategoryTypes": EVENTS}
    assert cloud.post(SUBSCRIPTIONS, json=[again]).status_code == 304
    assert cloud.post(SUBSCRIPTIONS, json=[again | {"callbackId": "x"}]).status_code == 404


def test_a_batch_is_signed_over_its_raw_body(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    key = subscribe(cloud, receiver)["signatureKey"]
    send(cloud)
    sandbox.advance(1)
    headers, body = receiver.raw[0]
    expected = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["x-sfmc-ens-signature"] == expected
    configure(sandbox, sign_wrongly=True)
    sandbox.advance(60)
    headers, body = receiver.raw[-1]
    assert (
        headers["x-sfmc-ens-signature"]
        != base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    )


@pytest.mark.parametrize(
    ("ending", "events"),
    [
        ("0001", [("SmsNotSent", "129")]),
        ("0002", [("SmsNotSent", "33")]),
        ("0003", [("SmsNotSent", "47")]),
        ("0004", [("SmsSent", ""), ("SmsTransient", "3000"), ("SmsBounced", "4500")]),
        ("0005", [("SmsSent", ""), ("SmsBounced", "4505")]),
        ("0006", [("SmsSent", ""), ("SmsBounced", "4501")]),
        ("0007", [("SmsSent", "")]),
        ("0008", [("SmsSent", ""), ("SmsDelivered", "4000"), ("SmsTransient", "3001")]),
        ("0009", [("SmsSent", ""), ("SmsTransient", "4000")]),
        ("0010", [("SmsSent", ""), ("SmsBounced", "4503")]),
        ("4567", [("SmsSent", ""), ("SmsTransient", "3000"), ("SmsDelivered", "4000")]),
    ],
)
def test_the_events_of_a_number(
    sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver, ending: str, events: list[tuple[str, str]]
) -> None:
    subscribe(cloud, receiver)
    send(cloud, row(f"5917123{ending}"))
    sandbox.advance(60)
    assert kinds(receiver) == events


def test_the_published_defect_is_reproduced(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    subscribe(cloud, receiver)
    send(cloud, row("59171230009"))
    sandbox.advance(60)
    assert told(receiver)[-1]["Info"]["statusCode"] == "4000"


def test_every_part_has_events_of_its_own(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    subscribe(cloud, receiver)
    send(cloud, row(FirstName="x" * 160))
    sandbox.advance(60)
    assert [event["info"].get("ordinal") for event in told(receiver)] == [None, "0", "1", "0", "1"]


def test_batches_keep_their_size(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    subscribe(cloud, receiver, maxBatchSize=2)
    send(cloud, *(row("59171230007", key=f"m-{n}") for n in range(5)))
    sandbox.advance(60)
    assert sorted(len(batch) for batch in receiver.at("ens")) == [1, 2, 2]


def test_a_batch_is_repeated_on_demand(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    subscribe(cloud, receiver)
    configure(sandbox, repeat_batches=True)
    send(cloud, row("59171230007"))
    sandbox.advance(60)
    assert len(receiver.at("ens")) == 2


def test_a_batch_that_is_not_taken_comes_three_times_more(
    sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver
) -> None:
    subscribe(cloud, receiver)
    receiver.statuses.extend([500, 205, 302, 500])
    send(cloud, row("59171230007"))
    sandbox.advance(300)
    assert len(receiver.at("ens")) == 4
    assert len(sandbox.undelivered()) == 1


@pytest.mark.parametrize("code", [200, 201, 202, 203, 204])
def test_these_answers_are_enough(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver, code: int) -> None:
    subscribe(cloud, receiver)
    receiver.statuses.append(code)
    send(cloud, row("59171230007"))
    sandbox.advance(300)
    assert len(receiver.at("ens")) == 1


def test_events_of_a_pause_are_lost(sandbox: SandboxProcess, cloud: httpx.Client, receiver: Receiver) -> None:
    subscription = subscribe(cloud, receiver)["subscriptionId"]
    change = {"subscriptionId": subscription, "status": "paused", "statusReason": "test"}
    assert cloud.put(SUBSCRIPTIONS, json=[change]).status_code == 200
    send(cloud, row("59171230007"))
    sandbox.advance(60)
    cloud.put(SUBSCRIPTIONS, json=[change | {"status": "active"}])
    sandbox.advance(60)
    assert told(receiver) == []
