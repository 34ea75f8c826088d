"""Provider accounts as people set them up: made, changed, disabled, released. Credentials go in and never come out;
the audit trail names which were replaced, not what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import Dispatch, ProviderAccount
from campaigns.models.account import new_token
from campaigns.providers import registry
from campaigns.providers.base import AccountConfig, Problem
from campaigns.services.connecting import accounts, tokens
from campaigns.states import DispatchStatus
from console.models import User, Workspace
from console.services import audit, crypto


@dataclass(frozen=True, slots=True)
class Settings:
    """What the form gives. `credentials` holds only those that were entered; the others stay as they are."""

    name: str
    base_url: str
    credentials: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    sender: str = ""
    email_sender: str = ""
    requests_per_second: float | None = None
    messages_per_second: float | None = None
    sms_price: Decimal | None = None
    email_price: Decimal | None = None
    hook_networks: str = ""


# Columns of the account that `Settings` sets as they are.
_PLAIN = (
    "name", "base_url", "options", "sender", "email_sender", "requests_per_second", "messages_per_second", "sms_price",
    "email_price", "hook_networks",
)  # fmt: skip


def problems(
    provider: str,
    base_url: str,
    options: Mapping[str, Any],
    entered: Mapping[str, str],
    account: ProviderAccount | None,
) -> list[Problem]:
    """What the vendor's adapter finds wrong with credentials and options, without asking the vendor."""
    config = AccountConfig(base_url=base_url, credentials=_merged(account, entered), options=options)
    adapter = registry.open_provider(provider, config, allow_private=settings.ALLOW_PRIVATE_PROVIDER_URLS)
    return [problem for problem in adapter.check_account() if not problem.warning]


@transaction.atomic
def create(workspace: Workspace, provider: str, given: Settings, actor: User, now: datetime) -> ProviderAccount:
    """A new account of `provider` (a registered slug)."""
    account = ProviderAccount(workspace=workspace, provider=provider, created_at=now)
    _set(account, given)
    account.save()
    audit.record(
        "account.create", workspace=workspace, actor=actor, target=account, now=now, provider=provider,
        base_url=given.base_url, credentials=sorted(given.credentials),
    )  # fmt: skip
    return account


@transaction.atomic
def update(account: ProviderAccount, given: Settings, actor: User, now: datetime) -> list[str]:
    """Change an account; gives the names of what changed. Lanes read the account anew with every slice of work."""
    before = {name: getattr(account, name) for name in _PLAIN}
    _set(account, given)
    changed = [name for name in _PLAIN if getattr(account, name) != before[name]]
    if given.credentials:
        changed.append("credentials")
    if not changed:
        return []
    account.remote_templates_at = None  # what it holds may be something else now
    account.save(update_fields=[*_PLAIN, "sealed", "remote_templates_at"])
    if "credentials" in changed or "base_url" in changed:
        tokens.forget(account.pk)
    detail = {name: [_plain(before[name]), _plain(getattr(account, name))] for name in changed if name in before}
    audit.record(
        "account.update", workspace=account.workspace, actor=actor, target=account, now=now,
        credentials=sorted(given.credentials), **detail,
    )  # fmt: skip
    return changed


@transaction.atomic
def set_active(account: ProviderAccount, active: bool, actor: User, now: datetime) -> bool:
    """Disable an account, so that nothing more leaves through it, or enable it again; False when it already is so."""
    changed = ProviderAccount.objects.filter(pk=account.pk, is_active=not active).update(is_active=active)
    if changed:
        action = "account.enable" if active else "account.disable"
        audit.record(action, workspace=account.workspace, actor=actor, target=account, now=now)
        account.is_active = active
    return bool(changed)


@transaction.atomic
def rotate_token(account: ProviderAccount, actor: User, now: datetime) -> None:
    """New callback addresses; the old ones stop working at once."""
    account.callback_token = new_token()
    account.save(update_fields=["callback_token"])
    audit.record("account.rotate_token", workspace=account.workspace, actor=actor, target=account, now=now)


@transaction.atomic
def release(account: ProviderAccount, actor: User, now: datetime) -> None:
    """A person has mended what held the account. Dispatches that were held with it wait for their own resume."""
    reason = account.hold_reason
    accounts.release(account.pk)
    audit.record("account.release", workspace=account.workspace, actor=actor, target=account, now=now, reason=reason)
    account.refresh_from_db()


def held_dispatches(account: ProviderAccount) -> QuerySet[Dispatch]:
    """Dispatches that the machine held and that go through this account, newest first."""
    held = Dispatch.objects.filter(workspace=account.workspace_id, account=account, status=DispatchStatus.HELD)
    return held.select_related("campaign", "account", "workspace").order_by("-pk")


def _set(account: ProviderAccount, given: Settings) -> None:
    for name in _PLAIN:
        value = getattr(given, name)
        setattr(account, name, dict(value) if name == "options" else value)
    if given.credentials:
        account.sealed = crypto.seal(_merged(account, given.credentials))


def _merged(account: ProviderAccount | None, entered: Mapping[str, str]) -> dict[str, str]:
    """The saved credentials with those that were entered. Saved ones that no key can read any more are left out."""
    try:
        saved = crypto.unseal(account.sealed) if account else {}
    except crypto.WrongKey:
        saved = {}
    return {**saved, **entered}


def _plain(value: Any) -> Any:
    """For the audit trail, which is JSON."""
    return str(value) if isinstance(value, Decimal) else value
