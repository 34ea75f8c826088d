"""messaging-service: reports and logs by pull, and replies."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.messages import (
    VENDOR,
    configure,
    email,
    logs,
    post_email,
    post_sms,
    pull,
    recipient,
    rows,
    send_email,
    send_sms,
    sms,
    timestamp,
    violated,
)
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess

HOUR = 3600


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
