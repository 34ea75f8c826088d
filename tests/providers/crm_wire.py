"""CRM Messaging in the tests: an account, and calls on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from campaigns.providers.base import AccountConfig, Provider
from campaigns.providers.crm_messaging import CrmMessaging

Found = TypeVar("Found")

SMS_TEMPLATE, EMAIL_TEMPLATE = "101", "102"
SMS_TEXT = "{{Firstname}}, your voucher is {{voucherCode}}. Tienda Norte"
TEMPLATES = f"101 | sms | Firstname, voucherCode | {SMS_TEXT}\n102 | email | Firstname"
CREDENTIALS = {"user": "sandbox", "password": "sandbox"}


def account(url: str = "https://crm.example", **options: Any) -> CrmMessaging:
    """The adapter of an account with the templates above."""
    config = AccountConfig(url, CREDENTIALS, {"templates": TEMPLATES, **options})
    return CrmMessaging(config, allow_private=True, connections=2)


def ask(what: Callable[[Provider], Awaitable[Found]], provider: Provider) -> Found:
    """What a call on the open provider gives."""

    async def run() -> Found:
        async with provider:
            return await what(provider)

    return asyncio.run(run())
