"""messaging-service: reports pushed and pulled, events, logs, replies."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.messages import email, post_email, post_sms, recipient, rows, sms, timestamp, violated
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess

HOUR = 3600
VENDOR = "messaging-service"


def configure(sandbox: SandboxProcess, **settings: Any) -> None:
    sandbox.configure(**{VENDOR: settings})


@pytest.fixture(autouse=True)
def subscriptions(sandbox: SandboxProcess, receiver: Receiver) -> None:
    configure(sandbox, delivery_url=receiver.url("delivery"), tracking_url=receiver.url("events"))


def send_email(service: httpx.Client, address: str = "ana@b.example", **fields: Any) -> None:
    rows(post_email(service, email(recipient(address, "m-1"), **fields), schedule={"bulkId": "b-1"}))


def send_sms(service: httpx.Client, number: str = "59171234567", **fields: Any) -> None:
    rows(post_sms(service, sms(number, message_id="m-1", **fields), schedule={"bulkId": "b-1"}))


def reports(receiver: Receiver, path: str = "delivery") -> list[dict[str, Any]]:
    """The rows of all pushed reports."""
    return [row for body in receiver.at(path) for row in body["results"]]


def statuses(receiver: Receiver, path: str = "delivery") -> list[tuple[int, int]]:
    return [(row["status"]["id"], row["error"]["id"]) for row in reports(receiver, path)]


def pull(service: httpx.Client, channel: str = "email", **query: Any) -> list[dict[str, Any]]:
    version = {"email": 4, "sms": 3}[channel]
    answer = service.get(f"/{channel}/{version}/reports", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def logs(service: httpx.Client, channel: str = "email", **query: Any) -> list[dict[str, Any]]:
    version = {"email": 4, "sms": 3}[channel]
    answer = service.get(f"/{channel}/{version}/logs", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


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
    sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver, address: str, expected: list[Any], events: list[str]
) -> None:  # fmt: skip
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


# Pull


def test_a_pulled_report_has_its_own_shape(sandbox: SandboxProcess, service: httpx.Client) -> None:
    send_email(service, options={"platform": {"applicationId": "app"}})
    sandbox.advance(10)
    (row,) = pull(service)
    assert list(row) == [
        "bulkId", "messageId", "to", "sender", "sentAt", "doneAt", "messageCount", "price", "status", "error",
        "platform", "attemptCount", "timeToFirstAttempt",
    ]  # fmt: skip
    assert row["platform"] == {"applicationId": "app"}


def test_each_report_is_pulled_once(sandbox: SandboxProcess, service: httpx.Client) -> None:
    send_sms(service, "59171230011")
    sandbox.advance(2)
    assert [row["status"]["id"] for row in pull(service, "sms")] == [2]
    assert pull(service, "sms") == []
    sandbox.advance(1)
    assert [row["status"]["id"] for row in pull(service, "sms")] == [5]
    assert pull(service, "sms") == []


def test_the_newest_fifty_reports_come_first(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, email(*[recipient(f"old{i}@b.example") for i in range(30)]))
    sandbox.advance(10)
    post_email(service, email(*[recipient(f"new{i}@b.example") for i in range(30)]))
    sandbox.advance(10)
    first, second = pull(service), pull(service)
    assert (len(first), len(second)) == (50, 10)
    assert all(row["to"].startswith("new") for row in first[:30])
    assert all(row["to"].startswith("old") for row in second)


def test_reports_are_pulled_by_bulk_message_and_campaign(sandbox: SandboxProcess, service: httpx.Client) -> None:
    for number in (1, 2, 3):
        message = email(
            recipient(f"p{number}@b.example", f"m-{number}"), options={"campaignReferenceId": f"c-{number}"}
        )
        post_email(service, message, schedule={"bulkId": f"b-{number}"})
    sandbox.advance(10)
    assert [row["messageId"] for row in pull(service, bulkId="b-2")] == ["m-2"]
    assert [row["messageId"] for row in pull(service, messageId="m-3")] == ["m-3"]
    assert [row["messageId"] for row in pull(service, campaignReferenceId="c-1")] == ["m-1"]
    assert pull(service) == []


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_limit_outside_1_to_1000_is_refused(service: httpx.Client, limit: str) -> None:
    for path in ("/email/4/reports", "/sms/3/logs"):
        assert violated(service.get(path, params={"limit": limit})) == ["limit"]


def test_reports_are_hidden_after_48_hours(sandbox: SandboxProcess, service: httpx.Client) -> None:
    send_email(service)
    sandbox.advance(2 + 48 * HOUR + 1)
    assert pull(service) == []


# Logs


def test_logs_tell_the_state_again_and_again(sandbox: SandboxProcess, service: httpx.Client) -> None:
    send_email(service)
    assert [row["status"]["id"] for row in logs(service, messageId="m-1")] == [7]
    sandbox.advance(2)
    for _ in range(2):
        (row,) = logs(service, messageId="m-1")
        assert row["status"]["id"] == 5
    assert row["destination"] == "ana@b.example"
    assert "to" not in row


def test_logs_know_what_was_refused_inside_a_request(service: httpx.Client) -> None:
    rows(post_sms(service, sms("59171230003", message_id="m-3")))
    assert [row["status"]["id"] for row in logs(service, "sms", messageId="m-3")] == [10]


def test_logs_are_searched_by_lists_of_ids(sandbox: SandboxProcess, service: httpx.Client) -> None:
    for number in (1, 2, 3):
        post_sms(service, sms(f"5917123456{number}", message_id=f"m-{number}"), schedule={"bulkId": f"b-{number}"})
    assert {row["messageId"] for row in logs(service, "sms", messageId="m-1,m-3,unknown")} == {"m-1", "m-3"}
    assert {row["messageId"] for row in logs(service, "sms", bulkId="b-1,b-2")} == {"m-1", "m-2"}
    assert logs(service, "sms", messageId="m-1", bulkId="b-2") == []
    assert logs(service, "email", messageId="m-1") == []


def test_a_list_of_ids_has_at_most_2048_characters(service: httpx.Client) -> None:
    assert violated(service.get("/sms/3/logs", params={"messageId": "x" * 2049})) == ["messageId"]


def test_logs_are_filtered(sandbox: SandboxProcess, service: httpx.Client) -> None:
    send_sms(service, "59171230006")
    sandbox.advance(HOUR)
    rows(post_sms(service, sms("59171234567", message_id="m-2", options={"campaignReferenceId": "c-2"})))
    sandbox.advance(10)

    def ids(**query: Any) -> list[str]:
        return [row["messageId"] for row in logs(service, "sms", **query)]

    assert ids() == ["m-2", "m-1"]
    assert ids(destination="59171230006") == ["m-1"]
    assert ids(generalStatus="DELIVERED") == ["m-2"]
    assert ids(campaignReferenceId="c-2") == ["m-2"]
    assert ids(sender="Nobody") == []
    assert ids(sentSince=timestamp(sandbox.now() - 60)) == ["m-2"]
    assert ids(sentUntil=timestamp(sandbox.now() - 60)) == ["m-1"]
    assert violated(service.get("/sms/3/logs", params={"sentSince": "yesterday"})) == ["sentSince"]


def test_logs_are_read_page_by_page_with_a_cursor(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, email(*[recipient(f"p{i}@b.example", f"m-{i}") for i in range(5)]))
    pages, cursor = [], ""
    while True:
        answer = service.get("/email/4/logs", params={"limit": 2, "useCursor": "true", "cursor": cursor}).json()
        pages.append([row["messageId"] for row in answer["results"]])
        cursor = answer["cursor"]["nextCursor"]
        if cursor is None:
            break
    assert pages == [["m-4", "m-3"], ["m-2", "m-1"], ["m-0"]]


def test_logs_are_hidden_after_48_hours(sandbox: SandboxProcess, service: httpx.Client) -> None:
    send_email(service)
    sandbox.advance(48 * HOUR)
    assert len(logs(service)) == 1
    sandbox.advance(1)
    assert logs(service) == []


def test_logs_may_lag(sandbox: SandboxProcess, service: httpx.Client) -> None:
    configure(sandbox, logs_delay_s=120)
    send_email(service)
    sandbox.advance(119)
    assert logs(service, messageId="m-1") == []
    sandbox.advance(1)
    assert len(logs(service, messageId="m-1")) == 1


# Replies


def test_a_reply_is_pushed_and_pulled_once(sandbox: SandboxProcess, service: httpx.Client, receiver: Receiver) -> None:
    configure(sandbox, mo_url=receiver.url("mo"))
    send_sms(service, webhooks={"callbackData": "d-77"})
    at = sandbox.now()
    reply_id = sandbox.reply(VENDOR, "59171234567", "BAJA ya", answers="m-1")
    sandbox.advance(0)
    expected = {
        "messageId": reply_id,
        "from": "59171234567",
        "to": "59170000111",
        "text": "BAJA ya",
        "cleanText": "ya",
        "keyword": "BAJA",
        "receivedAt": timestamp(at),
        "smsCount": 1,
        "price": {"pricePerMessage": 0.0, "currency": "UNKNOWN"},
        "callbackData": "d-77",
    }
    assert receiver.at("mo") == [{"results": [expected], "messageCount": 1, "pendingMessageCount": 0}]
    assert service.get("/sms/1/inbox/reports").json()["results"] == [expected]
    assert service.get("/sms/1/inbox/reports").json()["results"] == []


def test_replies_that_wait_are_counted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    for text in ("a", "b", "c"):
        sandbox.reply(VENDOR, "59171234567", text)
    answer = service.get("/sms/1/inbox/reports", params={"limit": 2}).json()
    assert ([row["text"] for row in answer["results"]], answer["pendingMessageCount"]) == (["a", "b"], 1)


def test_replies_are_forgotten_after_48_hours(sandbox: SandboxProcess, service: httpx.Client) -> None:
    sandbox.reply(VENDOR, "59171234567", "a")
    sandbox.advance(48 * HOUR + 1)
    assert service.get("/sms/1/inbox/reports").json()["results"] == []
