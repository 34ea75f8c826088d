"""Dispatches in any state, written as the engine would leave them: rows, counters, batches and pulses agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Batch, Campaign, Dispatch, ProviderAccount, Pulse, Recipient, TemplateVersion
from campaigns.querysets import tallies
from campaigns.states import HANDED_OVER, TERMINAL_DISPATCH, RecipientStatus
from console.models import User, Workspace
from contacts.models import Contact

Rows = Sequence[tuple[str, str, int]]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def hx() -> dict[str, str]:
    """Headers of a request that htmx makes."""
    return HTMX


@pytest.fixture
def make_version(workspace: Workspace, now: datetime) -> Callable[..., TemplateVersion]:
    """make_version(channel, text=…) is content nobody checked."""

    def make(channel: str = "sms", where: Workspace | None = None, **parts: str) -> TemplateVersion:
        given = {"text": "Hola {{ first_name }}", **({"subject": "Hola"} if channel == "email" else {}), **parts}
        return TemplateVersion.objects.create(workspace=where or workspace, channel=channel, created_at=now, **given)

    return make


@pytest.fixture
def make_dispatch(
    workspace: Workspace, sms_account: ProviderAccount, make_version: Callable[..., TemplateVersion], now: datetime
) -> Callable[..., Dispatch]:
    """make_dispatch([(status, reason, people), …]) writes a dispatch; `people` gives its contacts, `batch` how many
    rows travel together."""

    def make(
        rows: Rows = (("delivered", "", 3),),
        *,
        status: str = "sending",
        account: ProviderAccount | None = None,
        channel: str = "sms",
        people: Sequence[Contact] = (),
        batch: int = 10,
        name: str = "Aviso",
        where: Workspace | None = None,
        version: TemplateVersion | None = None,
        purpose: str = "service",
        **fields: Any,
    ) -> Dispatch:
        home = where or workspace
        common = {"workspace": home, "channel": channel, "purpose": purpose, "account": account or sms_account}
        common["version"] = version or make_version(channel, where=home)
        campaign = Campaign.objects.create(
            **common, name=name, status="started", created_at=now, updated_at=now, planned_people=1
        )
        ended = now if status in TERMINAL_DISPATCH else None
        given = {"planned_at": now, "started_at": now - timedelta(minutes=10), "prepared_at": now, "finished_at": ended}
        dispatch = Dispatch.objects.create(
            **common, campaign=campaign, status=status, batch_size=batch, changed_at=now - timedelta(hours=1),
            **{**given, **fields},
        )  # fmt: skip
        write_ledger(dispatch, rows, people, batch, now)
        return dispatch

    return make


def write_ledger(dispatch: Dispatch, rows: Rows, people: Sequence[Contact], size: int, now: datetime) -> None:
    """Rows with their batches, counters and the number of people."""
    ledger: list[Recipient] = []
    for status, reason, n in rows:
        ledger += [_row(dispatch, status, reason, len(ledger) + i, people, size, now) for i in range(n)]
    Recipient.objects.bulk_create(ledger)
    sizes = Counter(row.batch_no for row in ledger if row.batch_no)
    Batch.objects.bulk_create(
        Batch(dispatch=dispatch, number=number, size=n, status="done", not_before=now) for number, n in sizes.items()
    )
    tallies.shift(dispatch.pk, Counter((status, reason) for status, reason, n in rows for _ in range(n)))
    Dispatch.objects.filter(pk=dispatch.pk).update(people=len(ledger), batches=max(sizes, default=0))
    dispatch.refresh_from_db()


def _row(
    dispatch: Dispatch, status: str, reason: str, place: int, people: Sequence[Contact], size: int, now: datetime
) -> Recipient:
    contact = people[place] if place < len(people) else None
    address = f"+34611{place:06d}" if dispatch.channel == "sms" else f"row{place}@example.test"
    if contact:
        address = contact.phone if dispatch.channel == "sms" else contact.email
    gone = RecipientStatus(status) in HANDED_OVER
    return Recipient(
        dispatch=dispatch,
        contact=contact,
        batch_no=None if status == "skipped" else place // size + 1,
        address=address,
        status=status,
        reason=reason,
        values=json.dumps({"first_name": contact.first_name if contact else f"Persona{place}"}),
        parts=1 if gone and dispatch.channel == "sms" else 0,
        provider_message_id=f"pm-{place}" if gone else "",
        handed_over_at=now - timedelta(minutes=5) + timedelta(milliseconds=place) if gone else None,
        final_at=now - timedelta(minutes=4) if status in ("delivered", "failed", "undelivered") else None,
    )


@pytest.fixture
def beat(now: datetime) -> Callable[..., None]:
    """beat(dispatch, (seconds ago, messages, parts), …) notes hand-overs for rate, chart and cost."""

    def write(dispatch: Dispatch, *beats: tuple[float, int, int]) -> None:
        Pulse.objects.bulk_create(
            Pulse(dispatch=dispatch, at=int(now.timestamp() - ago) // 5, n=n, parts=parts) for ago, n, parts in beats
        )

    return write


@pytest.fixture
def count_queries() -> Callable[..., int]:
    """count_queries(client, address): queries of the second time, when everything that is cached is cached."""

    def count(client: Client, address: str, **headers: str) -> int:
        client.get(address, headers=headers)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, headers=headers).status_code in (200, 286)
        return len(queries)

    return count


@pytest.fixture
def stranger(other_workspace: Workspace, person: Callable[..., User]) -> Client:
    """Logged in, and a member of another workspace only."""
    client = Client()
    user = person("owner", other_workspace, "stranger@example.test")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def foreign_dispatch(other_workspace: Workspace, make_dispatch: Callable[..., Dispatch], now: datetime) -> Dispatch:
    """A dispatch of a workspace that the owner does not belong to."""
    account = ProviderAccount.objects.create(
        workspace=other_workspace, name="Otra", provider="sinch-messaging", base_url="https://x.example", created_at=now
    )
    return make_dispatch([("unknown", "no_answer", 2)], where=other_workspace, account=account)
