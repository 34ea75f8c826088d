"""Marketing Cloud's side of the wire in scripted answers, and an adapter that meets them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import orjson

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Outgoing, Receipt
from campaigns.providers.salesforce_marketing_cloud import SalesforceMarketingCloud
from tests.providers.raw_server import RawServer, answer, answering, serving

T = TypeVar("T")

CREDENTIALS = {
    "subdomain": "mcx0example",
    "client_id": "pkg-7f20",
    "client_secret": "s3cret-of-the-package",
    "account_id": "510003344",
}
# The contract's §10.1.
TOKEN = {
    "access_token": "eyJ-sample",
    "token_type": "Bearer",
    "expires_in": 1079,
    "scope": "sms_read sms_write sms_send event_notification_callback_read",
    "rest_instance_url": "https://mcx0example.rest.marketingcloudapis.com/",
    "soap_instance_url": "https://mcx0example.soap.marketingcloudapis.com/",
}
# §10.8, as it is read back.
DEFINITION: dict[str, Any] = {
    "definitionKey": "otono-cupon",
    "name": "Otoño cupón 2026",
    "description": "c-2b9e7d64",
    "status": "Active",
    "content": {"message": "%%Nombre%%, tu cupon %%Cupon%% vence pronto."},
    "subscriptions": {"shortCode": "40404", "countryCode": "BO", "keyword": "OTONO", "autoAddSubscriber": True},
    "options": {"urlShortenerOptions": {"IsLinkShorteningEnabled": False}},
}
# §10.2.
LUCIA = Message(
    "d77-r0001-1f7f3f0a71b04a0b", "+59171234567", "Lucía, tu cupon OTONO-41 vence el 12/10.",
    values=("Lucía", "OTONO-41"), contact="cli-10021",
)  # fmt: skip
MARCO = Message(
    "d77-r0002-5c2a9d7e0b444b7f", "+591 (7) 2345-678", "Marco, tu cupon OTONO-42 vence el 12/10.",
    values=("Marco", "OTONO-42"), contact="cli-10022",
)  # fmt: skip
OWN_TEXT = Body(
    Channel.SMS,
    text="{{Nombre}}, tu cupon {{Cupon}} vence el 12/10.",
    slots=("Nombre", "Cupon"),
    purpose="marketing",
    options={"definition_key": "otono-cupon"},
)
FROM_DEFINITION = Body(Channel.SMS, template_id="otono-cupon", names=("Nombre", "Cupon"), purpose="service")


def said(payload: object, status: str = "200 OK", headers: str = "") -> bytes:
    return answer(status, orjson.dumps(payload), headers)


def queued(*messages: Message) -> bytes:
    """202: all of them were taken (§10.3)."""
    rows = [{"messageKey": message.reference} for message in messages]
    return said({"requestId": "0d6a9c1e", "errorcode": 0, "responses": rows}, "202 Accepted")


def refused(code: int, text: str = "MCMS_UTM_Validation", status: str = "400 Bad Request") -> bytes:
    return said({"message": text, "errorcode": code, "documentation": ""}, status)


def call(
    replies: Sequence[bytes], work: Callable[[SalesforceMarketingCloud], Awaitable[T]], **options: Any
) -> tuple[T, RawServer]:
    """What `work` gives on an adapter whose requests get these answers, and what the server was asked."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> tuple[T, RawServer]:
        async with serving(answering(*replies)) as server:
            config = AccountConfig(server.url, {**CREDENTIALS, **options.pop("credentials", {})}, options)
            async with SalesforceMarketingCloud(config, allow_private=True, sleep=sleep) as provider:
                return await work(provider), server

    return asyncio.run(run())


def send(
    replies: Sequence[bytes], messages: Sequence[Message], body: Body = OWN_TEXT, **changes: Any
) -> tuple[list[Receipt], RawServer]:
    """The receipts of a batch; token and definition are answered before `replies`. `options`: of the account."""
    options = changes.pop("options", {})
    outgoing = Outgoing(**{"key": "key", "body": body, "messages": messages, **changes})
    return call([said(TOKEN), said(DEFINITION), *replies], lambda provider: provider.send(outgoing), **options)


def json_of(server: RawServer, number: int) -> Any:
    return orjson.loads(server.requests[number][1])


def lines(server: RawServer) -> list[str]:
    """Method and address of every request."""
    return [head.partition(" HTTP/")[0] for head, _ in server.requests]
