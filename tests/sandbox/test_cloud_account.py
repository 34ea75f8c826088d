"""Tokens and send definitions of the Marketing Cloud sandbox."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.cloud import (
    DEFINITIONS,
    MESSAGES,
    ask_token,
    fetch_token,
    refusal,
    row,
    send,
    status,
)
from tests.sandbox_process import SandboxProcess

NEW = {
    "definitionKey": "otono-cupon",
    "name": "Otoño cupón 2026",
    "description": "c-2b9e7d64",
    "status": "active",
    "content": {"message": "%%Nombre%%, tu cupon %%Cupon%% vence pronto."},
    "subscriptions": {"shortCode": "40404", "countryCode": "BO", "keyword": "OTONO", "autoAddSubscriber": True},
    "options": {"urlShortenerOptions": {"IsLinkShorteningEnabled": False}},
}


def patch(cloud: httpx.Client, key: str, **values: Any) -> httpx.Response:
    return cloud.patch(f"{DEFINITIONS}/{key}", json=values)


# -- tokens ---------------------------------------------------------------------------------------
def test_a_token_says_how_long_it_lives(cloud: httpx.Client) -> None:
    answer = ask_token(cloud).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 1079)
    assert "sms_send" in answer["scope"].split()
    assert answer["rest_instance_url"] == f"{cloud.base_url}".rstrip("/") + "/"


def test_a_wrong_client_gets_no_token(cloud: httpx.Client) -> None:
    answer = ask_token(cloud, "nobody")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert ask_token(cloud, secret="wrong").status_code == 401


def test_another_grant_is_refused(cloud: httpx.Client) -> None:
    assert ask_token(cloud, grant_type="password").status_code == 400


def test_a_business_unit_is_a_number(cloud: httpx.Client) -> None:
    assert ask_token(cloud, account_id=510003344).status_code == 200
    assert ask_token(cloud, account_id="510003344").status_code == 400


def test_an_empty_scope_asks_for_none(cloud: httpx.Client) -> None:
    assert ask_token(cloud, scope="").json()["scope"] == ""
    assert ask_token(cloud, scope="sms_read").json()["scope"] == "sms_read"


def test_a_token_really_expires(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    sandbox.advance(1078)
    assert send(cloud).status_code == 202
    sandbox.advance(2)
    assert refusal(send(cloud, row(key="m-2"))) == (401, 40001)


def test_a_request_without_a_token_is_refused(cloud: httpx.Client) -> None:
    del cloud.headers["Authorization"]
    assert refusal(cloud.get(DEFINITIONS)) == (401, 40001)


def test_a_client_without_scopes_may_not_send(cloud: httpx.Client) -> None:
    cloud.headers["Authorization"] = f"Bearer {fetch_token(cloud, 'noscope')}"
    assert refusal(send(cloud)) == (403, 40000)


def test_a_second_token_within_twenty_minutes_is_issued_and_counted(
    sandbox: SandboxProcess, cloud: httpx.Client
) -> None:
    sandbox.advance(1199)
    fetch_token(cloud)
    assert [one["rule"] for one in sandbox.violations()] == ["token_again"]
    sandbox.advance(1200)
    fetch_token(cloud)
    assert len(sandbox.violations()) == 1
    assert sandbox.requests(path="/v2/token")["total"] == 3


# -- definitions ----------------------------------------------------------------------------------
def test_three_definitions_are_there_from_the_start(cloud: httpx.Client) -> None:
    listed = cloud.get(DEFINITIONS).json()
    assert [one["definitionKey"] for one in listed["definitions"]] == ["demo-active", "demo-closed", "demo-inactive"]
    assert [one["status"] for one in listed["definitions"]] == ["active", "active", "inactive"]
    closed = cloud.get(f"{DEFINITIONS}/demo-closed").json()
    assert closed["subscriptions"]["autoAddSubscriber"] is False


def test_a_definition_is_created_read_and_sent_with(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    assert cloud.post(DEFINITIONS, json=NEW).status_code == 201
    found = cloud.get(f"{DEFINITIONS}/otono-cupon").json()
    assert found["content"] == NEW["content"] and found["createdDate"]
    send(cloud, row(Nombre="Lucía", Cupon="OTONO-41"), definition="otono-cupon")
    assert sandbox.log()[0]["text"] == "Lucía, tu cupon OTONO-41 vence pronto."


@pytest.mark.parametrize("taken", [{"definitionKey": "demo-active"}, {"name": "Demo active"}])
def test_a_key_and_a_name_are_unique(cloud: httpx.Client, taken: dict[str, str]) -> None:
    assert refusal(cloud.post(DEFINITIONS, json=NEW | taken)) == (409, 30004)


@pytest.mark.parametrize("field", ["definitionKey", "name", "content", "subscriptions"])
def test_a_missing_field_is_refused(cloud: httpx.Client, field: str) -> None:
    body = {name: value for name, value in NEW.items() if name != field}
    assert refusal(cloud.post(DEFINITIONS, json=body)) == (400, 10002)


def test_an_unknown_definition_is_not_found(cloud: httpx.Client) -> None:
    assert refusal(cloud.get(f"{DEFINITIONS}/nothing")) == (404, 30003)


def test_the_list_is_filtered_sorted_and_paged(cloud: httpx.Client) -> None:
    active = cloud.get(DEFINITIONS, params={"$filter": "status eq active"}).json()
    assert [one["definitionKey"] for one in active["definitions"]] == ["demo-active", "demo-closed"]
    page = cloud.get(DEFINITIONS, params={"$pageSize": 2, "$page": 2, "$orderBy": "name"}).json()
    assert ([one["name"] for one in page["definitions"]], page["count"]) == (["Demo inactive"], 3)


def test_a_definition_is_changed(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    assert patch(cloud, "demo-active", content={"message": "Hi %%FirstName%%"}).status_code == 200
    send(cloud)
    assert sandbox.log()[0]["text"] == "Hi Ana"


def test_a_deleted_definition_keeps_its_key(cloud: httpx.Client) -> None:
    assert cloud.delete(f"{DEFINITIONS}/demo-active").status_code == 200
    assert cloud.get(f"{DEFINITIONS}/demo-active").json()["status"] == "deleted"
    assert refusal(send(cloud)) == (400, 109111)
    assert refusal(cloud.post(DEFINITIONS, json=NEW | {"definitionKey": "demo-active"})) == (409, 30004)
    assert cloud.get(DEFINITIONS).json()["count"] == 2


def test_a_queue_is_counted_and_its_age_told(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, row(key="a"), row(key="b"), definition="demo-inactive")
    sandbox.advance(90)
    found = cloud.get(f"{DEFINITIONS}/demo-inactive/queue").json()
    assert (found["count"], found["ageSeconds"]) == (2, 90)


def test_the_queue_of_an_active_definition_is_not_cleared(cloud: httpx.Client) -> None:
    assert refusal(cloud.delete(f"{DEFINITIONS}/demo-active/queue")) == (400, 30001)


def test_cleared_messages_are_not_sent(cloud: httpx.Client) -> None:
    send(cloud, definition="demo-inactive")
    assert cloud.delete(f"{DEFINITIONS}/demo-inactive/queue").json()["message"] == "Queued"
    assert status(cloud)["info"]["statusCode"] == 39


def test_what_waits_goes_out_when_its_definition_becomes_active(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    send(cloud, definition="demo-inactive")
    sandbox.advance(60)
    assert status(cloud)["eventCategoryType"].endswith("SMSQueued")
    patch(cloud, "demo-inactive", status="Active")
    sandbox.advance(60)
    assert status(cloud)["eventCategoryType"].endswith("SMSSent")
    assert cloud.get(f"{DEFINITIONS}/demo-inactive/queue").json()["count"] == 0


def test_an_expired_token_is_told_on_every_route(sandbox: SandboxProcess, cloud: httpx.Client) -> None:
    sandbox.advance(1080)
    assert cloud.get(f"{MESSAGES}m-1").status_code == 401
