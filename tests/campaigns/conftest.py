"""Campaigns and templates as the pages and their services meet them: accounts that are never called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from campaigns.models import Campaign, ProviderAccount, Template
from campaigns.services.writing import compose, content, drafts, lifecycle, templates
from campaigns.services.writing.compose import Source
from campaigns.services.writing.drafts import Envelope
from console.models import User, Workspace
from console.services import crypto
from contacts.models import Group

SINCH = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}
INFOBIP = {"auth_form": "app", "api_key": "sandbox-key"}


@pytest.fixture
def sms_account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Sinch ES", provider="sinch-messaging", base_url="https://sms.example",
        sealed=crypto.seal(SINCH), sender="TIENDA", sms_price=Decimal("0.05"), created_at=now,
    )  # fmt: skip


@pytest.fixture
def email_account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Correo", provider="messaging-service", base_url="https://mail.example",
        sealed=crypto.seal(INFOBIP), email_sender="Tienda <hola@tienda.example>", email_price=Decimal("0.001"),
        created_at=now,
    )  # fmt: skip


@pytest.fixture
def make_template(workspace: Workspace, owner: User, now: datetime) -> Callable[..., Template]:
    """make_template(name, text=…) is an SMS; with html or subject an email."""

    def make(name: str = "Bienvenida", where: Workspace | None = None, **parts: str) -> Template:
        channel = "email" if {"html", "subject"} & set(parts) else "sms"
        given = {"text": "Hola {{ first_name }}"} if channel == "sms" else {"subject": "Hola"}
        target = where or workspace
        built = compose.build(Source(channel, **{**given, **parts}), content.known_names(target))
        return templates.create(target, name, built, owner, now)

    return make


@pytest.fixture
def make_draft(
    workspace: Workspace, owner: User, now: datetime, sms_account: ProviderAccount
) -> Callable[..., Campaign]:
    """make_draft(text=…, include=[group]) is an SMS draft that lacks only people; `where` puts it elsewhere."""

    def make(
        text: str = "Hola {{ first_name }}, responde STOP",
        include: list[Group] | None = None,
        where: Workspace | None = None,
        **fields: Any,
    ) -> Campaign:
        given = {"name": "Otoño", "channel": "sms", "purpose": "marketing", **fields}
        campaign = lifecycle.create(where or workspace, actor=owner, now=now, **given)
        built = compose.build(Source("sms", text=text), content.known_names(campaign.workspace))
        drafts.write_text(campaign, Envelope(sms_account, "TIENDA"), built, owner, now)
        drafts.set_audience(campaign, everyone=include is None, include=include or [], exclude=[], actor=owner, now=now)
        campaign.refresh_from_db()
        return campaign

    return make


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    """url(name, *args) is the address of a page of the workspace."""

    def make(name: str, *args: Any) -> str:
        return reverse(name, args=[workspace.slug, *args])

    return make


@pytest.fixture
def email_draft(
    workspace: Workspace,
    owner: User,
    email_account: ProviderAccount,
    make_template: Callable[..., Template],
    now: datetime,
) -> Campaign:
    campaign = lifecycle.create(workspace, name="Correo", channel="email", purpose="marketing", actor=owner, now=now)
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    template = make_template("Navidad", subject="Hola {{nombre|tú}}", html="<p>Hola {{nombre|tú}}</p>")
    drafts.copy_template(campaign, Envelope(email_account, "Tienda <a@tienda.example>"), template, owner, now)
    return campaign
