"""What the doctor says about what the database holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.core.mail.backends import locmem

from campaigns.models import ProviderAccount, Tally
from campaigns.providers.base import Connection
from campaigns.services.connecting import accounts
from campaigns.states import Reason
from console.management.doctor import records
from console.management.doctor.findings import Visit
from console.models import User, Workspace
from tests.console.doctor.dispatches import one_account, one_dispatch

Codes = Callable[..., list[str]]


@pytest.fixture
def account(owner: User, workspace: Workspace, now: datetime) -> ProviderAccount:
    return one_account(workspace, now)


def test_records_that_are_right_are_left_in_peace(
    good: Any, owner: User, workspace: Workspace, visit: Visit, codes: Codes
) -> None:
    one_dispatch(workspace, visit.now)
    assert codes(records.examine(visit)) == []


def test_a_console_without_people_is_told(good: Any, db: None, visit: Visit, codes: Codes) -> None:
    assert codes(records.examine(visit)) == ["nobody"]


def test_a_zone_that_does_not_exist_is_told(
    good: Any, owner: User, workspace: Workspace, visit: Visit, codes: Codes
) -> None:
    Workspace.objects.update(time_zone="Europe/Atlantis")
    assert codes(records.examine(visit)) == ["time-zone-unknown"]


def test_counters_that_differ_are_told_with_the_command(
    good: Any, owner: User, workspace: Workspace, visit: Visit
) -> None:
    one_dispatch(workspace, visit.now)
    Tally.objects.update(n=2)
    [found] = records.examine(visit)
    assert (found.code, found.mend) == ("counters", "manage.py doctor --recount")


def test_credentials_that_no_key_opens_are_told(
    good: Any, account: ProviderAccount, visit: Visit, codes: Codes
) -> None:
    good.FIELD_KEYS = ["another key that was never used for this account"]
    assert codes(records.examine(visit)) == ["credentials-unreadable"]


def test_an_account_that_is_held_is_a_note(good: Any, account: ProviderAccount, visit: Visit, codes: Codes) -> None:
    ProviderAccount.objects.update(hold_reason=Reason.NO_CREDIT)
    assert codes(records.examine(visit)) == ["note:account-held"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8800", "http://localhost:8800"])
def test_an_account_at_the_sandbox_is_told(
    good: Any, account: ProviderAccount, visit: Visit, codes: Codes, url: str
) -> None:
    ProviderAccount.objects.update(base_url=url)
    assert codes(records.examine(visit)) == ["sandbox-accounts"]
    ProviderAccount.objects.update(is_active=False)
    assert codes(records.examine(visit)) == []


def test_a_demo_that_is_left_is_told(
    good: Any, person: Callable[..., User], workspace: Workspace, visit: Visit, codes: Codes
) -> None:
    Workspace.objects.update(is_demo=True)
    person("owner", email="demo@despacho.example")
    assert codes(records.examine(visit)) == ["demo-workspace", "demo-people"]


def test_a_demo_is_what_a_trial_is_for(
    good: Any, person: Callable[..., User], workspace: Workspace, trial: Visit, codes: Codes
) -> None:
    Workspace.objects.update(is_demo=True)
    person("owner", email="demo@despacho.example")
    one_account(workspace, trial.now, base_url="http://127.0.0.1:8800")
    assert codes(records.examine(trial)) == []


def test_nobody_is_called_unless_asked(
    good: Any, account: ProviderAccount, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "test_connection", lambda *args: pytest.fail("called"))
    assert codes(records.examine(visit)) == []


def test_an_account_whose_connection_fails_is_told_when_asked(
    good: Any, account: ProviderAccount, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "test_connection", lambda *args: Connection(False, Reason.AUTH, "HTTP 401"))
    [found] = records.examine(replace(visit, connect=True))
    assert found.code == "account-connection"
    assert "The provider refused the key (HTTP 401)" in found.what


def test_a_mail_server_that_does_not_answer_is_told_when_asked(
    good: Any, owner: User, visit: Visit, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any) -> None:
        raise ConnectionRefusedError("no")

    monkeypatch.setattr(locmem.EmailBackend, "open", broken)
    assert codes(records.examine(replace(visit, connect=True))) == ["email-unreachable"]
