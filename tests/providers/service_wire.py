"""messaging-service against a server that answers what a test says: the batch, the messages, the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Outgoing, Receipt
from campaigns.providers.messaging_service import MessagingService
from tests.providers.raw_server import RawServer, answer, answering, serving

KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"
HOOKS = {"delivery": "https://consola.example/hooks/ms/9fQ2/delivery", "events": "https://consola.example/e"}
EMAIL = Body(
    Channel.EMAIL,
    sender="Tienda Norte <novedades@correo.tiendanorte.example>",
    subject="{{p1}}, tu cupón de otoño",
    html="<p>Hola {{p1}}, usa {{p2}} en Tienda Norte.</p>",
    text="Hola {{p1}}, usa {{p2}} en Tienda Norte.",
    reply_to="ayuda@tiendanorte.example",
    slots=("p1", "p2"),
    headers={"List-Unsubscribe": "<https://consola.example/baja/xyz>"},
)
LUCIA = Message("8d0f5c1e-1", "lucia.paredes@buzon.example", values=("Lucía", "OTONO-41"))
MARCO = Message("b7a1d2f4-1", "marco.silva@buzon.example", values=("Marco", "OTONO-42"))
SMS = Body(Channel.SMS, sender="TiendaNorte", text="")
SMS_LUCIA = Message("1f7f3f0a-1", "+59171234567", "Lucia, tu cupon OTONO-41 vence el 12/10.")
SMS_MARCO = Message("5c2a9d7e-1", "00591 7654-3210", "Marco, tu cupon OTONO-42 vence el 12/10.")
PENDING = {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "Accepted"}
APP = {"auth_form": "app", "api_key": "the-key-of-the-shop"}


def send(
    replies: Sequence[bytes],
    body: Body,
    messages: Sequence[Message],
    *,
    retry: bool = False,
    credentials: dict[str, str] = APP,
    **options: Any,
) -> tuple[list[Receipt], RawServer]:
    """The receipts of a batch whose requests get these answers, and what the server was asked."""

    async def run() -> tuple[list[Receipt], RawServer]:
        async with serving(answering(*replies)) as server:
            config = AccountConfig(server.url, credentials, options, HOOKS)
            async with MessagingService(config, allow_private=True) as provider:
                return await provider.send(Outgoing(KEY, body, messages, "c-2b9e7d64", retry=retry)), server

    return asyncio.run(run())


def row(message: Message, status: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messageId": message.reference, "destination": message.address, "status": status, **more}


def rows(*found: dict[str, Any]) -> bytes:
    return answer(body=orjson.dumps({"bulkId": KEY, "messages": list(found)}))


def accepted(*messages: Message) -> bytes:
    return rows(*(row(message, PENDING) for message in messages))


def status(number: int, group: int = 5) -> dict[str, Any]:
    return {"groupId": group, "groupName": "REJECTED", "id": number, "name": "NAME", "description": "Why"}


def json_of(server: RawServer, number: int = 0) -> Any:
    return orjson.loads(server.requests[number][1])


def head_of(server: RawServer, number: int = 0) -> str:
    return server.requests[number][0]
