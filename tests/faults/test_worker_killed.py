"""A worker dies at a random moment of a dispatch and is started again: nobody is lost, nobody gets it twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import datetime

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount, Recipient, TemplateVersion
from campaigns.services.settling import ledger_checks
from campaigns.services.writing import content
from console.services import crypto
from tests.faults.conftest import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

KILLS = 8
PEOPLE = 1_500
KINDS = [
    (
        "sinch-messaging",
        "sms",
        {"send_mode": "single"},
        {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"},
    ),
    ("messaging-service", "email", {}, {"auth_form": "app", "api_key": "sandbox-key"}),
]


def scheduled(workspace, provider, sandbox_url: str, now: datetime, speed: float) -> Campaign:
    slug, channel, options, credentials = provider
    account = ProviderAccount.objects.create(
        workspace=workspace, name="a", provider=slug, base_url=sandbox_url, sealed=crypto.seal(credentials),
        options=options, sender="TIENDA", email_sender="T <t@tienda.example>", requests_per_second=500, created_at=now,
    )  # fmt: skip
    email = {"subject": "Para {{ first_name }}", "html": "<p>{{ first_name }}</p>"} if channel == "email" else {}
    version = TemplateVersion.objects.create(
        workspace=workspace, channel=channel, text="Hola {{ first_name }}", created_at=now, **email
    )
    return Campaign.objects.create(
        workspace=workspace, name="Otoño", channel=channel, status="scheduled", account=account, version=version,
        everyone=True, start_at=now, messages_per_second=speed, created_at=now, updated_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=["one a request, look-up", "bulk, refuses doubles"])
def test_the_ledger_equals_the_providers_log_after_many_kills(kind, workspace, make_contacts, provider, start_worker):
    make_contacts(PEOPLE)
    campaign = scheduled(workspace, kind, provider.url, timezone.now(), speed=80)
    moments = random.Random(8)  # noqa: S311 - the same moments in every run
    for _ in range(KILLS):
        worker = start_worker()
        sent_before = len(provider.log())
        dispatch = Dispatch.objects.filter(campaign=campaign).first()
        if dispatch is None or dispatch.status != "finished":
            wait_for(lambda before=sent_before: len(provider.log()) > before or _over(campaign), 30, "a first message")
        time.sleep(moments.uniform(0.0, 1.0))
        worker.kill()
    start_worker()
    wait_for(lambda: _over(campaign), 240, "the end")
    compare(Dispatch.objects.get(campaign=campaign), provider.log())


def test_a_worker_that_is_asked_to_end_does_not_wait_for_the_end_of_a_slice(
    workspace, make_contacts, provider, start_worker
):
    make_contacts(2_000)
    campaign = scheduled(workspace, KINDS[0], provider.url, timezone.now(), speed=100)
    worker = start_worker(LANE_SLICE_SECONDS="600")
    wait_for(lambda: len(provider.log()) > 50, 30, "a first message")
    asked = time.monotonic()
    worker.stop()
    assert time.monotonic() - asked < 8
    waiting = Recipient.objects.filter(dispatch__campaign=campaign, status="queued").count()
    assert waiting > 1_000


def _over(campaign: Campaign) -> bool:
    return Dispatch.objects.filter(campaign=campaign, status="finished").exists()


def compare(dispatch: Dispatch, log: list[dict]) -> None:
    """Message by message: lost, doubled, text differs; what is `unknown` is what the provider does not have."""
    assert ledger_checks.check(dispatch.pk) is None
    times = Counter(entry["reference"] for entry in log)
    assert [reference for reference, n in times.items() if n > 1] == []
    entries = {entry["reference"]: entry for entry in log}
    rows = {f"c{dispatch.key}-r{row.pk}-a{row.attempt}": row for row in Recipient.objects.filter(dispatch=dispatch)}
    assert len(rows) == PEOPLE
    assert set(entries) <= set(rows)
    for reference, row in rows.items():
        if row.status == "unknown":
            assert reference not in entries, f"{reference} arrived, and no look-up has settled it"
            assert row.reason == "not_found"
        else:
            assert reference in entries, f"{reference} is {row.status} and never arrived"
            assert entries[reference]["text"] == content.text_of(row).text
