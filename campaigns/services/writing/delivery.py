"""What an account adds to a campaign: the options of its provider that fit, and the ways a text can come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import Campaign, ProviderAccount, TemplateVersion
from campaigns.providers import registry
from campaigns.providers.adapter import TRUE
from campaigns.providers.base import Channel, Field
from campaigns.providers.lists import LIST, MODE, TAG
from campaigns.services.connecting import accounts

OWN, TEMPLATE, REMOTE = "own", "template", "remote"
# Who may answer a guarded option.
GUARD = "provider.edit"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a campaign's text can come from. `refusal` says why not through this account ("" = it can)."""

    key: str
    label: str
    icon: str
    refusal: str = ""


def fields_of(account: ProviderAccount, campaign: Campaign) -> tuple[Field, ...]:
    """The provider's message fields for this campaign's channel and purpose."""
    return tuple(
        field
        for field in registry.provider_class(account.provider).message_fields
        if (not field.channels or Channel(campaign.channel) in field.channels)
        and (not field.purposes or campaign.purpose in field.purposes)
        and (not field.needs or str(account.options.get(field.needs, "")).lower() in TRUE)
    )


def lists_templates(account: ProviderAccount, channel: str) -> bool:
    return accounts.capabilities(account, channel).lists_templates


def aliases_of(account: ProviderAccount, kept: Mapping[str, str]) -> list[tuple[str, str]] | None:
    """(alias, words) of the campaigns in the vendor's register as last read, with one that the campaign has already;
    None when none were read, so that an alias is typed."""
    known = {row["alias"]: row["name"] for row in account.remote_campaigns if row["alias"]}
    if not known:
        return None
    here = [f.name for f in registry.provider_class(account.provider).message_fields if f.kind == "campaign"]
    gone = {kept[name]: kept[name] for name in here if kept.get(name)}
    return [(alias, f"{name} ({alias})" if name != alias else alias) for alias, name in {**gone, **known}.items()]


@dataclass(frozen=True, slots=True)
class Limits:
    """What of a campaign's limits can be set, and what it means: `cost_help` "" = costs cannot be counted;
    `canary`: whether a few may go first."""

    cost_help: str = ""
    failure_help: str = ""
    canary: bool = True


def limits_of(campaign: Campaign) -> Limits:
    """A campaign on a list at the vendor has its price named there, and goes at once."""
    account, workspace = campaign.account, campaign.workspace
    named = bool(account and accounts.capabilities(account, campaign.channel).remote_lists)
    helps = []
    if account and (account.sms_price if campaign.channel == Channel.SMS else account.email_price):
        helps.append(_("It pauses before it costs more, and asks you. Empty: no limit."))
    if named:
        helps.append(_("Campaigns on a list of the provider go by themselves up to this price. Empty: you are asked."))
    share = workspace.failure_share
    return Limits(
        cost_help=" ".join(helps),
        failure_help=_("Of the last messages. Empty: as in the settings of the workspace, %(n)s %%.") % {"n": share}
        if share
        else _("Of the last messages. Empty: as in the settings of the workspace, never."),
        canary=not (named and campaign.options.get(MODE) in (LIST, TAG)),
    )


def ways(account: ProviderAccount | None, channel: str) -> list[Way]:
    """All ways, in the order they are offered."""
    own = remote = ""
    if account is None:
        remote = _("Choose the provider account first: not every one holds content of its own.")
    elif Channel(channel) in registry.provider_class(account.provider).channels:
        can, name = accounts.capabilities(account, channel), {"account": account.name}
        if not can.own_text:
            own = _("%(account)s sends only what the provider holds.") % name
        if not can.remote_templates:
            remote = _("%(account)s holds no content of its own; write the text here.") % name
    return [
        Way(OWN, _("Own text"), "pencil", own),
        Way(TEMPLATE, _("Template"), "template", own),
        Way(REMOTE, _("From the provider"), "building-store", remote),
    ]


def refusal_of(account: ProviderAccount, version: TemplateVersion) -> str:
    """Why this account cannot send a text that comes from where `version` does, "" when it can."""
    way = REMOTE if version.remote_id else OWN
    return next(found.refusal for found in ways(account, version.channel) if found.key == way)


def usable(way: str, found: list[Way]) -> str:
    """`way` when the account allows it, else the first that it allows."""
    allowed = [each.key for each in found if not each.refusal]
    return way if way in allowed or not allowed else allowed[0]
