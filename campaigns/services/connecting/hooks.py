"""Callback addresses entered at the vendor by us, where its API can do that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import ProviderError
from campaigns.services.connecting import accounts
from campaigns.wording import reason_sentence
from console.errors import UserError
from console.models import User
from console.services import audit, crypto


def can_register(account: ProviderAccount) -> bool:
    """Whether the vendor's API takes callback addresses; otherwise an operator copies them into its portal."""
    return registry.provider_class(account.provider).registers_hooks


def register(account: ProviderAccount, actor: User | None, now: datetime) -> None:
    """Enter this account's callback addresses at its vendor and keep what it gives for them. The vendor may call back
    before it answers, so this runs outside any transaction. UserError with a sentence for every failure."""
    if not can_register(account):
        raise UserError(_("This provider takes no callback addresses from us. Copy them into its portal."))
    try:
        given = asyncio.run(_register(account))
    except crypto.WrongKey:
        text = _("The stored key of %(account)s cannot be read. Enter it again in the provider account.")
        raise UserError(text % {"account": account.name}) from None
    except ProviderError as error:
        accounts.note_error(account.pk, error.reason, error.text, now)
        text = _("The callbacks were not registered: %(why)s. The provider says: %(words)s")
        raise UserError(text % {"why": reason_sentence(error.reason), "words": error.text or "–"}) from error
    accounts.keep_credentials(account.pk, given)
    audit.record(
        "account.register_hooks", workspace=account.workspace, actor=actor, target=account, now=now,
        address=settings.PUBLIC_URL,
    )  # fmt: skip


async def _register(account: ProviderAccount) -> Mapping[str, str]:
    async with accounts.open_provider(account, connections=1) as provider:
        return await provider.register_hooks()
