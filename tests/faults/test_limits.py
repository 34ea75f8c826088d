"""Limits hold in every second, whoever sends: two workers, four lanes, three dispatches; measured where it arrives."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Dispatch, Lane, ProviderAccount, TemplateVersion
from campaigns.providers.rehearsal import REHEARSALS
from console.models import Workspace
from console.services import crypto
from tests.faults.conftest import Worker, wait_for
from tests.sandbox_process import SandboxProcess, peak

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

LANES = {"LANES_PER_ACCOUNT": "4", "LANE_SLICE_SECONDS": "20"}
# Name of a dispatch -> its own messages per second, None = as fast as the account may.
SPEEDS: dict[str, float | None] = {"slow": 8.0, "middling": 15.0, "fast": None}
REQUESTS, MESSAGES = 50.0, 40.0
PEOPLE = 130


def account_of(workspace: Workspace, url: str, provider: str, **fields: Any) -> ProviderAccount:
    rehearsal = REHEARSALS[provider]
    given = {"options": dict(rehearsal.options), "requests_per_second": REQUESTS, "messages_per_second": MESSAGES}
    return ProviderAccount.objects.create(
        workspace=workspace, name="a", provider=provider, base_url=url, sealed=crypto.seal(rehearsal.credentials),
        sender="TIENDA", email_sender="T <t@tienda.example>", created_at=timezone.now(), **{**given, **fields},
    )  # fmt: skip


def schedule(account: ProviderAccount, channel: str, speeds: dict[str, float | None]) -> None:
    """A campaign for each speed, to everybody, at once."""
    now, workspace = timezone.now(), account.workspace
    email = {"subject": "Hola", "html": "<p>Hola</p>"} if channel == "email" else {}
    version = TemplateVersion.objects.create(workspace=workspace, channel=channel, text="Hola", created_at=now, **email)
    for name, speed in speeds.items():
        Campaign.objects.create(
            workspace=workspace, name=name, channel=channel, status="scheduled", account=account, version=version,
            everyone=True, start_at=now, messages_per_second=speed, created_at=now, updated_at=now,
        )  # fmt: skip


def over(campaigns: int) -> bool:
    return Dispatch.objects.filter(status="finished").count() == campaigns


def arrivals(provider: SandboxProcess) -> tuple[list[float], dict[str, list[float]]]:
    """When requests came that brought messages, and when the messages of each dispatch came (by name)."""
    at = {entry["n"]: entry["real_at"] for entry in provider.requests()["requests"]}
    names = {f"c{d.key}": d.campaign.name for d in Dispatch.objects.select_related("campaign")}
    messages: dict[str, list[float]] = defaultdict(list)
    bringing = set()
    for entry in provider.log():
        messages[names[entry["reference"].partition("-")[0]]].append(at[entry["request"]])
        bringing.add(entry["request"])
    return [at[n] for n in bringing], messages


@pytest.mark.parametrize(
    ("slug", "channel", "options"),
    [("sinch-messaging", "sms", {"send_mode": "single"}), ("messaging-service", "email", {})],
    ids=["one message a request", "bulk"],
)
def test_limits_hold_in_every_second_across_processes(
    slug: str,
    channel: str,
    options: dict[str, str],
    workspace: Workspace,
    make_contacts: Callable[..., Any],
    provider: SandboxProcess,
    start_worker: Callable[..., Worker],
) -> None:
    make_contacts(PEOPLE)
    account = account_of(workspace, provider.url, slug, **({"options": options} if options else {}))
    schedule(account, channel, SPEEDS)
    workers = [start_worker(**LANES), start_worker(**LANES)]
    wait_for(lambda: Lane.objects.exclude(token="").count() == 4, 30, "four lanes")
    wait_for(lambda: over(len(SPEEDS)), 60, "the end")
    for worker in workers:
        worker.stop()
    requests, messages = arrivals(provider)
    everything = [moment for moments in messages.values() for moment in moments]
    assert {name: len(moments) for name, moments in messages.items()} == dict.fromkeys(SPEEDS, PEOPLE)
    assert peak(requests) <= REQUESTS
    assert peak(everything) <= MESSAGES
    for name, speed in SPEEDS.items():
        assert speed is None or peak(messages[name]) <= speed, name
    # Nor far slower than they may, which would hold any limit. Nearly all of the account's speed is used while all
    # three are under way, but a busy machine misses slots.
    first, shortest = min(everything), min(max(moments) for moments in messages.values())
    used = sum(moment <= shortest for moment in everything) / (shortest - first)
    assert used > 0.3 * MESSAGES


def test_retry_after_binds_all_lanes_of_all_processes(
    workspace: Workspace,
    make_contacts: Callable[..., Any],
    provider: SandboxProcess,
    start_worker: Callable[..., Worker],
) -> None:
    make_contacts(PEOPLE)
    account = account_of(
        workspace, provider.url, "messaging-service", requests_per_second=100.0, messages_per_second=100.0
    )
    schedule(account, "email", {"one": 40.0, "two": 40.0, "three": None})
    workers = [start_worker(**LANES), start_worker(**LANES)]
    wait_for(lambda: len(provider.log()) >= 40, 30, "some messages")
    provider.arm("/email/4/messages", "http_429", times=1, retry_after=4)
    wait_for(lambda: over(3), 60, "the end")
    for worker in workers:
        worker.stop()
    found = provider.requests()["requests"]
    refused = next(entry for entry in found if entry["fault"] == "http_429")
    during = [entry["real_at"] - refused["real_at"] for entry in found if entry["n"] > refused["n"]]
    assert [round(wait, 2) for wait in during if 0.5 < wait < 3.9] == []
    assert [each for each in provider.violations() if each["rule"] == "retry_after_ignored"] == []
    assert len(provider.log()) == 3 * PEOPLE


def test_an_outage_holds_the_account_and_ends_by_itself_with_one_probe(
    workspace: Workspace,
    make_contacts: Callable[..., Any],
    provider: SandboxProcess,
    start_worker: Callable[..., Worker],
) -> None:
    make_contacts(60)
    account = account_of(workspace, provider.url, "messaging-service", messages_per_second=20.0)
    schedule(account, "email", {"one": None, "two": None})
    port = provider.port
    provider.kill()
    start_worker(**LANES)
    start_worker(**LANES)
    wait_for(lambda: ProviderAccount.objects.filter(broken_since__isnull=False).exists(), 60, "the breaker")
    assert not Dispatch.objects.filter(status="held").exists()
    with SandboxProcess(port=port, latency_ms=500) as back:
        wait_for(lambda: len(back.log()) > 0, 60, "the probe")
        time.sleep(0.2)
        assert len(back.requests()["requests"]) == 1
        wait_for(lambda: over(2), 60, "the end")
        assert len(back.log()) == 120
    account.refresh_from_db()
    assert (account.broken_since, account.failures) == (None, 0)
