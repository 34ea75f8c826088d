"""The inbox and the fault dial in a browser: ticked, searched, answered in a dialog, turned and reset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Dispatch, ProviderAccount, Reply
from console.models import User, Workspace
from console.services import crypto
from contacts.models import Contact
from tests.browser.backstage import Backstage


@pytest.fixture
def account(backstage: Backstage, workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="SMS", provider="sinch-messaging", base_url=backstage.sandbox.url, created_at=now,
        sealed=crypto.seal({"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}),
    )  # fmt: skip


@pytest.fixture
def inbox(account: ProviderAccount, make_contacts: Callable[..., list[Contact]], now: datetime) -> list[Reply]:
    texts = ("¿A qué hora abrís?", "BAJA", "Gracias por avisar")
    return [
        Reply.objects.create(
            workspace=account.workspace, account=account, channel="sms", event_id=f"e{n}", text=text, at=now,
            contact=person, address=person.phone, opted_out=text == "BAJA",
        )
        for n, (text, person) in enumerate(zip(texts, make_contacts(3), strict=True))
    ]  # fmt: skip


@pytest.mark.usefixtures("inbox")
def test_replies_are_searched_answered_and_marked_as_read(
    new_page: Callable[..., Page], owner: User, workspace: Workspace, check_axe: Any, no_sideways_scroll: Any
) -> None:
    page = new_page(owner)
    page.goto(f"/w/{workspace.slug}/replies/")
    check_axe(page)
    page.get_by_label("Search replies").fill("hora")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Answer +34").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your answer").fill("A las nueve.")
    check_axe(page)
    dialog.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Answer on its way")).to_be_visible()
    assert Dispatch.objects.get(kind="answer").version.text == "A las nueve."
    page.get_by_label("Tick the replies on this page").check()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("marked as read")).to_be_visible()
    assert not Reply.objects.filter(read_at=None).exists()
    no_sideways_scroll(page)


def test_the_dial_is_turned_and_reset(
    new_page: Callable[..., Page],
    owner: User,
    workspace: Workspace,
    account: ProviderAccount,
    backstage: Backstage,
    settings: Any,
    check_axe: Any,
) -> None:
    settings.SANDBOX_URL = backstage.sandbox.url
    Workspace.objects.update(is_demo=True)
    page = new_page(owner, phone=True, theme="dark")
    page.goto(f"/w/{workspace.slug}/settings/providers/{account.pk}/training/")
    check_axe(page)
    page.get_by_role("button", name="Turn on Outage").click()
    expect(page.locator("#on")).to_contain_text("for 50 more requests")
    page.get_by_role("button", name="Reset the dial").click()
    expect(page.locator("#on")).to_contain_text("Nothing: the sandbox behaves.")


def test_without_script_the_dial_is_turned_as_well(
    new_page: Callable[..., Page],
    owner: User,
    workspace: Workspace,
    account: ProviderAccount,
    backstage: Backstage,
    settings: Any,
) -> None:
    settings.SANDBOX_URL = backstage.sandbox.url
    Workspace.objects.update(is_demo=True)
    page = new_page(owner, script=False)
    page.goto(f"/w/{workspace.slug}/settings/providers/{account.pk}/training/")
    page.get_by_role("button", name="Turn on Key refused").click()
    expect(page.locator("#on")).to_contain_text("for 3 more requests")


def test_a_number_check_shows_its_answer_in_the_card(
    new_page: Callable[..., Page],
    owner: User,
    workspace: Workspace,
    account: ProviderAccount,
    make_contacts: Callable[..., list[Contact]],
) -> None:
    (person,) = make_contacts(1)
    page = new_page(owner)
    page.goto(f"/w/{workspace.slug}/contacts/{person.pk}/")
    page.get_by_role("button", name="Check the number through SMS", exact=True).click()
    expect(page.locator("#contact-number")).to_contain_text("Mobile number")
