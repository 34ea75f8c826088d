"""Sinch: what is accepted, what is refused, and what the log says of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.sandbox_process import SandboxProcess

MESSAGE = {"destination": "5521955501234", "messageText": "Hi Marta"}
ITEM = {"destination": "5521955501234", "messageText": "Hi"}


def send(sinch: httpx.Client, **fields: Any) -> httpx.Response:
    return sinch.post("/v1/send-sms", json={**MESSAGE, **fields})


def send_bulk(sinch: httpx.Client, messages: Any, **root: Any) -> httpx.Response:
    return sinch.post("/v1/send-bulk-sms", json={"messages": messages, **root})


def test_a_single_message_is_answered_by_an_array_of_one(sinch: httpx.Client) -> None:
    answer = send(sinch, correlationId="c1-r1-a1").json()
    assert [list(item) for item in answer] == [["id", "correlationId"]]
    assert answer[0]["correlationId"] == "c1-r1-a1"
    assert UUID(answer[0]["id"]).version == 4


def test_a_bulk_is_answered_by_an_object_in_the_order_of_the_request(sinch: httpx.Client) -> None:
    answer = send_bulk(sinch, [{**ITEM, "correlationId": f"r{i}"} for i in range(5)]).json()
    assert list(answer) == ["id", "messages"]
    assert [message["correlationId"] for message in answer["messages"]] == ["r0", "r1", "r2", "r3", "r4"]
    assert len({message["id"] for message in answer["messages"]} | {answer["id"]}) == 6


def test_a_correlation_id_is_echoed_only_if_given(sinch: httpx.Client) -> None:
    assert [list(m) for m in send_bulk(sinch, [ITEM, {**ITEM, "correlationId": "x"}]).json()["messages"]] == [
        ["id"],
        ["id", "correlationId"],
    ]


def test_an_item_without_text_inherits_the_default_text(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    items = [{"destination": "5521955501234"}, {"destination": "5521955505678", "messageText": "Own"}]
    send_bulk(sinch, items, defaultValues={"messageText": "Common"})
    assert [entry["text"] for entry in sandbox.log()] == ["Common", "Own"]


def test_the_log_says_who_got_what_under_which_ids(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    answer = send_bulk(sinch, [{**ITEM, "correlationId": "c1-r1-a1", "extraInfo": "campaign=41"}]).json()
    (entry,) = sandbox.log("sinch")
    assert entry == {
        "n": 1,
        "vendor": "sinch-messaging",
        "channel": "sms",
        "at": round(sandbox.now(), 3),
        "request": 1,
        "request_id": answer["id"],
        "reference": "c1-r1-a1",
        "provider_id": answer["messages"][0]["id"],
        "destination": "5521955501234",
        "text": "Hi",
        "extra_info": "campaign=41",
        "user": "sandbox",
        "campaign_alias": None,
        "flow_id": None,
        "sub_account": None,
        "flash": False,
        "send_at": entry["at"],
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"UserName": "", "AuthenticationToken": ""},
        {"UserName": "nobody"},
        {"AuthenticationToken": "wrong"},
        {"AuthenticationToken": ""},
    ],
)
def test_wrong_credentials_get_401(sinch: httpx.Client, headers: dict[str, str]) -> None:
    answer = sinch.post("/v1/send-sms", json=MESSAGE, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "errorCode": 401,
        "errorMessage": "Authentication Error: No user was found with this combination of username and "
        "Authentication token.",
    }


def test_a_blocked_user_gets_403(sinch: httpx.Client) -> None:
    answer = sinch.post("/v1/send-sms", json=MESSAGE, headers={"UserName": "blocked"})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, 403)


def test_a_user_may_sign_in_with_the_email_address(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"users": {"shop": {"token": "t", "email": "ads@shop.example"}}})
    headers = {"username": "ads@shop.example", "authenticationtoken": "t"}
    assert sinch.post("/v1/send-sms", json=MESSAGE, headers=headers).status_code == 200
    assert sandbox.log()[0]["user"] == "shop"


def test_an_unknown_path_gets_404(sinch: httpx.Client) -> None:
    answer = sinch.post("/v1/send-mms", json=MESSAGE)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, 404)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
@pytest.mark.parametrize("path", ["/v1/send-sms", "/v1/send-bulk-sms"])
def test_a_body_that_is_no_object_is_refused(sinch: httpx.Client, path: str, body: bytes) -> None:
    answer = sinch.post(path, content=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 400)


BAD_FIELDS: list[dict[str, Any]] = [
    {"destination": None},
    {"destination": ""},
    {"destination": " "},
    {"destination": 5521955501234},
    {"messageText": None},
    {"messageText": ""},
    {"messageText": "x" * 1281},
    {"messageText": "🙂" * 641},
    {"messageText": 5},
    {"correlationId": "x" * 65},
    {"correlationId": 7},
    {"extraInfo": "x" * 256},
    {"params": {"name": "Ana"}},
    {"flashSMS": "yes"},
    {"flashSMS": 1},
    {"campaignAlias": "unregistered"},
    {"timeZone": "America/Nowhere"},
    {"timeZone": 5},
    {"timeWindow": "9-12"},
    {"timeWindow": [24]},
    {"timeWindow": [-1]},
    {"timeWindow": [True]},
    {"timeWindow": []},
    {"expiresAt": 1, "expiresInMinutes": 1},
    {"expiresInMinutes": 1, "expiresDate": "2099-01-01T00:00:00"},
    {"scheduledAt": 4102444800, "delayedInMinutes": 60},
    {"expiresInMinutes": "60"},
    {"expiresDate": "2099-01-01"},
    {"expiresDate": "2099-01-01T00:00:00Z"},
    {"expiresDate": "2099-13-01T00:00:00"},
    {"scheduledDate": "2099-01-01T00:00:00.000"},
    {"scheduledDate": "2001-01-01T00:00:00"},
    {"delayedInMinutes": 30},
    {"delayedInMinutes": 0},
]


@pytest.mark.parametrize("fields", BAD_FIELDS, ids=repr)
def test_a_structural_fault_is_refused(sandbox: SandboxProcess, sinch: httpx.Client, fields: dict[str, Any]) -> None:
    answer = send(sinch, **fields)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["errorCode", "errorMessage"]
    assert sandbox.log() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"messageText": "x" * 1280},
        {"correlationId": "x" * 64},
        {"extraInfo": "x" * 255},
        {"flashSMS": True},
        {"flashSMS": False},
        {"flashSMS": "true"},
        {"flashSMS": "false"},
        {"surprise": [1, 2]},
        {"destination": "not a number"},
        {"destination": "123"},
        {"flowId": "f1", "messageText": None},
        {"flowId": "f1", "params": {"name": "Ana"}},
        {"expiresInMinutes": 720},
        {"subAccount": "other"},
        {"delayedInMinutes": 31},
        {"timeWindow": [9, 10, 15], "timeZone": "America/Bogota"},
    ],
    ids=repr,
)
def test_what_is_merely_odd_is_accepted(sandbox: SandboxProcess, sinch: httpx.Client, fields: dict[str, Any]) -> None:
    assert send(sinch, **fields).status_code == 200
    assert len(sandbox.log()) == 1


@pytest.mark.parametrize(
    "messages",
    [None, [], {}, "x", [ITEM] * 1001, [ITEM, "x"], [ITEM, {"destination": "55219"}], [ITEM, {"messageText": "x"}]],
    ids=["absent", "empty", "object", "text", "1001", "no object", "no text", "no destination"],
)  # fmt: skip
def test_one_bad_item_spoils_the_bulk(sandbox: SandboxProcess, sinch: httpx.Client, messages: Any) -> None:
    assert send_bulk(sinch, messages).status_code == 400
    assert sandbox.log() == []


def test_a_bulk_carries_a_thousand_messages(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    assert len(send_bulk(sinch, [ITEM] * 1000).json()["messages"]) == 1000
    assert sandbox.requests()["requests"][0]["accepted"] == 1000


def test_a_flow_provides_the_text_of_a_bulk(sinch: httpx.Client) -> None:
    item = {"destination": "5521955501234", "params": {"name": "Ana"}}
    assert send_bulk(sinch, [item], flowId="f1").status_code == 200
    assert send_bulk(sinch, [item]).status_code == 400


@pytest.mark.parametrize(
    ("messages", "root", "detail"),
    [
        ([{**ITEM, "timeWindow": [99]}], {}, "timeWindow in a message is ignored"),
        ([{**ITEM, "campaignAlias": "x"}], {}, "campaignAlias in a message is ignored"),
        ([ITEM], {"defaultValues": {"campaignAlias": "x"}}, "campaignAlias in defaultValues is ignored"),
        ([ITEM], {"correlationId": "x"}, "correlationId at the root is ignored"),
        ([{**ITEM, "scheduledDate": "2001-01-01T00:00:00"}], {}, "scheduledDate in a message is ignored"),
    ],
)
def test_a_misplaced_field_is_ignored_and_noted(
    sandbox: SandboxProcess, sinch: httpx.Client, messages: list[Any], root: dict[str, Any], detail: str
) -> None:
    assert send_bulk(sinch, messages, **root).status_code == 200
    assert [(v["rule"], v["detail"]) for v in sandbox.violations()] == [("misplaced_field", detail)]


def test_a_reference_that_is_accepted_twice_is_noted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    for _ in range(2):
        assert send(sinch, correlationId="same").status_code == 200
    assert [(v["rule"], v["count"]) for v in sandbox.violations()] == [("repeated_reference", 2)]


def test_a_body_that_is_not_called_json_is_noted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    answer = sinch.post("/v1/send-sms", json=MESSAGE, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200
    assert [v["rule"] for v in sandbox.violations()] == ["content_type"]


def test_sending_by_query_string_works_and_is_noted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    assert len(sinch.get("/v1/send-sms", params=MESSAGE).json()) == 1
    assert [v["rule"] for v in sandbox.violations()] == ["send_by_query"]


def test_more_requests_in_a_second_than_allowed_get_429(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"requests_per_second": 3})
    assert [send(sinch).status_code for _ in range(4)] == [200, 200, 200, 429]
    sandbox.advance(1)
    assert send(sinch).status_code == 200


def test_700_requests_a_second_are_allowed_unless_configured(sandbox: SandboxProcess) -> None:
    assert sandbox.configure()["sinch-messaging"]["requests_per_second"] == 700


def test_a_lenient_sandbox_accepts_an_unregistered_alias(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"campaign_alias_strict": False})
    assert send(sinch, campaignAlias="unregistered").status_code == 200
    assert sandbox.log()[0]["campaign_alias"] == "unregistered"


# -- flows, sub-accounts, flash -------------------------------------------------------------------
FLOW = "3f8c1a52-7d0e-4b6b-9a57-0c8f1d2e4b90"


def test_a_flow_brings_the_text_and_takes_parameters(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    items = [
        {"destination": "5521955501234", "params": {"name": "Marta", "order": "A-1001"}},
        {"destination": "5521955505678", "params": {"name": "Ivo"}},
    ]
    send_bulk(sinch, items, flowId=FLOW, defaultValues={"params": {"order": "none"}})
    assert [(entry["flow_id"], entry["text"]) for entry in sandbox.log()] == [
        (FLOW, "Hi Marta, your order A-1001 is ready."),
        (FLOW, "Hi Ivo, your order none is ready."),
    ]
    assert sandbox.violations() == []


def test_a_wrong_parameter_is_noted_and_stops_nothing(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    fields = {"destination": "5521955501234", "flowId": FLOW, "params": {"nombre": "Marta"}}
    assert sinch.post("/v1/send-sms", json=fields).status_code == 200
    assert [v["rule"] for v in sandbox.violations()] == ["flow_params"]


def test_a_flow_that_nobody_knows_is_noted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    assert sinch.post("/v1/send-sms", json={"destination": "5521955501234", "flowId": "no"}).status_code == 200
    assert [v["rule"] for v in sandbox.violations()] == ["unknown_flow"]


@pytest.mark.parametrize("fields", [{"flowId": 7}, {"flowId": FLOW, "params": ["Marta"]}, {"subAccount": 7}])
def test_a_field_of_the_wrong_type_is_refused(sinch: httpx.Client, fields: dict[str, Any]) -> None:
    assert send(sinch, **fields).status_code == 400


def test_the_log_says_who_pays_and_that_it_pops_up(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"users": {"sandbox": {"administrator": True}}})
    send_bulk(sinch, [ITEM], defaultValues={"flashSMS": True}, subAccount="Shop")
    (entry,) = sandbox.log()
    assert (entry["sub_account"], entry["flash"], sandbox.violations()) == ("Shop", True, [])


def test_a_sub_account_is_for_administrators(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch, subAccount="Shop")
    assert [v["rule"] for v in sandbox.violations()] == ["sub_account"]
