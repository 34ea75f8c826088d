"""The register of campaigns at a vendor: names under which it files messages in its own reports. It sends nothing.

What was read last stays with the account, so that the composer can offer the aliases without a call.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import Provider
from campaigns.providers.remote import RemoteCampaign
from campaigns.services.connecting import accounts, vendor_calls
from console.models import User
from console.services import audit


def keeps(account: ProviderAccount) -> bool:
    """True when the vendor has such a register."""
    channels = registry.provider_class(account.provider).channels
    return any(accounts.capabilities(account, channel).keeps_campaigns for channel in channels)


def read(account: ProviderAccount, now: datetime) -> list[RemoteCampaign]:
    """The register as it is now, by name; kept with the account. UserError when it cannot be read."""

    async def everything(provider: Provider) -> list[RemoteCampaign]:
        async with provider.campaign_register() as register:
            return await register.everything()

    found = sorted(vendor_calls.ask(account, everything, now), key=lambda found: (found.name.casefold(), found.id))
    account.remote_campaigns = [asdict(campaign) for campaign in found]
    account.save(update_fields=["remote_campaigns"])
    return found


def kept(account: ProviderAccount) -> list[RemoteCampaign]:
    """The register as last read."""
    return [RemoteCampaign(**row) for row in account.remote_campaigns]


def find(account: ProviderAccount, campaign_id: int, now: datetime) -> RemoteCampaign | None:
    """One campaign as the vendor has it now; None when it is gone."""

    async def one(provider: Provider) -> RemoteCampaign | None:
        async with provider.campaign_register() as register:
            return await register.get(campaign_id)

    return vendor_calls.ask(account, one, now)


def create(account: ProviderAccount, name: str, alias: str, actor: User, now: datetime) -> RemoteCampaign:
    async def make(provider: Provider) -> RemoteCampaign:
        async with provider.campaign_register() as register:
            return await register.create(name, alias)

    made = vendor_calls.ask(account, make, now)
    _note(account, "create", made, actor, now)
    return made


def change(
    account: ProviderAccount, campaign_id: int, name: str, alias: str, actor: User, now: datetime
) -> RemoteCampaign:
    async def rename(provider: Provider) -> RemoteCampaign:
        async with provider.campaign_register() as register:
            return await register.change(campaign_id, name, alias)

    changed = vendor_calls.ask(account, rename, now)
    _note(account, "change", changed, actor, now)
    return changed


def delete(account: ProviderAccount, campaign: RemoteCampaign, actor: User, now: datetime) -> None:
    async def remove(provider: Provider) -> None:
        async with provider.campaign_register() as register:
            await register.delete(campaign.id)

    vendor_calls.ask(account, remove, now)
    _note(account, "delete", campaign, actor, now)


def _note(account: ProviderAccount, verb: str, campaign: RemoteCampaign, actor: User, now: datetime) -> None:
    action = {
        "create": "account.campaign_create",
        "change": "account.campaign_change",
        "delete": "account.campaign_delete",
    }[verb]
    audit.record(
        action, workspace=account.workspace, actor=actor, target=account, now=now, name=campaign.name,
        alias=campaign.alias,
    )  # fmt: skip
