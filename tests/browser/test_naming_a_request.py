"""A request whose answer never came: a person reads its id at the provider, enters it, and the page knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Dispatch, ProviderAccount, TemplateVersion
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.services.connecting import account_settings
from console.models import User, Workspace
from contacts.models import Contact
from tests.browser.backstage import Backstage

PROVIDER = "crm-messaging"  # one that names whole requests


@pytest.fixture
def lost(
    backstage: Backstage, workspace: Workspace, owner: User, now: datetime, make_contacts: Callable[..., list[Contact]]
) -> Dispatch:
    """Sent to three people through a provider that took it and broke the connection."""
    for number, contact in enumerate(make_contacts(3)):
        Contact.objects.filter(pk=contact.pk).update(phone=f"+3069{number:08d}", country="GR")
    rehearsal = REHEARSALS[PROVIDER]
    given = account_settings.Settings(
        name="Club CRM",
        base_url=backstage.sandbox.url,
        credentials=rehearsal.credentials,
        options=rehearsal.options,
        sender="",
        email_sender="",
    )
    account: ProviderAccount = account_settings.create(workspace, PROVIDER, given, owner, timezone.now())
    version = TemplateVersion.objects.create(
        workspace=workspace,
        channel="sms",
        remote_id="101",
        mapping={"Firstname": "{{ first_name }}", "voucherCode": "OTONO"},
        created_at=now,
    )
    campaign = Campaign.objects.create(
        workspace=workspace,
        name="Vales de otoño",
        channel="sms",
        status="scheduled",
        account=account,
        version=version,
        everyone=True,
        start_at=now,
        created_at=now,
        updated_at=now,
    )
    backstage.sandbox.arm("/api/SendMessages", "reset_after_accept")
    dispatch = backstage.start(campaign)
    backstage.engine.slice(account)
    return dispatch


def test_a_named_request_is_settled_by_what_the_provider_says(
    page_as: Callable[..., Page],
    lost: Dispatch,
    backstage: Backstage,
    check_axe: Any,
    shoot: Any,
    complaints: Any,
) -> None:
    page = page_as()
    page.goto(f"/w/norte/dispatches/{lost.pk}/")
    expect(page.get_by_role("heading", name="Requests to verify")).to_be_visible()
    check_axe(page)
    shoot(page, "requests-to-verify")

    page.get_by_role("link", name="Enter the id of request 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("What does the provider call the request with 3 messages?")
    check_axe(page)

    complaints.expected.append("422")
    dialog.get_by_label("Id at the provider").fill("999999")
    dialog.get_by_role("button", name="Ask about it").click()
    expect(dialog.get_by_text("The provider knows no request of this id.")).to_be_visible()

    backstage.sandbox.advance(2)
    dialog.get_by_label("Id at the provider").fill("418000")
    dialog.get_by_role("button", name="Ask about it").click()
    expect(page.get_by_text("The provider is asked about 3 messages from now on")).to_be_visible()
    expect(page.get_by_role("heading", name="Requests to verify")).to_have_count(0)


def test_the_request_is_named_on_a_phone_too(
    page_as: Callable[..., Page], lost: Dispatch, no_sideways_scroll: Any, shoot: Any
) -> None:
    page = page_as(phone=True)
    page.goto(f"/w/norte/dispatches/{lost.pk}/")
    no_sideways_scroll(page)
    shoot(page, "requests-to-verify-phone")
    page.goto(f"/w/norte/dispatches/{lost.pk}/requests/1/")
    no_sideways_scroll(page)
    shoot(page, "name-a-request-phone")
