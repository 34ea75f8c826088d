"""The contract's sample bodies as CRM Messaging must get them, and its sample answers as we must read them (§4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from campaigns.providers.base import Channel, Outcome
from campaigns.providers.crm_messaging import times
from campaigns.providers.remote import Course, Followed
from campaigns.states import Reason
from tests.providers.crm_wire import (
    ELENI,
    ELENI_BY_EMAIL,
    MARKOS,
    MARKOS_BY_EMAIL,
    NEWS,
    VOUCHER,
    counted,
    on_server,
    send,
    told,
)

SMS_BODY: dict[str, Any] = {
    "templateId": 204,
    "scheduleDate": "2026-10-05T10:00:00+03:00",
    "recipients": [
        {
            "uniqueId": "cli-10021",
            "cardNumber": "LC-550012",
            "mobilePhone": "6941112233",
            "payload": {"Firstname": "Eleni", "voucherCode": "AUTUMN41", "expirationDate": "12/10/2026"},
        },
        {
            "uniqueId": "cli-10022",
            "mobilePhone": "2101234567",
            "payload": {"Firstname": "Markos", "voucherCode": "AUTUMN42", "expirationDate": "12/10/2026"},
        },
    ],
}
SMS_ANSWER = {
    "dispatch": 418807,
    "totalRecipients": 2,
    "totalRecipientsSent": 1,
    "invalidRecipients": 1,
    "sendDate": "2026-10-05T10:00:00+03:00",
    "invalidEmails": [],
    "invalidMobiles": [{"uniqueId": "cli-10022", "mobile": "2101234567"}],
}
EMAIL_BODY: dict[str, Any] = {
    "templateId": 311,
    "recipients": [
        {"uniqueId": "cli-20001", "email": "eleni@buzon.example", "payload": {"Firstname": "Eleni"}},
        {"uniqueId": "cli-20002", "email": "markos.buzon.example", "payload": {"Firstname": "Markos"}},
    ],
}
EMAIL_ANSWER = {
    "dispatch": 418811,
    "totalRecipients": 2,
    "totalRecipientsSent": 1,
    "invalidRecipients": 1,
    "sendDate": "2026-10-05T09:12:40+03:00",
    "invalidEmails": ["markos.buzon.example"],
    "invalidMobiles": [],
}
DISPATCH = {
    "dispatchId": 418807,
    "campaignMessageId": 204,
    "scheduleId": None,
    "createdAt": "2026-10-04T18:20:11.4",
    "startedQueuingAt": None,
    "finishedQueuingAt": None,
    "messageTypeId": 1,
    "isTest": False,
    "isInitialized": True,
    "hasStartedQueuing": False,
    "hasFinishedQueuing": False,
    "totalRecipients": 1,
    "sendStatusId": 2,
    "errorMessage": None,
    "lastUpdate": None,
    "queueAt": "2026-10-05T10:00:00",
    "sendAt": "2026-10-05T10:00:00",
    "legacyCode1": None,
    "gatewayId": "",
    "gatewayId1": "",
    "creationDate": "2026-10-04T18:20:11",
    "modifiedDate": "2026-10-04T18:20:11",
}
DUE = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def the_evening_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: datetime(2026, 10, 4, 15, 20, 11, tzinfo=UTC))


def test_the_sample_sms_send() -> None:
    eleni, markos = replace(ELENI, fields={"card": "LC-550012"}), replace(MARKOS, fields={"card": ""})
    body = replace(VOUCHER, options={"scheduleDate": "2026-10-05 10:00"})
    receipts, server = send(told(SMS_ANSWER), body, [eleni, markos], card_field="card", may_schedule="true")
    head, sent = server.requests[0]
    assert orjson.loads(sent) == SMS_BODY
    assert head.startswith("POST /api/SendMessages HTTP/1.1\r\n")
    assert [(r.outcome, r.reason) for r in receipts] == [
        (Outcome.ACCEPTED, Reason.NONE),
        (Outcome.REFUSED, Reason.INVALID_RECIPIENT),
    ]
    assert (receipts[0].ticket, receipts[0].provider_message_id, receipts[0].due_at) == ("418807", "418807", DUE)


def test_the_sample_email_send() -> None:
    receipts, server = send(told(EMAIL_ANSWER), NEWS, [ELENI_BY_EMAIL, MARKOS_BY_EMAIL])
    assert orjson.loads(server.requests[0][1]) == EMAIL_BODY
    assert [r.outcome for r in receipts] == [Outcome.ACCEPTED, Outcome.REFUSED]
    assert (receipts[0].ticket, receipts[0].due_at) == ("418811", None)


def test_every_request_signs_in_and_asks_for_english() -> None:
    _, server = send(told(counted(2, 2, 0)))
    head = server.requests[0][0].lower()
    assert "authorization: basic c2fuzgjvedphlwxvbmctcgfzc3dvcmq=" in head  # sandbox:a-long-password
    assert "content-type: application/json\r\n" in head
    assert "accept-language: en\r\n" in head


def followed(payload: dict[str, Any]) -> Followed:
    return on_server(lambda provider: provider.follow("418807", Channel.SMS), told(payload))[0]


def test_the_sample_dispatch_that_waits() -> None:
    found, server = on_server(lambda provider: provider.follow("418807", Channel.SMS), told(DISPATCH))
    assert server.requests[0][0].startswith("GET /api/Dispatches/418807 HTTP/1.1\r\n")
    assert found == Followed("418807", Course.OPEN, "2", "Pending", "204", 1, DUE)


def test_the_sample_dispatch_that_was_handed_over() -> None:
    moved = {
        "startedQueuingAt": "2026-10-05T10:00:01.037",
        "finishedQueuingAt": "2026-10-05T10:00:01.21",
        "hasStartedQueuing": True,
        "hasFinishedQueuing": True,
        "sendStatusId": 3,
        "lastUpdate": "2026-10-05T10:00:01",
        "gatewayId": "gw-1",
        "modifiedDate": "2026-10-05T10:00:01",
    }
    assert followed({**DISPATCH, **moved}).course is Course.DONE


def test_the_sample_dispatch_that_failed() -> None:
    failed = {
        "dispatchId": 418830,
        "campaignMessageId": 204,
        "messageTypeId": 1,
        "isInitialized": True,
        "hasStartedQueuing": True,
        "hasFinishedQueuing": False,
        "totalRecipients": 40,
        "sendStatusId": 7,
        "errorMessage": "Gateway refused the batch",
    }
    found = followed(failed)
    assert (found.course, found.code, found.text) == (Course.UNCLEAR, "7", "Gateway refused the batch")


@pytest.mark.parametrize(
    ("changes", "course"),
    [
        ({"sendStatusId": 1}, Course.OPEN),
        ({"sendStatusId": 3, "hasStartedQueuing": True}, Course.OPEN),
        ({"sendStatusId": 4}, Course.OPEN),
        ({"sendStatusId": 5}, Course.OPEN),
        ({"sendStatusId": 6}, Course.OPEN),
        ({"sendStatusId": 8}, Course.OPEN),
        ({"sendStatusId": "3"}, Course.OPEN),
        ({"sendStatusId": 7}, Course.FAILED),
        ({"sendStatusId": 7, "hasStartedQueuing": True}, Course.UNCLEAR),
    ],
)
def test_every_state_is_read_as_the_contract_says(changes: dict[str, Any], course: Course) -> None:
    assert followed({**DISPATCH, **changes}).course is course
