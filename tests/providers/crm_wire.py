"""CRM Messaging in the tests: an account, calls on it, and a raw server that answers what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import orjson

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Outgoing, Provider, Receipt
from campaigns.providers.crm_messaging import CrmMessaging
from tests.providers.raw_server import RawServer, answer, answering, serving

Found = TypeVar("Found")

KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"
SMS_TEMPLATE, EMAIL_TEMPLATE = "101", "102"
SMS_TEXT = "{{Firstname}}, your voucher is {{voucherCode}}. Tienda Norte"
TEMPLATES = (
    f"101 | sms | Firstname, voucherCode | {SMS_TEXT}\n102 | email | Firstname\n"
    "204 | sms | Firstname, voucherCode, expirationDate\n311 | email | Firstname"
)
CREDENTIALS = {"user": "sandbox", "password": "a-long-password"}

# The people of the contract's samples (§4.1 and §4.3).
VOUCHER = Body(Channel.SMS, template_id="204", names=("Firstname", "voucherCode", "expirationDate"))
NEWS = Body(Channel.EMAIL, template_id="311", names=("Firstname",))
ELENI = Message("c1-r1-a1", "+306941112233", values=("Eleni", "AUTUMN41", "12/10/2026"), contact="cli-10021")
MARKOS = Message("c1-r2-a1", "+302101234567", values=("Markos", "AUTUMN42", "12/10/2026"), contact="cli-10022")
ELENI_BY_EMAIL = Message("c1-r3-a1", "eleni@buzon.example", values=("Eleni",), contact="cli-20001")
MARKOS_BY_EMAIL = Message("c1-r4-a1", "markos.buzon.example", values=("Markos",), contact="cli-20002")


def account(
    url: str = "https://crm.example", credentials: dict[str, str] = CREDENTIALS, **options: Any
) -> CrmMessaging:
    """The adapter of an account with the templates above."""
    config = AccountConfig(url, credentials, {"templates": TEMPLATES, **options})
    return CrmMessaging(config, allow_private=True, connections=2)


def ask(what: Callable[[Provider], Awaitable[Found]], provider: Provider) -> Found:
    """What a call on the open provider gives."""

    async def run() -> Found:
        async with provider:
            return await what(provider)

    return asyncio.run(run())


def on_server(what: Callable[[Provider], Awaitable[Found]], *replies: bytes, **options: Any) -> tuple[Found, RawServer]:
    """What a call gives whose requests get these answers, and what the server was asked."""

    async def run() -> tuple[Found, RawServer]:
        async with serving(answering(*replies)) as server, account(server.url, **options) as provider:
            return await what(provider), server

    return asyncio.run(run())


def send(
    reply: bytes, body: Body = VOUCHER, messages: Sequence[Message] = (ELENI, MARKOS), **options: Any
) -> tuple[list[Receipt], RawServer]:
    """The receipts of a batch whose request gets this answer, and what the server was asked."""
    return on_server(lambda provider: provider.send(Outgoing(KEY, body, messages)), reply, **options)


def told(payload: Any, status: str = "200 OK", headers: str = "Content-Type: application/json\r\n") -> bytes:
    """An answer in JSON."""
    return answer(status, orjson.dumps(payload), headers)


def counted(total: int, sent: int, invalid: int, **more: Any) -> dict[str, Any]:
    """The answer of a send (§2.4)."""
    return {
        "dispatch": 418807,
        "totalRecipients": total,
        "totalRecipientsSent": sent,
        "invalidRecipients": invalid,
        "sendDate": "2026-10-05T10:00:00+03:00",
        "invalidEmails": [],
        "invalidMobiles": [],
        **more,
    }
