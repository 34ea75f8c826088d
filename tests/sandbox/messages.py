"""Requests to the messaging-service sandbox, as short as they may be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx


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
    """messageId or, where we gave none, destination -> status id of each row of a send answer."""
    assert answer.status_code == 200, answer.text
    return {row["destination"]: row["status"]["id"] for row in answer.json()["messages"]}


def violated(answer: httpx.Response) -> list[str]:
    """The paths that a 400 complains about."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["errorCode"] == "E400"
    return [violation["property"] for violation in body["violations"]]
