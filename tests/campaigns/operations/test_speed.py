"""The speed of a dispatch is one number, whichever page shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Campaign, Dispatch, ProviderAccount, Pulse, TemplateVersion
from campaigns.services.showing import speed
from console.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatch_since(workspace: Workspace) -> Callable[[datetime], Dispatch]:
    def make(at: datetime) -> Dispatch:
        account = ProviderAccount.objects.create(
            workspace=workspace, name="a", provider="sinch-messaging", base_url="http://127.0.0.1:9", created_at=at
        )
        version = TemplateVersion.objects.create(workspace=workspace, channel="sms", text="x", created_at=at)
        campaign = Campaign.objects.create(workspace=workspace, name="c", channel="sms", created_at=at, updated_at=at)
        return Dispatch.objects.create(
            workspace=workspace, campaign=campaign, status="sending", channel="sms", purpose="service",
            account=account, version=version, planned_at=at, changed_at=at, started_at=at,
        )  # fmt: skip

    return make


def test_in_its_first_minute_a_dispatch_is_as_fast_on_home_as_on_its_page(
    dispatch_since: Callable[[datetime], Dispatch],
) -> None:
    start = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    dispatch, now = dispatch_since(start), start + timedelta(seconds=10)
    for second in (0, 5):
        bucket = int(start.timestamp() + second) // speed.BUCKET
        Pulse.objects.create(dispatch=dispatch, at=bucket, n=15, parts=15)
    assert speed.of(dispatch, now).now == speed.many_now([dispatch], now)[dispatch.pk] == 3.0
