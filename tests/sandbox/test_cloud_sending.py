"""Sends of the Marketing Cloud sandbox: the checks and their order, the rows, the numbers that mean something."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

from tests.sandbox.cloud import MESSAGES, accepted, configure, refusal, row, send, status
from tests.sandbox_process import SandboxProcess


def codes(answer: httpx.Response) -> list[int]:
    """The error code of every row, 0 for one that was taken."""
    return [one.get("errorcode", 0) for one in answer.json()["responses"]]


def test_all_rows_are_queued(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    answer = send(cloud, row(key="a"), row(key="b", FirstName="Luis"))
    assert (accepted(answer), answer.json()["errorcode"]) == (["a", "b"], 0)
    assert [(one["reference"], one["text"]) for one in sandbox.log()] == [
        ("a", "Ana, your order is on its way."),
        ("b", "Luis, your order is on its way."),
    ]


def test_an_override_replaces_the_definitions_text(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(
        cloud, row(Cupon="X1"), content={"message": "%%FirstName%%: %%Cupon%% %%Campania%%"}, attributes={"Campania": 7}
    )
    assert sandbox.log()[0]["text"] == "Ana: X1 7"


def test_one_recipient_has_a_route_of_its_own(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    body = {"definitionKey": "demo-active", "recipient": row(key=None)}
    assert accepted(cloud.post(f"{MESSAGES}single-1", json=body)) == ["single-1"]
    assert sandbox.log()[0]["reference"] == "single-1"
    assert refusal(cloud.post(f"{MESSAGES}single-2", json=body | {"attributes": {}})) == (400, 109122)


def test_a_body_that_is_no_json_is_refused(cloud: httpx.Client) -> None:
    answer = cloud.post(MESSAGES, content=b"{", headers={"Content-Type": "application/json"})
    assert refusal(answer) == (400, 10003)


MANY = [row(key=f"m{n}") for n in range(2001)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"recipients": []}, 109107),
        ({"definitionKey": "nothing", "recipients": [], "recipient": {}}, 109111),
        ({"definitionKey": "demo-active", "recipients": [], "recipient": {}}, 10000),
        ({"definitionKey": "demo-active", "recipients": [], "strange": 1}, 109102),
        ({"definitionKey": "demo-active", "recipients": MANY, "strange": 1}, 109101),
        ({"definitionKey": "demo-active", "recipients": [row()], "strange": 1}, 109122),
        ({"definitionKey": "demo-active", "recipients": [row() | {"strange": 1}]}, 109122),
        ({"definitionKey": "demo-active", "recipients": [row()], "subscriptions": {"resubscribe": "yes"}}, 109114),
    ],
)
def test_requests_are_checked_in_this_order(sandbox: SandboxProcess, cloud: httpx.Client, body: Any, code: int) -> None:
    assert refusal(cloud.post(MESSAGES, json=body)) == (400, code)
    assert sandbox.log() == []


def test_bad_rows_do_not_stop_good_ones(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    rows = [row(key="good"), row(contact="", key="a"), row("", key="b"), row("+59171234567", key="c"),
            row("1234567", key="d"), row(key="e" * 101), row(key="good")]  # fmt: skip
    answer = send(cloud, *rows)
    assert answer.status_code == 202
    assert answer.json()["errorcode"] == 109001
    assert codes(answer) == [0, 109105, 109106, 109121, 109121, 109108, 109110]
    assert [one["reference"] for one in sandbox.log()] == ["good"]
    assert len(sandbox.refused()) == 6


def test_a_request_of_bad_rows_only_is_refused(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    assert refusal(send(cloud, row("", key="a"), row("x", key="b"))) == (400, 109103)
    assert sandbox.log() == []


def test_a_row_without_a_key_gets_one(cloud: httpx.Client) -> None:
    (key,) = accepted(send(cloud, row(key=None)))
    assert status(cloud, key)["requestId"]


@pytest.mark.parametrize(("scope", "status_code"), [("72h", 400), ("request", 202)])
def test_a_key_is_remembered_across_requests_or_not(
    sandbox: SandboxProcess, cloud: httpx.Client, scope: str, status_code: int
) -> None:
    configure(sandbox, dedupe_scope=scope)
    send(cloud)
    again = send(cloud)
    assert again.status_code == status_code
    mixed = send(cloud, row(key="m-1"), row(key="m-2"))
    assert codes(mixed) == ([109110, 0] if scope == "72h" else [0, 0])


def test_a_key_is_free_again_after_three_days(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    configure(sandbox, token_seconds=1_000_000)
    from_now_on = cloud.post("/v2/token", json={"grant_type": "client_credentials", "client_id": "sandbox",
                                               "client_secret": "sandbox"})  # fmt: skip
    cloud.headers["Authorization"] = f"Bearer {from_now_on.json()['access_token']}"
    send(cloud)
    sandbox.advance(72 * 3600)
    assert accepted(send(cloud)) == ["m-1"]


@pytest.mark.parametrize(
    ("number", "state", "code"),
    [
        ("59171230001", "SMSNotSent", 129),
        ("59171230002", "SMSNotSent", 33),
        ("59171230003", "SMSQueued", None),
        ("59171230004", "SMSSent", None),
        ("59171234567", "SMSSent", None),
    ],
)
def test_a_number_decides_what_becomes_of_it(
    sandbox: SandboxProcess, cloud: httpx.Client, number: str, state: str, code: int | None
) -> None:
    send(cloud, row(number))
    sandbox.advance(10)
    found = status(cloud)
    assert found["eventCategoryType"] == f"TransactionalSendEvents.{state}"
    assert found.get("info", {}).get("statusCode") == code


def test_an_opt_out_is_overruled_by_resubscribing(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, row("59171230002"), subscriptions={"resubscribe": True})
    sandbox.advance(10)
    assert status(cloud)["eventCategoryType"].endswith("SMSSent")
    assert sandbox.log()[0]["resubscribe"] is True


def test_a_missing_attribute_is_not_sent(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, {"contactKey": "k1", "to": "59171234567", "messageKey": "m-1"})
    sandbox.advance(10)
    assert status(cloud)["info"]["statusCode"] == 10


def test_code_in_an_attribute_is_noted(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, row(FirstName="%%[SET @a = 1]%%"))
    assert [one["rule"] for one in sandbox.violations()] == ["code_in_data"]


def test_a_closed_definition_takes_known_contacts_only(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, row(key="known", contact="k-known"))
    send(cloud, row(key="a", contact="k-known"), row(key="b", contact="k-new"), definition="demo-closed")
    sandbox.advance(10)
    assert status(cloud, "a")["eventCategoryType"].endswith("SMSSent")
    assert status(cloud, "b")["info"]["statusCode"] == 11


def test_messages_of_an_inactive_definition_expire_after_three_days(
    sandbox: SandboxProcess, cloud: httpx.Client
) -> None:
    configure(sandbox, token_seconds=1_000_000)
    answer = cloud.post("/v2/token", json={"grant_type": "client_credentials", "client_id": "sandbox",
                                          "client_secret": "sandbox"})  # fmt: skip
    cloud.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert accepted(send(cloud, definition="demo-inactive")) == ["m-1"]
    sandbox.advance(3 * 86400 - 1)
    assert "info" not in status(cloud)
    sandbox.advance(1)
    assert cloud.get(MESSAGES, params={"type": "notSent"}).json()["messages"][0]["statusCode"] == 43


# -- faults ---------------------------------------------------------------------------------------
def test_a_limit_says_when_to_come_back(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    sandbox.arm(MESSAGES, "http_429_50100")
    answer = send(cloud)
    assert refusal(answer) == (429, 50100)
    assert (answer.headers["Retry-After"], answer.json()["retryAfter"]) == ("5", 5)


def test_a_block_says_nothing(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    sandbox.arm(MESSAGES, "http_429_50200")
    answer = send(cloud)
    assert refusal(answer) == (429, 50200)
    assert "Retry-After" not in answer.headers


def test_the_first_half_is_queued_before_it_hangs(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    sandbox.arm(MESSAGES, "partial_after_timeout")
    with pytest.raises(httpx.ReadTimeout):
        cloud.post(
            MESSAGES,
            json={"definitionKey": "demo-active", "recipients": [row(key=key) for key in "abcd"]},
            timeout=0.3,
        )
    assert [one["reference"] for one in sandbox.log()] == ["a", "b"]


def test_an_idle_connection_is_closed_and_the_answer_before_is_whole(
    sandbox: SandboxProcess, cloud: httpx.Client
) -> None:
    configure(sandbox, idle_close_s=0.1)
    sandbox.arm(MESSAGES, "idle_close_5s")
    token = cloud.headers["Authorization"].encode()
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        body = json.dumps({"definitionKey": "demo-active", "recipients": [row()]}).encode()
        head = f"POST {MESSAGES} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
        connection.sendall(head + b"Authorization: " + token + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        received = b""
        while piece := connection.recv(4096):  # ends only because the sandbox closes
            received += piece
    assert received.startswith(b"HTTP/1.1 202") and received.endswith(b"}")
