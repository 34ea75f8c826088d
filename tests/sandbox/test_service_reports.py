"""messaging-service: reports and events by push."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.messages import (
    configure,
    email,
    post_email,
    post_sms,
    pull,
    recipient,
    send_email,
    send_sms,
    sms,
    timestamp,
)
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess

HOUR = 3600


@pytest.fixture(autouse=True)
def subscriptions(sandbox: SandboxProcess, receiver: Receiver) -> None:
    configure(sandbox, delivery_url=receiver.url("delivery"), tracking_url=receiver.url("events"))


def reports(receiver: Receiver, path: str = "delivery") -> list[dict[str, Any]]:
    """The rows of all pushed reports."""
    return [row for body in receiver.at(path) for row in body["results"]]


def statuses(receiver: Receiver, path: str = "delivery") -> list[tuple[int, int]]:
    return [(row["status"]["id"], row["error"]["id"]) for row in reports(receiver, path)]


# Push


def test_an_email_report_has_the_flat_shape_of_pushes(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    at = sandbox.now()
    webhooks = {"delivery": {"url": receiver.url("own")}, "callbackData": '{"d":"d-77"}'}
    options = {"campaignReferenceId": "c-2b", "platform": {"applicationId": "app", "entityId": "ent"}}
    send_email(service, "hardbounce1@b.example", webhooks=webhooks, options=options)
    sandbox.advance(10)
    assert receiver.at("delivery") == []
    assert reports(receiver, "own") == [
        {
            "bulkId": "b-1",
            "messageId": "m-1",
            "to": "hardbounce1@b.example",
            "sentAt": timestamp(at),
            "doneAt": timestamp(at + 2),
            "smsCount": 1,
            "price": {"pricePerMessage": 0.0, "currency": "UNKNOWN"},
            "status": {
                "groupId": 2,
                "groupName": "UNDELIVERABLE",
                "id": 9,
                "name": "UNDELIVERABLE_NOT_DELIVERED",
                "description": "Message not delivered",
            },
            "error": {
                "groupId": 2,
                "groupName": "USER_ERRORS",
                "id": 6012,
                "name": "EC_HARD_BOUNCE",
                "description": "Hard bounce",
                "permanent": True,
            },
            "callbackData": '{"d":"d-77"}',
            "campaignReferenceId": "c-2b",
            "entityId": "ent",
            "applicationId": "app",
            "attemptCount": 1,
            "timeToFirstAttempt": 120,
            "sendingIp": "192.0.2.10",
            "smtp": {"response": "550 5.1.1 no such user"},
            "browserLink": "",
        }
    ]


def test_an_sms_report_is_pushed_in_the_shape_of_pulls(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    send_sms(service, options={"campaignReferenceId": "c-2b", "platform": {"entityId": "ent"}})
    sandbox.advance(10)
    (pushed,) = reports(receiver)
    assert [pushed] == pull(service, "sms")
    assert {"messageCount", "mccMnc", "platform", "sender"} <= pushed.keys()
    assert "smsCount" not in pushed


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("59171234567", [(5, 0)]),
        ("59171230006", [(9, 1)]),
        ("59171230007", [(15, 4101)]),
        ("59171230008", [(29, 0)]),
        ("59171230009", []),
        ("59171230011", [(2, 0), (5, 0)]),
    ],
)
def test_sms_outcomes_by_ending(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver, number: str, expected: list[Any]
) -> None:
    send_sms(service, number)
    sandbox.advance(HOUR)
    assert statuses(receiver) == expected


@pytest.mark.parametrize(
    ("address", "expected", "events"),
    [
        ("ana@b.example", [(5, 0)], []),
        ("hardbounce.7@b.example", [(9, 6012)], []),
        ("softbounce7@b.example", [(9, 6011)], []),
        ("suppressed@b.example", [(9, 6034)], []),
        ("OptedOut@b.example", [(9, 6003)], []),
        ("spam1@b.example", [(9, 6042)], []),
        ("complaint@b.example", [(5, 0)], ["COMPLAINED"]),
        ("engaged@b.example", [(5, 0)], ["OPENED", "CLICKED"]),
        ("leaver@b.example", [(5, 0)], ["UNSUBSCRIBED"]),
        ("lostreport@b.example", [(29, 0)], []),
        ("noreport@b.example", [], []),
        ("latebounce@b.example", [(5, 0)], ["LATE_BOUNCE"]),
    ],
)
def test_email_outcomes_by_address(
    sandbox: SandboxProcess,
    service: httpx.Client,
    receiver: Receiver,
    address: str,
    expected: list[Any],
    events: list[str],
) -> None:
    send_email(service, address)
    sandbox.advance(HOUR)
    assert statuses(receiver) == expected
    assert [event["notificationType"] for event in receiver.at("events")] == events


def test_an_event_is_one_bare_object_to_the_tracking_url(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    at = sandbox.now()
    message = email(recipient("leaver@b.example", "m-1"), options={"campaignReferenceId": "c-2b"})
    post_email(service, message, schedule={"bulkId": "b-1"}, tracking={"trackingUrl": receiver.url("own")})
    sandbox.advance(10)
    (event,) = receiver.at("own")
    assert event.pop("eventId")
    assert event == {
        "notificationType": "UNSUBSCRIBED",
        "domain": "tiendanorte.example",
        "recipient": "leaver@b.example",
        "sendDateTime": int((at + 3) * 1000),
        "messageId": "m-1",
        "bulkId": "b-1",
        "campaignReferenceId": "c-2b",
        "recipientInfo": {"deviceType": "Phone", "os": "Android 15", "deviceName": "Generic"},
        "geoLocation": {"countryName": "Bolivia", "city": "La Paz"},
    }


@pytest.mark.parametrize(
    ("tracking", "events"),
    [
        ({"track": False}, []),
        ({"track": False, "trackClicks": True}, ["CLICKED"]),
        ({"trackOpens": False}, ["CLICKED"]),
        ({"trackClicks": False}, ["OPENED"]),
    ],
)
def test_only_what_is_tracked_is_told(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver, tracking: dict[str, Any], events: list[str]
) -> None:
    post_email(service, email(recipient("engaged@b.example")), tracking=tracking)
    sandbox.advance(10)
    assert [event["notificationType"] for event in receiver.at("events")] == events


def test_reports_are_pushed_a_hundred_at_a_time(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    message = sms()
    message["destinations"] = [{"to": f"591{71230100 + i}"} for i in range(250)]
    post_sms(service, message)
    sandbox.advance(10)
    assert sorted(len(body["results"]) for body in receiver.at("delivery")) == [50, 100, 100]


def test_an_intermediate_report_comes_only_when_asked_for(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    send_sms(service, webhooks={"delivery": {"intermediateReport": True}})
    sandbox.advance(10)
    assert statuses(receiver) == [(7, 0), (5, 0)]


def test_notify_false_means_no_report_at_all(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    send_email(service, webhooks={"delivery": {"url": receiver.url("own"), "notify": False}})
    sandbox.advance(10)
    assert receiver.received == []
    assert pull(service) == []


def test_every_push_comes_twice_when_asked_for(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    configure(sandbox, duplicate=True)
    send_email(service)
    sandbox.advance(10)
    first, second = receiver.at("delivery")
    assert first == second


def test_a_failed_push_is_repeated_after_1_min_plus_1_min_times_n_squared(
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver
) -> None:
    configure(sandbox, push_retries=3)
    receiver.statuses.extend([500] * 4)
    send_email(service)
    pushes = []
    for seconds in (2, 119, 2, 298, 2, 598, 2, 100000):
        sandbox.advance(seconds)
        pushes.append(len(receiver.at("delivery")))
    assert pushes == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [(item["kind"], item["attempts"]) for item in sandbox.undelivered()] == [("delivery", 4)]
