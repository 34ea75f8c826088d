"""Sinch: status queries, replies by pull, campaign registry, carrier lookup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.sandbox_process import SandboxProcess

DAY = 86400


@pytest.fixture(autouse=True)
def unlimited(sandbox: SandboxProcess) -> None:
    sandbox.configure(sinch={"status_queries_per_second": 0})


def send(sinch: httpx.Client, destination: str = "5521955501234", **fields: Any) -> str:
    body = {"destination": destination, "messageText": "Hi", **fields}
    return str(sinch.post("/v1/send-sms", json=body).json()[0]["id"])


def search(sinch: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    answer = sinch.post("/v1/sms/status/search", json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def list_new(sinch: httpx.Client) -> list[dict[str, Any]]:
    return list(sinch.get("/v1/sms/status/list").json())


def test_a_message_is_found_by_id_and_by_correlation_id(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    first, second = send(sinch), send(sinch, correlationId="c1-r2-a1")
    sandbox.advance(1)
    found = search(sinch, ids=[first], correlationIds=["c1-r2-a1", "unknown"])
    assert [row["id"] for row in found] == [first, second]


def test_a_correlation_id_is_no_id(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch, correlationId="c1-r2-a1")
    sandbox.advance(1)
    assert search(sinch, ids=["c1-r2-a1"]) == []


def test_a_repeated_correlation_id_finds_every_message(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sent = [send(sinch, correlationId="same") for _ in range(2)]
    sandbox.advance(1)
    assert [row["id"] for row in search(sinch, correlationIds=["same"])] == sent


def test_a_message_on_its_way_to_the_carrier_is_not_found(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    message_id = send(sinch)
    assert search(sinch, ids=[message_id]) == []


def test_a_found_message_has_its_delivery_once_it_is_known(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    message_id = send(sinch)
    sandbox.advance(1)
    assert "deliveredStatus" not in search(sinch, ids=[message_id])[0]
    sandbox.advance(1)
    row = search(sinch, ids=[message_id])[0]
    assert (row["sentStatus"], row["deliveredStatus"]) == ("SENT_SUCCESS", "DELIVERED_SUCCESS")
    assert {"sentStatusAt", "sentStatusDate", "deliveredAt", "deliveredDate"} <= row.keys()


def test_a_message_whose_callback_was_lost_is_found(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    message_id = send(sinch, "5521955501299")
    sandbox.advance(60)
    assert search(sinch, ids=[message_id])[0]["sentStatusCode"] == 2


def test_a_search_covers_three_days(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    message_id = send(sinch)
    sandbox.advance(3 * DAY)
    assert len(search(sinch, ids=[message_id])) == 1
    sandbox.advance(2)
    assert search(sinch, ids=[message_id]) == []


@pytest.mark.parametrize("body", [{"ids": "x"}, {"ids": [1]}, {"correlationIds": {}}])
def test_a_malformed_search_is_refused(sinch: httpx.Client, body: dict[str, Any]) -> None:
    assert sinch.post("/v1/sms/status/search", json=body).status_code == 400


def test_the_list_hands_out_each_status_once(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch)
    assert list_new(sinch) == []
    sandbox.advance(1)
    assert [row.get("deliveredStatusCode") for row in list_new(sinch)] == [None]
    assert list_new(sinch) == []
    sandbox.advance(1)
    assert [row.get("deliveredStatusCode") for row in list_new(sinch)] == [4]
    assert list_new(sinch) == []


def test_the_list_forgets_after_three_days(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    send(sinch)
    sandbox.advance(3 * DAY + 3)
    assert list_new(sinch) == []


def test_a_long_list_goes_on_with_the_next_call(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    for _ in range(2):
        items = [{"destination": "5521955501300", "messageText": "Hi"}] * 600
        sinch.post("/v1/send-bulk-sms", json={"messages": items})
    sandbox.advance(5)
    sizes = [len(list_new(sinch)) for _ in range(3)]
    assert sizes == [1000, 200, 0]


def test_one_status_query_a_second_is_allowed(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.configure(sinch={"status_queries_per_second": 1})
    assert sinch.get("/v1/sms/status/list").status_code == 200
    assert sinch.post("/v1/sms/status/search", json={"ids": []}).status_code == 429
    sandbox.advance(1)
    assert sinch.post("/v1/sms/status/search", json={"ids": []}).status_code == 200


# Replies


def receive_list(sinch: httpx.Client) -> list[str]:
    return [reply["messageText"] for reply in sinch.get("/v1/sms/receive/list").json()["messages"]]


def receive_search(sinch: httpx.Client, **query: str) -> list[str]:
    answer = sinch.get("/v1/sms/receive/search", params=query).json()
    assert answer["total"] == len(answer["messages"])
    return [reply["messageText"] for reply in answer["messages"]]


def test_the_list_of_replies_consumes_and_the_search_does_not(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.reply("sinch", "5521955501234", "SAIR")
    assert receive_search(sinch) == ["SAIR"]
    assert receive_list(sinch) == ["SAIR"]
    assert receive_list(sinch) == []
    assert receive_search(sinch) == ["SAIR"]


def test_the_list_of_replies_covers_three_days_and_the_search_five(
    sandbox: SandboxProcess, sinch: httpx.Client
) -> None:
    sandbox.reply("sinch", "5521955501234", "old")
    sandbox.advance(4 * DAY)
    assert receive_list(sinch) == []
    assert receive_search(sinch) == ["old"]
    sandbox.advance(1 * DAY + 1)
    assert receive_search(sinch, start="2001-01-01T00:00:00") == []


def test_the_list_returns_at_most_a_thousand_replies(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    items = [{"destination": "5521955501296", "messageText": "Hi"}] * 600
    for _ in range(2):
        sinch.post("/v1/send-bulk-sms", json={"messages": items})
    sandbox.advance(5)
    assert [len(receive_list(sinch)) for _ in range(3)] == [1000, 200, 0]


def test_replies_are_searched_by_period(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    sandbox.reply("sinch", "5521955501234", "first")
    sandbox.advance(3600)
    middle = datetime.fromtimestamp(sandbox.now() - 1800, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    sandbox.reply("sinch", "5521955501234", "second")
    assert receive_search(sinch, start=middle) == ["second"]
    assert receive_search(sinch, end=middle) == ["first"]


def test_a_malformed_period_is_refused(sinch: httpx.Client) -> None:
    assert sinch.get("/v1/sms/receive/search", params={"start": "yesterday"}).status_code == 400


def test_a_user_sees_the_replies_of_its_sub_account_and_an_administrator_all(
    sandbox: SandboxProcess, sinch: httpx.Client
) -> None:
    users = {
        "shop": {"token": "t", "sub_account": "Shop"},
        "root": {"token": "t", "administrator": True, "sub_account": "Root"},
    }
    sandbox.configure(sinch={"users": users})
    shop, root = ({"UserName": name, "AuthenticationToken": "t"} for name in ("shop", "root"))
    sinch.post(
        "/v1/send-sms",
        json={"destination": "5521955501234", "messageText": "Hi", "correlationId": "r1"},
        headers=shop,
    )
    sandbox.reply("sinch", "5521955501234", "for the shop", answers="r1")
    sandbox.reply("sinch", "5521955501234", "for the sandbox")

    def texts(headers: dict[str, str], **query: str) -> list[str]:
        answer = sinch.get("/v1/sms/receive/search", params=query, headers=headers).json()
        return [reply["messageText"] for reply in answer["messages"]]

    assert texts(shop) == ["for the shop"]
    assert texts(root) == ["for the shop", "for the sandbox"]
    assert texts(root, subAccount="Shop") == ["for the shop"]


def test_a_reply_to_an_unknown_message_is_a_mistake_of_the_test(sandbox: SandboxProcess) -> None:
    with pytest.raises(ValueError, match="no message 'nothing' was accepted"):
        sandbox.reply("sinch", "5521955501234", "SAIR", answers="nothing")


# Campaign registry and lookup


def create(sinch: httpx.Client, name: str, alias: str) -> dict[str, Any]:
    answer = sinch.post("/api/v1/campaigns", json={"campaign": {"name": name, "alias": alias}}).json()
    assert answer["status"] == {"error": False}
    return dict(answer["campaign"])


def test_a_campaign_is_created_shown_changed_and_deleted(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    assert create(sinch, "Spring 2026", "spring26") == {"name": "Spring 2026", "alias": "spring26", "id": 1}
    changed = sinch.put("/api/v1/campaigns/1", json={"campaign": {"name": "Summer"}}).json()["campaign"]
    assert changed == {"name": "Summer", "alias": "spring26", "id": 1}
    for path in ("/api/v1/campaign/1", "/api/v1/campaigns/1"):
        assert sinch.get(path).json() == {"status": {"error": False}, "campaign": changed}
    assert sinch.delete("/api/v1/campaigns/1").status_code == 200
    assert sinch.get("/api/v1/campaign/1").status_code == 404


@pytest.mark.parametrize("key", ["7", "x"])
def test_an_unknown_campaign_is_404(sinch: httpx.Client, key: str) -> None:
    assert sinch.get(f"/api/v1/campaign/{key}").status_code == 404


@pytest.mark.parametrize("campaign", [None, {}, {"name": " "}, {"name": "x", "alias": 5}])
def test_a_campaign_needs_a_name(sinch: httpx.Client, campaign: dict[str, Any] | None) -> None:
    assert sinch.post("/api/v1/campaigns", json={"campaign": campaign}).status_code == 400


def test_campaigns_are_paged_by_headers(sandbox: SandboxProcess, sinch: httpx.Client) -> None:
    for number in range(5):
        create(sinch, f"Spring {number}", f"s{number}")
    create(sinch, "Autumn", "a")
    answer = sinch.get("/api/v1/campaigns", params={"name": "spring", "page": 2, "page_size": 2})
    paging = {name: answer.headers[name] for name in ("page-number", "per-page", "total", "total-pages")}
    assert paging == {"page-number": "2", "per-page": "2", "total": "5", "total-pages": "3"}
    assert [campaign["alias"] for campaign in answer.json()["campaigns"]] == ["s2", "s3"]


def test_numbers_of_ten_digits_are_active(sinch: httpx.Client) -> None:
    answer = sinch.post("/v1/carrier/lookup", json={"destinations": ["+55(21)955501234", "12345"]}).json()
    assert answer["destinations"] == [
        {"destination": "5521955501234", "active": True, "carrier": {"name": "VIVO", "countryCode": "BR"}},
        {"destination": "12345", "active": False, "carrier": {"name": "UNKNOWN"}},
    ]


def test_a_lookup_needs_a_list_of_numbers(sinch: httpx.Client) -> None:
    assert sinch.post("/v1/carrier/lookup", json={"destinations": "5521955501234"}).status_code == 400
