"""Calls to a provider that a person waits for: opened, made, and every failure told as a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from campaigns.models import ProviderAccount
from campaigns.providers.base import MaybeSent, Provider, ProviderError
from campaigns.services.connecting import accounts
from campaigns.wording import reason_sentence
from console.errors import UserError
from console.services import crypto

T = TypeVar("T")


def ask(account: ProviderAccount, call: Callable[[Provider], Awaitable[T]], now: datetime) -> T:
    """What `call` gives with the open provider of an account. UserError for everything that can go wrong there."""

    async def run() -> T:
        async with accounts.open_provider(account, connections=1) as provider:
            return await call(provider)

    try:
        return asyncio.run(run())
    except crypto.WrongKey:
        text = _("The stored key of %(account)s cannot be read. Enter it again in the provider account.")
        raise UserError(text % {"account": account.name}) from None
    except MaybeSent as error:
        accounts.note_error(account.pk, error.reason, error.text, now)
        raise UserError(_("The provider did not answer clearly. Look what is there before you try again.")) from error
    except ProviderError as error:
        accounts.note_error(account.pk, error.reason, error.text, now)
        words = {"why": reason_sentence(error.reason), "words": error.text or "–"}
        raise UserError(_("%(why)s. The provider says: %(words)s") % words) from error
