"""The operations page: what is alive, what waits, what is held and where it is mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.test import Client

from campaigns.models import Dispatch, ProviderAccount, Tally
from campaigns.services.sending import moves
from campaigns.services.settling import ledger_checks
from campaigns.states import Reason
from campaigns.views.screen import people_url
from console.models import Heartbeat, User

PAGE = "/w/norte/settings/operations/"
MakeDispatch = Callable[..., Dispatch]


def words(client: Client, address: str = PAGE) -> str:
    page = re.sub(r"<[^>]+>", " ", client.get(address).content.decode())
    return re.sub(r"\s+", " ", page)


@pytest.fixture
def alarm(owner: User, make_dispatch: MakeDispatch, now: datetime) -> Dispatch:
    dispatch = make_dispatch([("delivered", "", 3)], status="finished", name="Torcida")
    Tally.objects.filter(dispatch=dispatch).update(n=F("n") + 1)
    ledger_checks.watch(now)
    return dispatch


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("manager", 200), ("sender", 403), ("editor", 403), ("analyst", 403)]
)
def test_it_is_for_owners_and_managers(as_role: Callable[[str], Client], role: str, status: int) -> None:
    assert as_role(role).get(PAGE).status_code == status


def test_a_stranger_finds_nothing(stranger: Client, workspace: object) -> None:
    assert stranger.get(PAGE).status_code == 404


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [(2, "The console is at work"), (30, "The console is slow"), (300, "Nothing is being sent: the worker")],
)
def test_everybody_sees_whether_anything_moves(
    owner_client: Client, now: datetime, seconds: int, sentence: str
) -> None:
    for name in ("beat", "worker"):
        Heartbeat.objects.create(name=name, at=now - timedelta(seconds=seconds))
    assert sentence in words(owner_client)


def test_what_is_held_says_why_and_leads_to_where_it_is_mended(
    owner_client: Client, make_dispatch: MakeDispatch, sms_account: ProviderAccount, now: datetime
) -> None:
    dispatch = make_dispatch([("queued", "", 5)], status="sending", name="Parada")
    moves.hold(dispatch, Reason.NO_CREDIT, now)
    ProviderAccount.objects.filter(pk=sms_account.pk).update(hold_reason=Reason.NO_CREDIT, hold_since=now)
    page = owner_client.get(PAGE).content.decode()
    assert "“Parada” paused itself" in page
    assert "The provider account has no credit" in page
    assert f'href="/w/norte/dispatches/{dispatch.pk}/"' in page
    assert f'href="/w/norte/settings/providers/{sms_account.pk}/"' in page


def test_an_account_that_goes_on_by_itself_says_when(
    owner_client: Client, sms_account: ProviderAccount, now: datetime
) -> None:
    ProviderAccount.objects.filter(pk=sms_account.pk).update(hold_until=now + timedelta(minutes=10))
    assert "The provider asked to wait; goes on by itself in 10 min." in words(owner_client)


def test_what_waits_is_counted(owner_client: Client, make_dispatch: MakeDispatch) -> None:
    make_dispatch([("queued", "", 12), ("claimed", "", 2), ("unknown", "no_answer", 7)], batch=50)
    page = words(owner_client)
    assert "Messages to hand over 14" in page
    assert "Messages to verify 7" in page


def test_messages_to_verify_lead_to_their_list(owner_client: Client, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch([("unknown", "no_answer", 7)])
    assert people_url(dispatch, state="verify") in owner_client.get(PAGE).content.decode()


def test_another_workspace_shows_nothing_here(owner_client: Client, foreign_dispatch: Dispatch) -> None:
    page = words(owner_client)
    assert "Messages to verify 0" in page
    assert "The whole installation" not in page


def test_superusers_also_see_the_whole_installation(
    owner: User, owner_client: Client, foreign_dispatch: Dispatch, now: datetime
) -> None:
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    Heartbeat.objects.create(name="worker", at=now)
    page = words(owner_client)
    assert "The whole installation" in page
    assert "Messages to verify 2" in page
    assert "Clock no sign of life yet" in page


def test_each_host_has_its_last_sign_of_life(owner: User, owner_client: Client, now: datetime) -> None:
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    for name, seconds in (("sender-1", 2), ("sender-2", 600)):
        Heartbeat.objects.create(name=f"host:{name}", at=now - timedelta(seconds=seconds))
    page = words(owner_client)
    assert re.search(r"Host sender-1 last sign of life \d s ago", page)
    assert "Host sender-2 last sign of life 10 min ago" in page


def test_nothing_is_sent_when_every_host_is_silent(owner_client: Client, now: datetime) -> None:
    for name, seconds in (("beat", 1), ("worker", 1), ("host:sender-1", 120)):
        Heartbeat.objects.create(name=name, at=now - timedelta(seconds=seconds))
    assert "Nothing is being sent: the worker or the clock stands still" in words(owner_client)


def test_it_is_asked_for_again_as_a_part(owner_client: Client, hx: dict[str, str]) -> None:
    answer = owner_client.get(PAGE, headers=hx)
    assert answer.content.decode().lstrip().startswith('<div class="stack" id="operations" hx-get')


def test_an_alarm_stands_above_every_page_of_the_workspace(as_role: Callable[[str], Client], alarm: Dispatch) -> None:
    page = words(as_role("analyst"), "/w/norte/contacts/")
    assert "The figures of “Torcida” do not add up" in page


def test_an_alarm_leads_to_a_page_that_one_may_open(
    owner_client: Client, as_role: Callable[[str], Client], alarm: Dispatch
) -> None:
    assert f'href="{PAGE}">See what is wrong' in owner_client.get("/w/norte/").content.decode()
    of_sender = as_role("sender").get("/w/norte/").content.decode()
    assert f'href="/w/norte/dispatches/{alarm.pk}/">See what is wrong' in of_sender


def test_an_alarm_leaves_every_page_when_it_is_mended(owner_client: Client, alarm: Dispatch, now: datetime) -> None:
    ledger_checks.mend(alarm.pk, now)
    ledger_checks.watch(now)
    assert "do not add up" not in words(owner_client, "/w/norte/contacts/")


def test_an_alarm_of_another_workspace_is_not_shown(stranger: Client, alarm: Dispatch) -> None:
    assert "do not add up" not in words(stranger, "/w/otra/contacts/")


def test_the_page_takes_the_same_queries_for_few_and_many(
    owner_client: Client, make_dispatch: MakeDispatch, now: datetime, count_queries: Callable[..., int]
) -> None:
    counts = []
    for n in (2, 12):
        for _ in range(n):
            make_dispatch([("queued", "", 1), ("unknown", "no_answer", 1)], last_claim_at=now)
            make_dispatch([("queued", "", 1)], status="held", reason="no_credit")
        counts.append(count_queries(owner_client, PAGE))
    assert counts[0] == counts[1]
