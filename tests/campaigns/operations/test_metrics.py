"""/metrics: who gets it, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Alarm, Batch, Dispatch, Notice, NoticeKind, ProviderAccount, ProviderEvent
from campaigns.services.showing import gauges, notices
from campaigns.states import Reason
from console.models import Heartbeat, Job, User, Workspace

MakeDispatch = Callable[..., Dispatch]
TOKEN = "a-token-of-some-length"


@pytest.fixture
def scrape(client: Client, settings: Any, db: None) -> Callable[[], dict[str, float]]:
    """scrape() is every sample by its name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    return read


# -- the door ----------------------------------------------------------------------------------------


def test_without_a_token_or_networks_there_is_no_such_page(client: Client, settings: Any, db: None) -> None:
    settings.METRICS_TOKEN = settings.METRICS_ALLOWED = ""
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x"])
def test_without_the_right_token_it_is_refused(client: Client, settings: Any, db: None, given: str) -> None:
    settings.METRICS_TOKEN, settings.METRICS_ALLOWED = TOKEN, ""
    answer = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')


@pytest.mark.parametrize(
    ("address", "status"), [("10.1.2.3", 200), ("127.0.0.1", 200), ("192.168.0.1", 404), ("::ffff:10.1.2.3", 200)]
)
def test_callers_of_allowed_networks_need_no_token(
    client: Client, settings: Any, db: None, address: str, status: int
) -> None:
    settings.METRICS_TOKEN, settings.METRICS_ALLOWED = "", "10.0.0.0/8, 127.0.0.1"
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


def test_behind_a_proxy_it_is_the_caller_that_counts(client: Client, settings: Any, db: None) -> None:
    settings.METRICS_TOKEN, settings.METRICS_ALLOWED, settings.TRUSTED_PROXIES = "", "127.0.0.0/8", ["peer"]
    answer = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}, REMOTE_ADDR="127.0.0.1")
    assert answer.status_code == 404


def test_it_is_not_for_posts(client: Client, settings: Any, db: None) -> None:
    settings.METRICS_ALLOWED = "127.0.0.1"
    assert client.post("/metrics").status_code == 405


def test_a_scraper_that_speaks_openmetrics_gets_it(client: Client, settings: Any, db: None) -> None:
    settings.METRICS_ALLOWED = "127.0.0.1"
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.content.endswith(b"# EOF\n")


# -- what it says ------------------------------------------------------------------------------------


def test_an_empty_console_says_zero(scrape: Callable[[], dict[str, float]]) -> None:
    found = scrape()
    assert found['despacho_recipients{status="unknown"}'] == 0
    assert found['despacho_queue_age_seconds{queue="batches"}'] == 0
    assert found["despacho_alarms"] == 0


def test_people_are_counted_by_status(scrape: Callable[[], dict[str, float]], make_dispatch: MakeDispatch) -> None:
    make_dispatch([("delivered", "", 3), ("failed", "rejected", 2)])
    make_dispatch([("delivered", "", 4), ("unknown", "no_answer", 1)])
    found = scrape()
    assert found['despacho_recipients{status="delivered"}'] == 7
    assert found['despacho_recipients{status="failed"}'] == 2
    assert found['despacho_dispatches{status="sending"}'] == 2


def test_the_oldest_batch_that_could_leave_has_an_age(
    make_dispatch: MakeDispatch, now: datetime, scrape: Callable[[], dict[str, float]]
) -> None:
    dispatch = make_dispatch([("queued", "", 2)])
    Batch.objects.filter(dispatch=dispatch).update(status="ready", not_before=now - timedelta(minutes=5))
    assert scrape()['despacho_queue_age_seconds{queue="batches"}'] == pytest.approx(300, abs=20)


def test_the_oldest_unknown_has_an_age(
    make_dispatch: MakeDispatch, now: datetime, scrape: Callable[[], dict[str, float]]
) -> None:
    dispatch = make_dispatch([("unknown", "no_answer", 2)])
    Batch.objects.filter(dispatch=dispatch).update(status="unknown", started_at=now - timedelta(hours=2))
    assert scrape()["despacho_unknown_age_seconds"] == pytest.approx(7200, abs=20)


def test_callbacks_that_wait_are_counted_and_have_an_age(
    sms_account: ProviderAccount, now: datetime, scrape: Callable[[], dict[str, float]]
) -> None:
    for n in range(3):
        ProviderEvent.objects.create(
            account=sms_account, kind="status", digest=str(n), body="", received_at=now - timedelta(seconds=90)
        )
    ProviderEvent.objects.update_or_create(digest="2", defaults={"applied_at": now})
    found = scrape()
    assert found["despacho_callbacks_waiting"] == 2
    assert found['despacho_queue_age_seconds{queue="events"}'] == pytest.approx(90, abs=20)


