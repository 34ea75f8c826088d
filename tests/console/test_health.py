"""/healthz: what works, what is slow, what is down."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from campaigns.models import Batch, Campaign, Dispatch, ProviderAccount, ProviderEvent, TemplateVersion
from campaigns.services.showing import health
from console.models import Heartbeat, Job, Workspace
from console.services import crypto, jobs


@pytest.fixture
def alive(db: None, now: datetime) -> None:
    for name in ("beat", "worker"):
        Heartbeat.objects.create(name=name, at=now)


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Sinch", provider="sinch-messaging", base_url="https://x.example", created_at=now,
        sealed=crypto.seal({"UserName": "u", "AuthenticationToken": "tok-3f9a77-never-shown"}),
    )  # fmt: skip


@pytest.fixture
def make_batch(workspace: Workspace, account: ProviderAccount, now: datetime) -> Callable[..., Batch]:
    """make_batch(not_before, **fields of its dispatch)."""

    def make(not_before: datetime, **fields: Any) -> Batch:
        common = {"workspace": workspace, "channel": "sms", "purpose": "service", "account": account}
        version = TemplateVersion.objects.create(workspace=workspace, channel="sms", text="Hola", created_at=now)
        campaign = Campaign.objects.create(**common, name="Aviso", created_at=now, updated_at=now)
        given = {"status": "sending", "planned_at": now, "changed_at": now, **fields}
        dispatch = Dispatch.objects.create(**{**common, "campaign": campaign, "version": version, **given})
        return Batch.objects.create(dispatch=dispatch, number=1, size=1, not_before=not_before)

    return make


def ask(now: datetime) -> health.Health:
    return health.check("embedded", now)


def test_all_is_well(client: Client, alive: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert set(answer.json()) == {"status", "broker", "database", "beat", "worker", "queue"}
    assert "no-store" in answer["Cache-Control"]


def test_it_is_not_ready_before_the_first_heartbeat(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["worker"]["status"]) == (503, "failed")


@pytest.mark.parametrize("name", ["beat", "worker"])
@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (20, "degraded"), (90, "failed")])
def test_a_part_that_is_silent_is_slow_and_then_dead(
    alive: None, now: datetime, name: str, seconds: int, status: str
) -> None:
    Heartbeat.objects.filter(name=name).update(at=now - timedelta(seconds=seconds))
    found = ask(now)
    assert (found.status, found.parts[name]["status"]) == (status, status)


@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (20, "degraded"), (90, "failed")])
def test_hosts_are_well_as_long_as_one_of_them_is(alive: None, now: datetime, seconds: int, status: str) -> None:
    for name, ago in (("host:sender-1", seconds), ("host:sender-2", 7200)):
        Heartbeat.objects.create(name=name, at=now - timedelta(seconds=ago))
    found = ask(now)
    assert (found.status, found.parts["hosts"]["status"]) == (status, status)


def test_hosts_are_counted_and_not_named(client: Client, alive: None, now: datetime) -> None:
    for name, ago in (("host:sender-1", 1), ("host:sender-2", 7200)):
        Heartbeat.objects.create(name=name, at=now - timedelta(seconds=ago))
    answer = client.get("/healthz")
    assert (answer.json()["hosts"]["alive"], answer.json()["hosts"]["silent"]) == (1, 1)
    assert "sender" not in answer.content.decode()


def test_a_host_that_was_silent_for_a_day_says_nothing(alive: None, now: datetime) -> None:
    Heartbeat.objects.create(name="host:sender-1", at=now - timedelta(hours=25))
    assert "hosts" not in ask(now).parts


def test_slow_is_still_an_answer_of_200(client: Client, alive: None) -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=30))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_a_database_that_does_not_answer_is_told_and_not_a_crash(
    client: Client, alive: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise DatabaseError("server closed the connection, password=hunter2")

    monkeypatch.setattr(health, "_database", broken)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"]) == (503, {"status": "failed"})
    assert "hunter2" not in answer.content.decode()


def test_a_broker_that_does_not_answer_fails_it(client: Client, alive: None, settings: Any) -> None:
    settings.EMBEDDED, settings.BROKER_URL = False, "redis://:hunter2@127.0.0.1:9/0"  # nothing listens there
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["broker"]["status"]) == (503, "failed")
    assert "hunter2" not in answer.content.decode()


def test_it_tells_no_secret(
    client: Client, alive: None, account: ProviderAccount, make_batch: Any, now: datetime
) -> None:
    make_batch(now - timedelta(minutes=1))
    page = client.get("/healthz").content.decode()
    assert [secret for secret in ("tok-3f9a77", account.sealed, account.callback_token) if secret in page] == []


# -- queues ------------------------------------------------------------------------------------------


def test_a_batch_that_nobody_takes_is_noticed(alive: None, make_batch: Callable[..., Batch], now: datetime) -> None:
    make_batch(now - timedelta(minutes=10))
    found = ask(now)
    assert (found.status, found.parts["queue"]["batches"]) == ("degraded", 600.0)


def test_a_long_dispatch_that_moves_is_healthy(alive: None, make_batch: Callable[..., Batch], now: datetime) -> None:
    make_batch(now - timedelta(hours=10), last_claim_at=now - timedelta(seconds=2))
    assert ask(now).parts["queue"]["batches"] == 2.0


@pytest.mark.parametrize("status", ["paused", "held", "finished", "stopped"])
def test_what_may_not_leave_is_not_late(
    alive: None, make_batch: Callable[..., Batch], now: datetime, status: str
) -> None:
    make_batch(now - timedelta(hours=10), status=status)
    assert ask(now).parts["queue"]["batches"] == 0


@pytest.mark.parametrize("fields", [{"hold_reason": "auth"}, {"is_active": False}, {"hold_until": timedelta(hours=1)}])
def test_what_its_account_holds_is_not_late(
    alive: None, make_batch: Callable[..., Batch], now: datetime, fields: dict[str, Any]
) -> None:
    make_batch(now - timedelta(hours=10))
    times = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    ProviderAccount.objects.update(**times)
    assert ask(now).parts["queue"]["batches"] == 0


def test_a_batch_of_later_is_not_late(alive: None, make_batch: Callable[..., Batch], now: datetime) -> None:
    make_batch(now + timedelta(hours=1))
    assert ask(now).parts["queue"]["batches"] == 0


def test_a_job_that_waits_is_noticed(alive: None, workspace: Workspace, now: datetime) -> None:
    jobs.create("campaigns.export", workspace, None, {})
    Job.objects.update(created_at=now - timedelta(minutes=2))
    found = ask(now)
    assert (found.status, found.parts["queue"]["jobs"]) == ("degraded", 120.0)


def test_a_callback_that_nobody_applies_is_noticed(alive: None, account: ProviderAccount, now: datetime) -> None:
    ProviderEvent.objects.create(
        account=account, kind="status", digest="d", body="", received_at=now - timedelta(minutes=2)
    )
    assert ask(now).parts["queue"]["events"] == 120.0


@pytest.mark.parametrize("fields", [{"applied_at": timedelta(0)}, {"retry_at": timedelta(minutes=5)}])
def test_a_callback_that_is_done_or_waits_for_its_next_try_is_not_late(
    alive: None, account: ProviderAccount, now: datetime, fields: dict[str, timedelta]
) -> None:
    times = {name: now + value for name, value in fields.items()}
    ProviderEvent.objects.create(
        account=account, kind="status", digest="d", body="", received_at=now - timedelta(minutes=2), **times
    )
    assert ask(now).parts["queue"]["events"] == 0


def test_it_is_cheap(
    alive: None, make_batch: Callable[..., Batch], now: datetime, django_assert_max_num_queries: Any
) -> None:
    make_batch(now)
    with django_assert_max_num_queries(5):
        json.dumps(ask(now).parts)


def test_a_health_check_that_fails_is_no_error_of_the_page(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """While everything starts it fails every second; the answer says it all."""
    with caplog.at_level("INFO"):
        assert client.get("/healthz").status_code == 503
    assert [(record.name, record.levelname) for record in caplog.records] == [("django.request", "INFO")]
