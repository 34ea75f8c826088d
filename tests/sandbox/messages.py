"""Requests to the messaging-service sandbox, as short as they may be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.sandbox_process import SandboxProcess

VENDOR = "messaging-service"


def timestamp(moment: float) -> str:
    """Virtual seconds as the wire has them."""
    date = datetime.fromtimestamp(moment, UTC)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03d}+0000"


def recipient(address: str = "lucia@buzon.example", message_id: str | None = None, **values: str) -> dict[str, Any]:
    """A `to` item of an email, with placeholders."""
    item: dict[str, Any] = {"destination": address}
    if message_id:
        item["messageId"] = message_id
    if values:
        item["placeholders"] = json.dumps(values)
    return item


def email(*recipients: dict[str, Any], content: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A `messages[]` item with one destination per recipient."""
    return {
        "sender": "Tienda Norte <novedades@tiendanorte.example>",
        "destinations": [{"to": [one]} for one in recipients or [recipient()]],
        "content": {"subject": "Hola", "text": "Hola", **(content or {})},
        **fields,
    }


def sms(
    number: str = "59171234567", text: str = "Hola", message_id: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A `messages[]` item with one destination."""
    destination = {"to": number} if message_id is None else {"to": number, "messageId": message_id}
    return {"sender": "TiendaNorte", "destinations": [destination], "content": {"text": text}, **fields}


def post_email(service: httpx.Client, *messages: dict[str, Any], **options: Any) -> httpx.Response:
    return service.post("/email/4/messages", json={"messages": list(messages), "options": options})


def post_sms(service: httpx.Client, *messages: dict[str, Any], **options: Any) -> httpx.Response:
    return service.post("/sms/3/messages", json={"messages": list(messages), "options": options})


def rows(answer: httpx.Response) -> dict[str, int]:
    """destination -> status id of each row of a send answer."""
    assert answer.status_code == 200, answer.text
    return {row["destination"]: row["status"]["id"] for row in answer.json()["messages"]}


def violated(answer: httpx.Response) -> list[str]:
    """The paths that a 400 complains about."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["errorCode"] == "E400"
    return [violation["property"] for violation in body["violations"]]


def send_email(service: httpx.Client, address: str = "ana@b.example", **fields: Any) -> None:
    """One accepted email `m-1` in the bulk `b-1`."""
    rows(post_email(service, email(recipient(address, "m-1"), **fields), schedule={"bulkId": "b-1"}))


def send_sms(service: httpx.Client, number: str = "59171234567", **fields: Any) -> None:
    """One accepted SMS `m-1` in the bulk `b-1`."""
    rows(post_sms(service, sms(number, message_id="m-1", **fields), schedule={"bulkId": "b-1"}))


def pull(service: httpx.Client, channel: str = "email", **query: Any) -> list[dict[str, Any]]:
    """Reports of a channel; they come once."""
    return _results(service, channel, "reports", query)


def logs(service: httpx.Client, channel: str = "email", **query: Any) -> list[dict[str, Any]]:
    """Logs of a channel, newest first."""
    return _results(service, channel, "logs", query)


def _results(service: httpx.Client, channel: str, what: str, query: dict[str, Any]) -> list[dict[str, Any]]:
    answer = service.get({"email": f"/email/4/{what}", "sms": f"/sms/3/{what}"}[channel], params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def configure(sandbox: SandboxProcess, **settings: Any) -> dict[str, Any]:
    """Change the vendor's settings; its settings as they are then."""
    return dict(sandbox.configure(**{VENDOR: settings})[VENDOR])
