"""A campaign that can really be sent: an account at the sandbox, contacts, and the engine run by hand.

`engine` does in the test's own thread what beat and worker do in service, so that each step can be looked at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Batch, Campaign, Dispatch, ProviderAccount, Recipient, TemplateVersion
from campaigns.providers.base import Hook
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.querysets import in_flight
from campaigns.querysets.callbacks import Door
from campaigns.services.sending import dispatching, lanes, prepare
from campaigns.services.settling import inbox, ledger_checks, settle
from console.models import Workspace
from console.services import crypto
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    process = SandboxProcess()
    yield process
    process.stop()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture(autouse=True)
def rehearsal(settings: Any) -> None:
    settings.ALLOW_PRIVATE_PROVIDER_URLS = True
    settings.LOOK_UP_TIME_SCALE = 0.0
    settings.LANE_SLICE_SECONDS = 5.0


@pytest.fixture
def make_account(workspace: Workspace, sandbox: SandboxProcess, now: datetime) -> Callable[..., ProviderAccount]:
    def make(provider: str = "sinch-messaging", **fields: Any) -> ProviderAccount:
        rehearsal = REHEARSALS[provider]
        return ProviderAccount.objects.create(
            **{
                "workspace": workspace,
                "name": f"{provider} {fields.get('options') or ''}"[:80],
                "provider": provider,
                "base_url": sandbox.url,
                "sealed": crypto.seal(rehearsal.credentials),
                "options": dict(rehearsal.options),
                "sender": "TIENDA",
                "email_sender": "Tienda <news@tienda.example>",
                "requests_per_second": 1000,
                "created_at": now,
                **fields,
            }
        )

    return make


@pytest.fixture
def make_campaign(workspace: Workspace, now: datetime) -> Callable[..., Campaign]:
    def make(account: ProviderAccount, text: str = "Hola {{ first_name }}", **fields: Any) -> Campaign:
        channel = fields.pop("channel", "sms")
        email = {"subject": "Para {{ first_name }}", "html": f"<p>{text}</p>"} if channel == "email" else {}
        version = TemplateVersion.objects.create(
            workspace=workspace, channel=channel, text=text, created_at=now, **email
        )
        return Campaign.objects.create(
            **{
                "workspace": workspace,
                "name": "Otoño",
                "channel": channel,
                "status": "scheduled",
                "account": account,
                "version": version,
                "everyone": True,
                "start_at": now,
                "created_at": now,
                "updated_at": now,
                **fields,
            }
        )

    return make


class Engine:
    """The unattended part, one step at a time."""

    def start(self, campaign: Campaign, now: datetime | None = None) -> Dispatch:
        dispatch = dispatching.start(campaign, now or timezone.now())
        assert dispatch is not None
        return dispatch

    def prepare(self, dispatch: Dispatch) -> Dispatch:
        taken = prepare.take(dispatch.pk, timezone.now())
        if taken:
            spec = prepare.spec_of(taken)
            while prepare.write_next(taken, spec, timezone.now()) is not None:
                pass
        dispatch.refresh_from_db()
        return dispatch

    def slice(self, account: ProviderAccount, clock: Callable[[], datetime] = timezone.now) -> None:
        lane = lanes.take_lane(account.pk, clock())
        assert lane is not None
        lanes.run(lane, clock, threading.Event())

    def send(self, campaign: Campaign) -> Dispatch:
        """Start, write the audience, send everything that is due, finish."""
        dispatch = self.prepare(self.start(campaign))
        self.slice(dispatch.account)
        dispatching.finish_done(timezone.now())
        dispatch.refresh_from_db()
        return dispatch

    def settle(self) -> None:
        """All look-ups that are due, until none is."""
        for _ in range(10):
            due = settle.due_look_ups(timezone.now())
            if not due:
                return
            for batch in due:
                settle.look_up(batch, timezone.now())

    def call_back(self, account: ProviderAccount, kind: str, body: bytes) -> None:
        hook = Hook(kind, "POST", {"content-type": "application/json"}, {}, body)
        door = Door(account.pk, account.provider, account.callback_token)
        inbox.store(door, hook, timezone.now())
        while inbox.apply_next(timezone.now()):
            pass


@pytest.fixture
def engine() -> Engine:
    return Engine()


def statuses(dispatch: Dispatch) -> dict[str, int]:
    found: dict[str, int] = {}
    rows = Recipient.objects.filter(dispatch=dispatch).annotate(now=in_flight.status())
    for status in rows.values_list("now", flat=True):
        found[status] = found.get(status, 0) + 1
    assert ledger_checks.check(dispatch.pk) is None, "counters differ from rows"
    return found


def references(dispatch: Dispatch) -> list[str]:
    rows = Recipient.objects.filter(dispatch=dispatch, batch_no__isnull=False).order_by("pk")
    return [f"c{dispatch.key}-r{row.pk}-a{row.attempt}" for row in rows]


def expire_leases(dispatch: Dispatch) -> None:
    """As if the worker had died and its time were over."""
    Batch.objects.filter(dispatch=dispatch, status="claimed").update(lease_until=timezone.now() - timedelta(seconds=1))


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
