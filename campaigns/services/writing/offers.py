"""Which provider accounts a campaign may choose, and why it may not choose the others."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import Channel
from campaigns.wording import reason_sentence
from console.models import Workspace


@dataclass(frozen=True, slots=True)
class Offer:
    """An account; `refusal` says why it cannot be chosen ("" = it can), `warning` what holds it for now."""

    account: ProviderAccount
    refusal: str = ""
    warning: str = ""


def offers(workspace: Workspace, channel: str) -> list[Offer]:
    """All accounts of the workspace, by name."""
    return [offer_of(account, channel) for account in ProviderAccount.objects.for_workspace(workspace)]


def offer_of(account: ProviderAccount, channel: str) -> Offer:
    provider = registry.provider_class(account.provider)
    if Channel(channel) not in provider.channels:
        sentence = _("%(provider)s does not send SMS.") if channel == "sms" else _("%(provider)s does not send email.")
        return Offer(account, refusal=sentence % {"provider": provider.label})
    if not account.is_active:
        return Offer(account, refusal=_("This account is switched off."))
    if account.hold_reason:
        why = _("Held until somebody mends it: %(why)s.") % {"why": reason_sentence(account.hold_reason)}
        return Offer(account, warning=why)
    return Offer(account)


def default_sender(account: ProviderAccount | None, channel: str) -> str:
    """The account's own sender on that channel."""
    if account is None:
        return ""
    return account.email_sender if channel == "email" else account.sender


def only_choice(workspace: Workspace, channel: str) -> ProviderAccount | None:
    """The account that a new campaign starts with: the one that fits, when there is exactly one."""
    fitting = [offer.account for offer in offers(workspace, channel) if not offer.refusal]
    return fitting[0] if len(fitting) == 1 else None