def test_the_rate_is_that_of_the_last_minute(
    make_dispatch: MakeDispatch, beat: Callable[..., None], now: datetime, sms_account: ProviderAccount,
    scrape: Callable[[], dict[str, float]],
) -> None:  # fmt: skip
    dispatch = make_dispatch([("queued", "", 1)], last_claim_at=now)
    beat(dispatch, (10, 90, 90), (20, 30, 30), (600, 5000, 5000))
    name = f'despacho_account_rate{{account="{sms_account.pk}",provider="sinch-messaging"}}'
    assert scrape()[name] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("fields", "reason", "held"),
    [
        ({}, "", 0),
        ({"hold_reason": Reason.NO_CREDIT}, "no_credit", 1),
        ({"hold_until": "soon"}, "wait", 1),
    ],
)
def test_an_account_that_is_held_says_why(
    sms_account: ProviderAccount, now: datetime, fields: dict[str, Any], reason: str, held: int,
    scrape: Callable[[], dict[str, float]],
) -> None:  # fmt: skip
    soon = {"hold_until": now + timedelta(minutes=1)} if "hold_until" in fields else fields
    ProviderAccount.objects.filter(pk=sms_account.pk).update(**soon)
    labels = f'account="{sms_account.pk}",provider="sinch-messaging",reason="{reason}"'
    assert scrape()[f"despacho_account_held{{{labels}}}"] == held


def test_jobs_are_counted_by_status(workspace: Workspace, scrape: Callable[[], dict[str, float]]) -> None:
    for status in ("waiting", "waiting", "failed"):
        Job.objects.create(workspace=workspace, kind="contacts.import", status=status)
    found = scrape()
    assert (found['despacho_jobs{status="waiting"}'], found['despacho_jobs{status="failed"}']) == (2, 1)


def test_signs_of_life_have_an_age(now: datetime, scrape: Callable[[], dict[str, float]]) -> None:
    Heartbeat.objects.create(name="worker", at=now - timedelta(seconds=40))
    found = scrape()
    assert found['despacho_heartbeat_age_seconds{part="worker"}'] == pytest.approx(40, abs=20)
    assert 'despacho_heartbeat_age_seconds{part="beat"}' not in found


def test_each_host_has_a_series(now: datetime, scrape: Callable[[], dict[str, float]]) -> None:
    for name, seconds in (("sender-1", 5), ("sender-2", 400)):
        Heartbeat.objects.create(name=f"host:{name}", at=now - timedelta(seconds=seconds))
    found = scrape()
    ages = [found[f'despacho_heartbeat_age_seconds{{part="host",host="sender-{n}"}}'] for n in (1, 2)]
    assert ages == [pytest.approx(5, abs=20), pytest.approx(400, abs=20)]


def test_open_alarms_are_counted(
    make_dispatch: MakeDispatch, workspace: Workspace, now: datetime, scrape: Callable[[], dict[str, float]]
) -> None:
    common = {"workspace": workspace, "people": 1, "raised_at": now, "checked_at": now}
    Alarm.objects.create(dispatch=make_dispatch(), **common)
    Alarm.objects.create(dispatch=make_dispatch(), cleared_at=now, **common)
    assert scrape()["despacho_alarms"] == 1


def test_emails_that_wait_are_counted(
    owner: User, make_dispatch: MakeDispatch, now: datetime, scrape: Callable[[], dict[str, float]]
) -> None:
    notices.tell(make_dispatch(), NoticeKind.HOLD, now)
    assert Notice.objects.count() == 1
    assert scrape()['despacho_notice_emails{status="waiting"}'] == 1


def test_it_names_no_person_and_no_workspace(
    client: Client, settings: Any, owner: User, make_dispatch: MakeDispatch, make_contacts: Callable[..., Any]
) -> None:
    settings.METRICS_ALLOWED = "127.0.0.1"
    make_dispatch([("delivered", "", 2)], people=make_contacts(2), name="Secreta")
    page = client.get("/metrics").content.decode()
    personal = ("Secreta", "Tienda", "norte", "example.test", "+346", "Sinch ES")
    assert [word for word in personal if word in page] == []


def test_it_asks_the_same_few_questions_of_few_and_many(
    scrape: Callable[[], dict[str, float]], make_dispatch: MakeDispatch, now: datetime
) -> None:
    counts = []
    for n in (1, 10):
        for _ in range(n):
            make_dispatch([("queued", "", 1), ("unknown", "no_answer", 1)], last_claim_at=now)
        with CaptureQueriesContext(connection) as queries:
            scrape()
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_it_never_reads_the_ledger(
    scrape: Callable[[], dict[str, float]], make_dispatch: MakeDispatch, now: datetime
) -> None:
    make_dispatch([("queued", "", 1), ("unknown", "no_answer", 1)], last_claim_at=now)
    with CaptureQueriesContext(connection) as queries:
        scrape()
    assert [query["sql"] for query in queries if re.search(r"campaigns_recipient\b", query["sql"])] == []


def test_a_workspace_counts_what_is_its_own(
    make_dispatch: MakeDispatch, foreign_dispatch: Dispatch, workspace: Workspace, now: datetime
) -> None:
    make_dispatch([("delivered", "", 3)])
    found = gauges.read(now, workspace)
    assert (found.rows["delivered"], found.unknown, sum(found.dispatches.values())) == (3, 0, 1)
    assert [row.account.workspace_id for row in found.accounts] == [workspace.pk]
