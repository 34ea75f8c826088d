"""Requests to the Marketing Cloud sandbox, as short as they may be."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess

VENDOR = "salesforce-marketing-cloud"
MESSAGES, DEFINITIONS = "/messaging/v1/sms/messages/", "/messaging/v1/sms/definitions"
CALLBACKS, VERIFY, SUBSCRIPTIONS = (f"/platform/v1/ens-{name}" for name in ("callbacks", "verify", "subscriptions"))
EVENTS = [f"TransactionalSendEvents.Sms{name}" for name in ("Sent", "NotSent", "Transient", "Delivered", "Bounced")]


def ask_token(client: httpx.Client, name: str = "sandbox", secret: str = "sandbox", **more: Any) -> httpx.Response:
    body = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret, **more}
    return client.post("/v2/token", json=body)


def fetch_token(client: httpx.Client, name: str = "sandbox", **more: Any) -> str:
    answer = ask_token(client, name, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def row(number: str = "59171234567", key: str | None = "m-1", contact: str = "k1", **attributes: Any) -> dict[str, Any]:
    """A recipient; `FirstName` is Ana unless another is given."""
    found = {"contactKey": contact, "to": number, "attributes": {"FirstName": "Ana", **attributes}}
    return found if key is None else {**found, "messageKey": key}


def send(client: httpx.Client, *rows: dict[str, Any], definition: str = "demo-active", **more: Any) -> httpx.Response:
    return client.post(MESSAGES, json={"definitionKey": definition, "recipients": list(rows or [row()]), **more})


def accepted(answer: httpx.Response) -> list[str]:
    """The keys that an answer took."""
    assert answer.status_code == 202, answer.text
    return [one["messageKey"] for one in answer.json()["responses"] if "errorcode" not in one]


def status(client: httpx.Client, key: str = "m-1") -> dict[str, Any]:
    answer = client.get(f"{MESSAGES}{key}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def refusal(answer: httpx.Response) -> tuple[int, int]:
    """(HTTP status, error code)."""
    assert set(answer.json()) >= {"message", "errorcode", "documentation"}
    return answer.status_code, answer.json()["errorcode"]


def configure(sandbox: SandboxProcess, **settings: Any) -> dict[str, Any]:
    return dict(sandbox.configure(**{VENDOR: settings})[VENDOR])


def subscribe(client: httpx.Client, receiver: Receiver, path: str = "ens", **callback: Any) -> dict[str, Any]:
    """A verified callback with a subscription to everything; its creation's answer with `subscriptionId`."""
    answer = client.post(CALLBACKS, json=[{"callbackName": path, "url": receiver.url(path), **callback}])
    assert answer.status_code == 201, answer.text
    made = dict(answer.json()[0])
    greeting = next(body for body in receiver.at(path) if body["callbackId"] == made["callbackId"])
    assert client.post(VERIFY, json=greeting).status_code == 200
    wanted = {"callbackId": made["callbackId"], "subscriptionName": path, "eventCategoryTypes": EVENTS, "filters": []}
    answer = client.post(SUBSCRIPTIONS, json=[wanted])
    assert answer.status_code == 201, answer.text
    receiver.clear()
    return {**made, "subscriptionId": answer.json()[0]["subscriptionId"]}


def told(receiver: Receiver, path: str = "ens") -> list[dict[str, Any]]:
    """Every event of every batch, in order of arrival."""
    return [event for batch in receiver.at(path) for event in batch]


def kinds(receiver: Receiver) -> list[tuple[str, str]]:
    """(event, status code) of everything told."""
    found = []
    for event in told(receiver):
        info = event.get("info") or event["Info"]
        found.append((event["eventCategoryType"].rpartition(".")[2], info.get("statusCode", "")))
    return found
