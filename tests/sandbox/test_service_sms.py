"""messaging-service: sending SMS by POST and by query string, previews."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.messages import configure, post_sms, rows, sms, timestamp, violated
from tests.sandbox_process import SandboxProcess

NUMBER = "59171234567"


def query(service: httpx.Client, **parameters: Any) -> httpx.Response:
    return service.get("/sms/3/text/query", params={"to": NUMBER, "text": "Hola", "bulkId": "q-1", **parameters})


def test_a_batch_is_accepted_with_our_ids_and_parts(sandbox: SandboxProcess, service: httpx.Client) -> None:
    answer = post_sms(
        service, sms(text="x" * 161, message_id="m-1"), schedule={"bulkId": "b-1"}, includeSmsCountInResponse=True
    ).json()
    assert answer["bulkId"] == "b-1"
    (row,) = answer["messages"]
    assert (row["messageId"], row["destination"], row["details"]) == ("m-1", NUMBER, {"messageCount": 2})
    assert row["status"]["name"] == "PENDING_ACCEPTED"
    (entry,) = sandbox.log()
    assert (entry["reference"], entry["text"], entry["parts"]) == ("m-1", "x" * 161, 2)
    assert (entry["sender"], entry["channel"], entry["request_id"]) == ("TiendaNorte", "sms", "b-1")


def test_parts_are_told_only_when_asked_for(service: httpx.Client) -> None:
    assert "details" not in post_sms(service, sms()).json()["messages"][0]


def test_one_text_may_have_many_destinations(sandbox: SandboxProcess, service: httpx.Client) -> None:
    message = sms()
    message["destinations"] = [{"to": f"5917123{i:04d}"} for i in range(5000, 5003)]
    assert len(rows(post_sms(service, message))) == 3
    assert {entry["text"] for entry in sandbox.log()} == {"Hola"}


@pytest.mark.parametrize(
    ("ending", "status"),
    [("0001", 52), ("0002", 8), ("0003", 10), ("0004", 14), ("0005", 20), ("0010", 12), ("0012", 21)],
)
def test_some_numbers_are_refused_at_once(
    sandbox: SandboxProcess, service: httpx.Client, ending: str, status: int
) -> None:
    assert rows(post_sms(service, sms(f"5917123{ending}"))) == {f"5917123{ending}": status}
    assert sandbox.log() == []
    assert [entry["status"]["id"] for entry in sandbox.refused()] == [status]


def test_0012_is_accepted_at_the_second_attempt_with_the_same_id(
    sandbox: SandboxProcess, service: httpx.Client
) -> None:
    answers = [rows(post_sms(service, sms("59171230012", message_id="m-1"))) for _ in range(3)]
    assert [answer["59171230012"] for answer in answers] == [21, 26, 23]
    assert len(sandbox.log()) == 1


def test_a_number_with_letters_is_refused(service: httpx.Client) -> None:
    assert rows(post_sms(service, sms("5917l234567"))) == {"5917l234567": 52}


@pytest.mark.parametrize(
    ("text", "status"),
    [("x" * 153 * 25, 26), ("x" * (153 * 25 + 1), 25), ("ñ" * 2000, 26), ("ñ" * 2001, 25), ("á" * 67 * 25, 26),
     ("á" * (67 * 25 + 1), 25)],
    ids=["25 parts", "26 parts", "4000 bytes", "4002 bytes", "25 unicode parts", "26 unicode parts"],
)  # fmt: skip
def test_more_than_25_parts_or_4000_bytes_are_refused(service: httpx.Client, text: str, status: int) -> None:
    assert rows(post_sms(service, sms(text=text))) == {NUMBER: status}


def test_the_seventh_identical_message_in_an_hour_is_refused(sandbox: SandboxProcess, service: httpx.Client) -> None:
    statuses = [rows(post_sms(service, sms()))[NUMBER] for _ in range(7)]
    assert statuses == [26] * 6 + [20]
    sandbox.advance(3601)
    assert rows(post_sms(service, sms())) == {NUMBER: 26}


def test_the_21st_different_message_in_an_hour_is_refused(service: httpx.Client) -> None:
    statuses = [rows(post_sms(service, sms(text=f"Hola {i}")))[NUMBER] for i in range(21)]
    assert statuses == [26] * 20 + [20]


def test_the_flood_filter_can_be_switched_off(sandbox: SandboxProcess, service: httpx.Client) -> None:
    configure(sandbox, anti_flood=False)
    assert {rows(post_sms(service, sms()))[NUMBER] for _ in range(8)} == {26}


BAD_MESSAGES: list[tuple[dict[str, Any], str]] = [
    (sms("5" * 65), "messages[0].destinations[0].to"),
    (sms(""), "messages[0].destinations[0].to"),
    ({**sms(), "destinations": [{"to": [NUMBER]}]}, "messages[0].destinations[0].to"),
    ({**sms(), "destinations": []}, "messages[0].destinations"),
    (sms(text=""), "messages[0].content.text"),
    (sms(message_id="x" * 201), "messages[0].destinations[0].messageId"),
    ({**sms(), "content": {"text": "x", "transliteration": "KLINGON"}}, "messages[0].content.transliteration"),
    ({**sms(), "content": {"text": "x", "language": {"languageCode": "FR"}}},
     "messages[0].content.language.languageCode"),
    (sms(options={"validityPeriod": {"amount": "720"}}), "messages[0].options.validityPeriod.amount"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "path"), BAD_MESSAGES, ids=[path for _, path in BAD_MESSAGES])
def test_a_violation_names_the_path(
    sandbox: SandboxProcess, service: httpx.Client, message: dict[str, Any], path: str
) -> None:
    assert path in violated(post_sms(service, message))
    assert sandbox.log() == []


@pytest.mark.parametrize(
    "speed", [{"amount": 0}, {"amount": "60"}, {"timeUnit": "MINUTE"}, {"amount": 1, "timeUnit": "SECOND"}]
)
def test_a_malformed_speed_limit_is_refused(service: httpx.Client, speed: dict[str, Any]) -> None:
    (path,) = violated(post_sms(service, sms(), schedule={"sendingSpeedLimit": speed}))
    assert path.startswith("options.schedule.sendingSpeedLimit.")


def test_sms_is_scheduled_at_most_180_days_ahead(sandbox: SandboxProcess, service: httpx.Client) -> None:
    def answer(days: float) -> httpx.Response:
        return post_sms(service, sms(), schedule={"sendAt": timestamp(sandbox.now() + days * 86400)})

    assert answer(179.9).status_code == 200
    assert violated(answer(180.1)) == ["options.schedule.sendAt"]


# By query string


def test_a_query_sends_to_one_recipient(sandbox: SandboxProcess, service: httpx.Client) -> None:
    answer = query(service, **{"from": "Tienda", "includeSmsCountInResponse": "true", "text": "Hola Lucía"}).json()
    assert answer["bulkId"] == "q-1"
    assert answer["messages"][0]["details"] == {"messageCount": 1}
    (entry,) = sandbox.log()
    assert (entry["destination"], entry["text"], entry["sender"]) == (NUMBER, "Hola Lucía", "Tienda")
    assert entry["reference"] is None
    assert sandbox.violations() == []


@pytest.mark.parametrize("to", [[NUMBER, "59176543210"], f"{NUMBER},59176543210"], ids=["repeated", "commas"])
def test_several_recipients_of_a_query_are_accepted_and_noted(
    sandbox: SandboxProcess, service: httpx.Client, to: Any
) -> None:
    assert rows(query(service, to=to)) == {NUMBER: 26, "59176543210": 26}
    assert [v["rule"] for v in sandbox.violations()] == ["query_with_several_recipients"]


def test_a_query_without_bulk_id_is_noted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    assert query(service, bulkId="").status_code == 200
    assert [v["rule"] for v in sandbox.violations()] == ["query_without_bulk_id"]


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"to": ""}, "to"),
        ({"text": ""}, "text"),
        ({"to": "5" * 65}, "to"),
        ({"bulkId": "x" * 101}, "bulkId"),
        ({"sendAt": "soon"}, "sendAt"),
        ({"validityPeriod": "long"}, "validityPeriod"),
        ({"includeSmsCountInResponse": "perhaps"}, "includeSmsCountInResponse"),
        ({"languageCode": "FR"}, "languageCode"),
    ],
)
def test_a_malformed_query_is_refused(service: httpx.Client, parameters: dict[str, str], path: str) -> None:
    assert violated(query(service, **parameters)) == [path]


def test_a_client_that_does_not_ask_for_json_is_noted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    service.post("/sms/3/messages", json={"messages": [sms()]}, headers={"Accept": "*/*"})
    assert [v["rule"] for v in sandbox.violations()] == ["no_accept_header"]


def test_a_preview_counts_parts_and_what_is_left(service: httpx.Client) -> None:
    answer = service.post("/sms/1/preview", json={"text": "Hola €"}).json()
    assert answer["previews"][0] == {
        "textPreview": "Hola €",
        "messageCount": 1,
        "charactersRemaining": 153,
        "configuration": {},
    }


def test_a_preview_needs_a_text(service: httpx.Client) -> None:
    answer = service.post("/sms/1/preview", json={})
    assert answer.status_code == 400
    assert answer.json()["requestError"]["serviceException"]["messageId"] == "BAD_REQUEST"
