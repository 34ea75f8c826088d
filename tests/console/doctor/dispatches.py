"""The smallest dispatch that can be written down."""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Campaign, Dispatch, ProviderAccount, Recipient, TemplateVersion
from campaigns.querysets import tallies
from console.models import Workspace
from console.services import crypto


def one_account(workspace: Workspace, now: datetime, **fields: object) -> ProviderAccount:
    given = {"name": "Sinch ES", "provider": "sinch-messaging", "base_url": "https://x.example", **fields}
    sealed = crypto.seal({"UserName": "u", "AuthenticationToken": "t"})
    return ProviderAccount.objects.create(workspace=workspace, created_at=now, **{"sealed": sealed, **given})


def one_dispatch(workspace: Workspace, now: datetime) -> Dispatch:
    """Finished, with one person who got it."""
    common = {"workspace": workspace, "channel": "sms", "purpose": "service", "account": one_account(workspace, now)}
    version = TemplateVersion.objects.create(workspace=workspace, channel="sms", text="Hola", created_at=now)
    campaign = Campaign.objects.create(**common, name="Aviso", created_at=now, updated_at=now)
    dispatch = Dispatch.objects.create(
        **common, campaign=campaign, version=version, status="finished", planned_at=now, changed_at=now, people=1
    )
    Recipient.objects.create(dispatch=dispatch, address="+34600112233", status="delivered", batch_no=1)
    tallies.shift(dispatch.pk, {("delivered", ""): 1})
    return dispatch
