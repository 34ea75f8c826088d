"""Sinch Messaging's callbacks, delivery reports and replies, quirks included; its alphabet; its checks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from campaigns.providers.base import AccountConfig, Body, Channel, Event, EventKind, Hook, Message
from campaigns.providers.sinch_messaging import SinchMessaging
from campaigns.states import Reason

PROVIDER = SinchMessaging(AccountConfig("https://api.example", {"UserName": "u", "AuthenticationToken": "t"}))

CALLBACK: dict[str, Any] = {
    "id": "d0417ddd-0c72-4c5e-b616-80fd23a4f318",
    "correlationId": "c42-r1-a1",
    "carrierId": 1,
    "carrierName": "VIVO",
    "destination": "5521955501234",
    "sentStatusCode": 2,
    "sentStatus": "SENT_SUCCESS",
    "sentAt": 1773147605000,
    "sentDate": "2026-03-10T13:00:05Z",
    "campaignId": "64",
    "extraInfo": "",
}
DLR: dict[str, Any] = {
    "id": "d0417ddd-0c72-4c5e-b616-80fd23a4f318",
    "correlationId": "c42-r1-a1",
    "carrierId": 1,
    "carrierName": "VIVO",
    "destination": "5521955501234",
    "sentStatusCode": 2,
    "sentStatus": "SENT_SUCCESS",
    "sentStatusAt": 1773147605000,
    "sentStatusDate": "2026-03-10T13:00:05Z",
    "deliveredStatusCode": 4,
    "deliveredStatus": "DELIVERED_SUCCESS",
    "deliveredAt": 1773147641000,
    "deliveredDate": "2026-03-10T13:00:41Z",
    "campaignId": 64,
}
MO: dict[str, Any] = {
    "id": "c67eccc5-a1ad-4a3c-b0e1-187c4f740f6a",
    "subAccount": "ShopMarketing",
    "campaignAlias": "spring26",
    "carrierId": 5,
    "carrierName": "TIM",
    "source": "5521955501234",
    "shortCode": "27182",
    "messageText": "SAIR",
    "receivedAt": 1773148032000,
    "receivedDate": "2026-03-10T13:07:12Z",
    "mt": {
        "id": "d0417ddd-0c72-4c5e-b616-80fd23a4f318",
        "correlationId": "c42-r1-a1",
        "username": "shop_campaigns",
        "email": "campaigns@shop.example",
    },
}


def parse(body: object, kind: str = "status") -> list[Event]:
    return PROVIDER.parse(Hook(kind, "POST", {}, {}, orjson.dumps(body)))


def one(body: object, kind: str = "status") -> Event:
    (event,) = parse(body, kind)
    return event


def test_a_callback_says_that_the_carrier_has_it() -> None:
    event = one(CALLBACK)
    assert (event.kind, event.reference, event.address) == (EventKind.SENT, "c42-r1-a1", "+5521955501234")
    assert event.provider_message_id == "d0417ddd-0c72-4c5e-b616-80fd23a4f318"
    assert event.at == datetime(2026, 3, 10, 13, 0, 5, tzinfo=UTC)


def test_a_delivery_report_says_that_the_phone_has_it() -> None:
    event = one(DLR, "delivery")
    assert (event.kind, event.code, event.text) == (EventKind.DELIVERED, "4", "DELIVERED_SUCCESS")
    assert event.at == datetime(2026, 3, 10, 13, 0, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "reason", "suppress", "hold", "retry_after"),
    [
        (101, Reason.EXPIRED, False, False, None),
        (102, Reason.PROVIDER_DOWN, False, False, 900.0),
        (103, Reason.REJECTED_BY_CARRIER, False, False, None),
        (201, Reason.NO_CREDIT, False, True, None),
        (202, Reason.INVALID_RECIPIENT, False, False, None),
        (203, Reason.PROVIDER_BLOCKLIST, True, False, None),
        (204, Reason.PROVIDER_OPT_OUT, True, False, None),
        (205, Reason.FREQUENCY_CAP, False, False, None),
        (207, Reason.FORBIDDEN_WORDS, False, False, None),
        (301, Reason.PROVIDER_DOWN, False, False, 900.0),
    ],
)
def test_every_sent_code_has_its_reason(
    code: int, reason: Reason, suppress: bool, hold: bool, retry_after: float | None
) -> None:
    event = one(CALLBACK | {"sentStatusCode": code})
    assert (event.kind, event.reason) == (EventKind.FAILED, reason)
    assert (event.suppress, event.hold, event.retry_after) == (suppress, hold, retry_after)
    assert event.retry_limit == (None if retry_after is None else 1)


def test_a_message_that_the_carrier_could_not_deliver_is_undelivered() -> None:
    event = one(DLR | {"deliveredStatusCode": 104, "deliveredStatus": "NOT_DELIVERED"})
    assert (event.kind, event.reason) == (EventKind.UNDELIVERED, Reason.NOT_DELIVERED)


@pytest.mark.parametrize("row", [CALLBACK | {"sentStatusCode": 601}, DLR | {"deliveredStatusCode": 7}])
def test_an_unknown_code_is_kept_and_not_guessed(row: dict[str, Any]) -> None:
    event = one(row)
    assert (event.kind, event.reason) == (EventKind.OTHER, Reason.UNKNOWN_CODE)
    assert event.code in ("601", "7")


def test_codes_and_times_may_come_as_strings() -> None:
    event = one(CALLBACK | {"sentStatusCode": "2", "sentAt": "1773147605000"})
    assert (event.kind, event.at) == (EventKind.SENT, datetime(2026, 3, 10, 13, 0, 5, tzinfo=UTC))


def test_the_samples_spelling_of_the_sent_time_wins() -> None:
    row = CALLBACK | {"sentStatusAt": 1773147606000}
    assert one(row).at == datetime(2026, 3, 10, 13, 0, 6, tzinfo=UTC)


def test_the_date_serves_where_the_epoch_is_missing() -> None:
    row = {key: value for key, value in CALLBACK.items() if key != "sentAt"}
    assert one(row).at == datetime(2026, 3, 10, 13, 0, 5, tzinfo=UTC)


def test_a_time_that_makes_no_sense_is_no_time() -> None:
    assert one(CALLBACK | {"sentAt": "soon", "sentDate": None}).at is None


@pytest.mark.parametrize("wrap", [lambda row: [row], lambda row: {"total": 1, "data": [row]}])
def test_statuses_may_come_in_a_list(wrap: Any) -> None:
    assert one(wrap(CALLBACK)) == one(CALLBACK)


def test_callback_and_delivery_report_are_two_events() -> None:
    assert one(CALLBACK).event_id != one(DLR).event_id


def test_a_reply_names_the_message_it_answers() -> None:
    event = one(MO, "reply")
    assert (event.kind, event.text, event.address) == (EventKind.REPLY, "SAIR", "+5521955501234")
    assert (event.reference, event.channel) == ("c42-r1-a1", Channel.SMS)
    assert event.event_id == "mo:c67eccc5-a1ad-4a3c-b0e1-187c4f740f6a"


def test_a_reply_without_a_message_is_still_a_reply() -> None:
    event = one({key: value for key, value in MO.items() if key != "mt"}, "reply")
    assert (event.kind, event.reference) == (EventKind.REPLY, "")


def test_a_reply_may_come_by_get() -> None:
    query = {"id": "c67", "source": "5521955501234", "messageText": "SAIR", "mt.correlationId": "c42-r1-a1"}
    hook = Hook("reply", "GET", {}, query, b"")
    PROVIDER.verify(hook)
    (event,) = PROVIDER.parse(hook)
    assert (event.kind, event.text, event.reference) == (EventKind.REPLY, "SAIR", "c42-r1-a1")


def test_a_message_without_ids_is_recognised_by_all_of_it() -> None:
    row = {"sentStatusCode": 2, "destination": "5521955501234"}
    assert one(row).event_id == one(dict(reversed(row.items()))).event_id
    assert one(row).event_id != one(row | {"sentStatusCode": 101}).event_id


# -- alphabet -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "parts", "encoding", "left"),
    [
        ("", 1, "plain", 160),
        ("a" * 160, 1, "plain", 0),
        ("a" * 161, 2, "plain", 145),
        ("a" * 306, 2, "plain", 0),
        ("a" * 307, 3, "plain", 152),
        ("{}\\^_~`@$\n" * 16, 1, "plain", 0),
        ("é" * 70, 1, "ucs2", 0),
        ("é" + "a" * 70, 2, "ucs2", 55),
        ("é" * 126, 2, "ucs2", 0),
        ("é" * 127, 3, "ucs2", 62),
        ("😀" * 35, 1, "ucs2", 0),
        ("[ok]", 1, "ucs2", 66),
    ],
)
def test_parts_take_the_dearest_reading(text: str, parts: int, encoding: str, left: int) -> None:
    count = PROVIDER.count(text)
    assert (count.parts, count.encoding, count.left) == (parts, encoding, left)
    assert count.estimate


def test_the_letters_that_make_a_text_dearer_are_named_once() -> None:
    assert PROVIDER.count("Olá, não! |á|").forcing == ("á", "ã", "|")


# -- checks ---------------------------------------------------------------------------------------
BODY = Body(Channel.SMS, text="Hola")


def reasons(message: Message) -> list[Reason]:
    return [problem.reason for problem in PROVIDER.check(BODY, message)]


@pytest.mark.parametrize("address", ["+5521955501234", "5521955501234", "+55 (21) 95550-1234", "55.21.955501234"])
def test_numbers_may_be_written_as_people_write_them(address: str) -> None:
    assert reasons(Message("r", address, "Hola")) == []


@pytest.mark.parametrize(
    "address", ["", "+552195", "0034600112233", "+55219555012345678", "ana@x.example", "+55２1955501234"]
)
def test_what_is_no_number_is_told(address: str) -> None:
    assert reasons(Message("r", address, "Hola")) == [Reason.INVALID_RECIPIENT]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.INVALID_CONTENT),
        ("  \n", Reason.INVALID_CONTENT),
        ("Hola {{ name }}", Reason.INVALID_CONTENT),
        ("x" * 1281, Reason.TOO_LONG),
        ("😀" * 641, Reason.TOO_LONG),
    ],
)
def test_texts_that_cannot_be_sent_are_told(text: str, reason: Reason) -> None:
    assert reasons(Message("r", "+5521955501234", text)) == [reason]


def test_a_text_of_the_greatest_length_is_fine() -> None:
    assert reasons(Message("r", "+5521955501234", "😀" * 640)) == []


def test_email_is_not_for_this_provider() -> None:
    assert PROVIDER.check_body(Body(Channel.EMAIL, html="<p>Hola</p>"))


def test_content_with_placeholders_is_measured_later() -> None:
    assert PROVIDER.check_body(Body(Channel.SMS, text="{{ name }}" + "x" * 2000)) == []


@pytest.mark.parametrize("credentials", [{}, {"UserName": "u"}, {"UserName": "u", "AuthenticationToken": "a\r\nX: y"}])
def test_credentials_that_cannot_be_used_are_told(credentials: dict[str, str]) -> None:
    problems = SinchMessaging(AccountConfig("https://api.example", credentials)).check_account()
    assert problems and all(problem.reason is Reason.AUTH for problem in problems)


def test_an_odd_campaign_alias_is_a_warning_only() -> None:
    config = AccountConfig(
        "https://a.example", {"UserName": "u", "AuthenticationToken": "t"}, {"campaign_alias": "a b"}
    )
    (problem,) = SinchMessaging(config).check_account()
    assert problem.warning
