"""Notices, the alarm above every page, and the operations page, as they are seen and used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Batch, Dispatch, Notice, NoticeKind, ProviderAccount, Tally
from campaigns.services.sending import moves
from campaigns.services.settling import ledger_checks
from campaigns.services.showing import notices
from campaigns.states import Reason
from console.models import Heartbeat, User, Workspace
from tests.console.doctor.dispatches import one_account, one_dispatch

PAGES = ("/w/norte/settings/operations/", "/w/norte/notices/", "/profile/", "/w/norte/")


@pytest.fixture
def troubled(owner: User, workspace: Workspace, now: datetime) -> Dispatch:
    """An alarm, a held account, a held dispatch, unknown outcomes, notices read and unread."""
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    Heartbeat.objects.create(name="worker", at=now)
    dispatch = one_dispatch(workspace, now)
    Dispatch.objects.update(status="sending")
    notices.tell(dispatch, NoticeKind.START, now)
    notices.read(owner, workspace, None, now)
    Tally.objects.filter(dispatch=dispatch).update(n=3)
    Tally.objects.create(dispatch=dispatch, status="unknown", n=2)
    Batch.objects.create(dispatch=dispatch, number=1, size=1, status="unknown", not_before=now, started_at=now)
    moves.hold(dispatch, Reason.NO_CREDIT, now)
    ProviderAccount.objects.update(hold_reason=Reason.NO_CREDIT, hold_since=now)
    one_account(workspace, now, name="Correo de la tienda", provider="messaging-service")
    ledger_checks.watch(now)
    return dispatch


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_pages_are_accessible_and_fit(
    troubled: Dispatch, owner: User, new_page: Callable[..., Page], check_axe: Any, no_sideways_scroll: Any,
    shoot: Any, theme: str, phone: bool,
) -> None:  # fmt: skip
    page = new_page(owner, theme=theme, phone=phone)
    for number, address in enumerate(PAGES):
        page.goto(address)
        shoot(page, f"operations-{number}-{theme}-{'390' if phone else '1440'}")
        check_axe(page)
        no_sideways_scroll(page)


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_the_pages_fit_a_phone_in_longer_words(
    troubled: Dispatch, owner: User, new_page: Callable[..., Page], no_sideways_scroll: Any, shoot: Any, language: str
) -> None:
    User.objects.filter(pk=owner.pk).update(language=language)
    page = new_page(owner, phone=True)
    for number, address in enumerate(PAGES):
        page.goto(address)
        shoot(page, f"operations-{number}-{language}-390")
        no_sideways_scroll(page)


def test_a_notice_is_opened_and_is_read_then(troubled: Dispatch, owner: User, new_page: Callable[..., Page]) -> None:
    page = new_page(owner)
    page.goto("/w/norte/notices/?show=unread")
    page.get_by_role("button", name="Look at it: “Aviso” paused itself").click()
    page.wait_for_url(f"**/w/norte/dispatches/{troubled.pk}/")
    assert Notice.objects.get(kind="hold").read_at is not None


def test_notices_are_read_without_script(troubled: Dispatch, owner: User, new_page: Callable[..., Page]) -> None:
    page = new_page(owner, script=False)
    page.goto("/w/norte/notices/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("unread notices")).to_have_count(0)
    assert not Notice.objects.filter(read_at=None).exists()


def test_the_operations_page_follows_what_happens(
    troubled: Dispatch, owner: User, new_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr("campaigns.views.operations.POLL_SECONDS", 1)
    page = new_page(owner)
    page.goto("/w/norte/settings/operations/")
    expect(page.get_by_role("heading", name="Figures that do not add up")).to_be_visible()
    ledger_checks.mend(troubled.pk, now)
    ledger_checks.watch(now)
    expect(page.get_by_role("heading", name="Figures that do not add up")).to_have_count(0)
