"""Requests to the Octopush sandbox, as short as they may be."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox_process import SandboxProcess

ROOT = "/v1/public"
TEXT = "Vente privée ce soir. STOP au 30101"
NUMBER = "+33639980001"


def person(number: str = NUMBER, **values: str) -> dict[str, str]:
    return {"phone_number": number, **values}


def direct(client: httpx.Client, *recipients: dict[str, str], **fields: Any) -> httpx.Response:
    """A direct campaign to `recipients`, or to one person."""
    body = {"recipients": list(recipients) or [person()], "text": TEXT, "type": "sms_premium", **fields}
    return client.post(f"{ROOT}/sms-campaign/send", json={k: v for k, v in body.items() if v is not None})


def make_list(client: httpx.Client, name: str = "vip", *people: dict[str, str]) -> None:
    """A list with `people`, or with one person."""
    assert client.post(f"{ROOT}/contact-list/create", json={"list_name": name}).status_code == 201
    add(client, *(people or (person(),)), list_name=name)


def add(client: httpx.Client, *people: dict[str, str], **fields: Any) -> httpx.Response:
    return client.post(f"{ROOT}/contact/create", json={"contacts": list(people), **fields})


def create(client: httpx.Client, name: str = "vip", kind: str = "list", **fields: Any) -> httpx.Response:
    """A campaign on a list or tag."""
    body = {f"{kind}_name": name, "text": TEXT, "type": "sms_premium", "purpose": "wholesale", **fields}
    return client.post(f"{ROOT}/sms-campaign-on-{kind}/create", json=body)


def ticket_of(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    body = answer.json()
    return str(body.get("ticket_number") or body["sms_ticket"])


def status(client: httpx.Client, ticket: str) -> httpx.Response:
    return client.get(f"{ROOT}/sms-campaign-on-list/status", params={"ticket_number": ticket})


def validate(client: httpx.Client, ticket: str, kind: str = "list") -> httpx.Response:
    return client.post(f"{ROOT}/sms-campaign-on-{kind}/send", json={"ticket_number": ticket})


def delete(client: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return client.request("DELETE", f"{ROOT}/{path}", json=body)


def code_of(answer: httpx.Response) -> tuple[int, int]:
    """(HTTP status, code) of a refusal."""
    return answer.status_code, int(answer.json()["code"])


def balance(client: httpx.Client) -> float:
    return float(client.get(f"{ROOT}/wallet/check-balance").json()["amount"])


def configure(sandbox: SandboxProcess, **settings: Any) -> None:
    sandbox.configure(octopush=settings)
