"""Asking a vendor what a phone number is. Billed for each number, so only on a person's order, and written down."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.providers.base import Channel
from campaigns.providers.remote import NumberCheck
from campaigns.services.connecting import accounts, vendor_calls
from console.models import AuditEvent, User, Workspace
from console.services import audit
from contacts.models import Contact

ACTION = "contact.number_check"


def accounts_that_check(workspace: Workspace) -> list[ProviderAccount]:
    """The accounts in use whose vendor tells what a number is, by name."""
    found = ProviderAccount.objects.for_workspace(workspace).filter(is_active=True).select_related("workspace")
    return [account for account in found if _checks(account)]


def _checks(account: ProviderAccount) -> bool:
    vendor = registry.PROVIDERS.get(account.provider)
    can_sms = vendor is not None and Channel.SMS in vendor.channels
    return can_sms and accounts.capabilities(account, Channel.SMS).checks_numbers


def price_of(account: ProviderAccount) -> Decimal | None:
    """What one check costs, as the account says; None when nobody has entered it."""
    typed = str(account.options.get("number_check_price") or "").replace(",", ".")
    try:
        return Decimal(typed) if typed else None
    except InvalidOperation:
        return None


def check(contact: Contact, account: ProviderAccount, actor: User, now: datetime) -> NumberCheck:
    """Order one check. UserError when the vendor cannot be asked; then nothing is written down as known."""
    found = vendor_calls.ask(account, lambda provider: provider.check_numbers([contact.phone]), now)
    answer = found[0] if found else NumberCheck(contact.phone, active=False)
    audit.record(
        "contact.number_check", workspace=contact.workspace, actor=actor, target=contact, now=now,
        account=account.name, address=contact.phone, active=answer.active, carrier=answer.carrier,
        country=answer.country,
    )  # fmt: skip
    return answer


def last_of(contact: Contact) -> AuditEvent | None:
    """The newest check of the number that the contact has now."""
    found = AuditEvent.objects.filter(workspace=contact.workspace_id, target=f"contact:{contact.pk}", action=ACTION)
    newest = found.select_related("actor").order_by("-id").first()
    return newest if newest and newest.detail.get("address") == contact.phone else None
