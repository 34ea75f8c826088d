"""Messages that the provider keeps until a time: read, moved, called off, and settled when the answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Batch, Dispatch, ProviderAccount
from campaigns.services.settling import kept
from campaigns.states import BatchStatus
from console.errors import UserError
from console.models import AuditEvent, Job, JobStatus, User
from console.services import jobs
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db


BEGUN = timezone.now()  # read once: a minute may end within a test


def soon(hours: int = 24) -> datetime:
    return (BEGUN + timedelta(hours=hours)).replace(second=0, microsecond=0)


@pytest.fixture
def account(make_account: Callable[..., ProviderAccount]) -> ProviderAccount:
    return make_account("messaging-service")


@pytest.fixture(params=["sms", "email"])
def held(request: pytest.FixtureRequest, account, make_campaign, make_contacts, engine) -> Dispatch:
    """A dispatch of three messages that the provider keeps until tomorrow."""
    make_contacts(3)
    options = {"send_at": f"{soon().astimezone(UTC):%Y-%m-%d %H:%M}"}
    return engine.send(make_campaign(account, channel=request.param, options=options))


def work(dispatch: Dispatch, action: str, at: datetime | None, actor: User) -> Job:
    now = timezone.now()
    job = jobs.claim(str(kept.order(dispatch, action, at, actor, now).pk), now)
    assert job is not None
    kept.run(job, now, lambda seconds: None)
    job.refresh_from_db()
    dispatch.refresh_from_db()
    return job


def test_what_is_kept_is_read_at_the_provider(held: Dispatch) -> None:
    (line,) = kept.lines(held)
    (part,) = line.parts
    assert (part.status, part.send_at) == ("PENDING", soon())
    assert kept.open_until(held, timezone.now()) == soon()


def test_nothing_is_delivered_before_its_time(held: Dispatch, sandbox: Any) -> None:
    sandbox.advance(3600)
    assert kept.lines(held)[0].parts[0].status == "PENDING"
    sandbox.advance(24 * 3600)
    assert kept.lines(held)[0].parts[0].status == "FINISHED"


def test_it_is_moved(held: Dispatch, owner: User) -> None:
    job = work(held, kept.MOVE, soon(48), owner)
    assert (job.status, job.result) == (JobStatus.DONE, {"changed": 3, "late": 0})
    assert kept.lines(held)[0].parts[0].send_at == soon(48)
    assert kept.open_until(held, timezone.now()) == soon(48)
    assert AuditEvent.objects.filter(action="dispatch.move").count() == 1


def test_what_is_called_off_reaches_nobody_and_says_so(held: Dispatch, owner: User) -> None:
    work(held, kept.CALL_OFF, None, owner)
    assert statuses(held) == {"failed": 3}
    assert set(held.recipients.values_list("reason", flat=True)) == {"stopped"}
    assert kept.lines(held)[0].parts[0].status == "CANCELED"


def test_too_late_is_too_late(held: Dispatch, owner: User, sandbox: Any) -> None:
    sandbox.advance(25 * 3600)
    job = work(held, kept.CALL_OFF, None, owner)
    assert job.result == {"changed": 0, "late": 3}
    assert statuses(held) == {"accepted": 3}


@pytest.mark.parametrize(("hours", "word"), [(-1, "has passed"), (24 * 181, "at most")])
def test_a_time_that_the_provider_would_not_take_is_refused(held: Dispatch, owner: User, hours: int, word: str) -> None:
    with pytest.raises(UserError, match=word):
        kept.order(held, kept.MOVE, soon(hours), owner, timezone.now())


def test_a_dispatch_that_went_at_once_keeps_nothing(account, make_campaign, make_contacts, engine) -> None:
    make_contacts(1)
    dispatch = engine.send(make_campaign(account))
    assert kept.until(dispatch) is None
    assert [line.parts for line in kept.lines(dispatch)] == [[]]


def test_a_lost_answer_is_settled_by_what_the_provider_keeps(
    account, make_campaign, make_contacts, engine, sandbox
) -> None:
    """Scheduled messages are not in the logs before their time (contract §11 rule 3)."""
    make_contacts(2)
    sandbox.arm("/sms/3/messages", "reset_after_accept")
    options = {"send_at": f"{soon().astimezone(UTC):%Y-%m-%d %H:%M}"}
    dispatch = engine.send(make_campaign(account, options=options))
    assert statuses(dispatch) == {"unknown": 2}
    engine.settle()
    assert statuses(dispatch) == {"accepted": 2}
    assert Batch.objects.get(dispatch=dispatch).status == BatchStatus.DONE
    assert len(sandbox.log("messaging-service")) == 2


def test_the_page_shows_moves_and_calls_off(held: Dispatch, client: Client, owner: User) -> None:
    client.force_login(owner)
    url = reverse("dispatch-kept", args=[held.workspace.slug, held.pk])
    assert "PENDING" in client.get(url).content.decode()
    later = timezone.localtime(soon(30))
    moved = client.post(url, {"action": "move", "day": f"{later:%Y-%m-%d}", "time": f"{later:%H:%M}"})
    assert moved.status_code == 303
    assert Job.objects.get().params["action"] == "move"
    refused = client.post(url, {"action": "move", "day": "2020-01-01", "time": "10:00"})
    assert refused.status_code == 422
    page = client.get(reverse("dispatch", args=[held.workspace.slug, held.pk])).content.decode()
    assert url in page


def test_who_may_not_control_a_dispatch_does_not_see_it(held: Dispatch, as_role: Callable[[str], Client]) -> None:
    url = reverse("dispatch-kept", args=[held.workspace.slug, held.pk])
    assert as_role("analyst").get(url).status_code == 403
