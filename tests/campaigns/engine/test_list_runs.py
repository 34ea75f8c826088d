"""A dispatch as one campaign on a list at the provider: every step cut off and done again, nobody written to twice."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from campaigns.models import Batch, ListRun, MailStatus, Notice, NoticeKind, Recipient, Ticket
from campaigns.providers.lists import ListGone
from campaigns.services.sending import dispatching, list_launch, list_plans, list_runs, list_wire
from campaigns.services.showing import notices
from campaigns.states import Reason
from console.errors import UserError
from console.models import AuditEvent
from console.services import crypto
from contacts.services import consent
from contacts.states import ConsentSource, SuppressionReason
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

ROOT = "/v1/public"
LAUNCH = f"{ROOT}/sms-campaign-on-list/send"
TEXT = "Bonjour {{ first_name }}. STOP au 30101"
KEYS = {"api_login": "campaigns@shop.example", "api_key": "sandbox-key"}


@pytest.fixture
def account(make_account, sandbox):
    sandbox.configure(octopush={"compute_s": 0.0})
    return make_account("octopush", sealed=crypto.seal(KEYS), sender="Boutique")


@pytest.fixture
def campaign(make_campaign, account):
    return make_campaign(account, TEXT, options={"mode": "list"}, cost_cap=Decimal(100))


class Runs:
    """The task of list campaigns, run by hand."""

    def __init__(self) -> None:
        self.later = timedelta()

    def go(self, times: int = 1) -> None:
        """Everything that is due, at a time that has moved on far enough."""
        for _ in range(times):
            self.later += timedelta(minutes=5)
            for run in list_runs.due(self.now()):
                list_runs.work(run, self.now, threading.Event())

    def now(self):
        return timezone.now() + self.later


@pytest.fixture
def runs(settings):
    settings.LANE_SLICE_SECONDS = 60.0
    return Runs()


def started(engine, campaign):
    return engine.prepare(engine.start(campaign))


def run_of(dispatch) -> ListRun:
    return ListRun.objects.get(dispatch=dispatch)


def everybody_once(sandbox, dispatch) -> bool:
    """Whether the provider sent exactly one message to each row that says so."""
    sent = Counter(entry["destination"] for entry in sandbox.log("octopush"))
    there = Recipient.objects.filter(dispatch=dispatch, status__in=["accepted", "sent", "delivered", "undelivered"])
    return sent == Counter(there.values_list("address", flat=True))


def opt_out(workspace, *contacts):
    consent.suppress_many(
        workspace, "sms", [contact.phone for contact in contacts], reason=SuppressionReason.MANUAL,
        source=ConsentSource.CONSOLE, now=timezone.now(),
    )  # fmt: skip


# -- the way --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["list", "tag"])
def test_a_dispatch_goes_out_as_one_campaign(make_campaign, account, make_contacts, engine, runs, sandbox, mode):
    make_contacts(450)
    dispatch = started(engine, make_campaign(account, TEXT, options={"mode": mode}, cost_cap=Decimal(100)))
    runs.go()
    run = run_of(dispatch)
    assert (run.status, run.count, run.uploaded, run.cost) == ("launched", 450, 450, Decimal("27.0000"))
    assert statuses(dispatch) == {"accepted": 450}
    assert everybody_once(sandbox, dispatch)
    assert {entry[f"{mode}_name"] for entry in sandbox.log()} == {run.name}
    assert sandbox.requests(path=f"{ROOT}/contact/create")["total"] == 3
    assert sandbox.violations() == []
    dispatching.finish_done(timezone.now())
    dispatch.refresh_from_db()
    assert dispatch.status == "finished"


def test_lanes_leave_it_alone(campaign, account, make_contacts, engine, sandbox):
    make_contacts(2)
    dispatch = started(engine, campaign)
    engine.slice(account)
    assert statuses(dispatch) == {"queued": 2}
    assert sandbox.log() == []


def test_a_test_send_goes_directly(campaign, account, owner, engine, sandbox):
    dispatch = dispatching.send_test(campaign, ["+34600112233"], None, owner, timezone.now())
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 1}
    assert sandbox.log()[0]["kind"] == "direct"


def test_every_text_is_as_it_was_previewed(campaign, make_contacts, engine, runs, sandbox):
    contacts = make_contacts(3)
    started(engine, campaign)
    runs.go()
    texts = {entry["destination"]: entry["text"] for entry in sandbox.log()}
    assert texts == {c.phone: f"Bonjour {c.first_name}. STOP au 30101" for c in contacts}


def test_a_delivery_finds_its_row_by_the_ticket_of_the_campaign(campaign, account, make_contacts, engine, runs):
    make_contacts(2)
    dispatch = started(engine, campaign)
    runs.go()
    row = Recipient.objects.filter(dispatch=dispatch).first()
    body = {
        "message_id": run_of(dispatch).ticket,
        "number": row.address,
        "status": "DELIVERED",
        "delivery_date": "2026-03-10 10:00:21",
    }
    engine.call_back(account, "delivery", json.dumps(body).encode())
    assert statuses(dispatch) == {"accepted": 1, "delivered": 1}


# -- the price --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cap", [None, Decimal("0.11")])
def test_without_a_limit_that_covers_the_price_a_person_is_asked(
    make_campaign, account, owner, make_contacts, engine, runs, sandbox, cap
):
    make_contacts(2)
    dispatch = started(engine, make_campaign(account, TEXT, options={"mode": "list"}, cost_cap=cap))
    runs.go(2)
    run = run_of(dispatch)
    assert (run.status, run.count, run.cost, run.next_at) == ("waiting", 2, Decimal("0.1200"), None)
    assert sandbox.log() == []
    list_plans.approve(run, owner, timezone.now())
    assert AuditEvent.objects.filter(action="list_run.approve", actor=owner).exists()
    runs.go()
    assert statuses(dispatch) == {"accepted": 2}


def test_who_may_approve_is_told_once(make_campaign, account, owner, make_contacts, engine, runs):
    make_contacts(3)
    started(engine, make_campaign(account, TEXT, options={"mode": "list"}))
    runs.go(3)
    told = Notice.objects.get(kind=NoticeKind.APPROVAL)
    assert (told.user, told.mail) == (owner, MailStatus.WAITING)
    assert notices.title(told) == "“Otoño” waits for approval"


def test_nobody_is_asked_for_what_the_budget_covers(campaign, owner, make_contacts, engine, runs):
    make_contacts(3)
    started(engine, campaign)
    runs.go(3)
    assert not Notice.objects.filter(kind=NoticeKind.APPROVAL).exists()


def test_a_second_approval_is_refused(make_campaign, account, owner, make_contacts, engine, runs):
    make_contacts(1)
    dispatch = started(engine, make_campaign(account, TEXT, options={"mode": "list"}))
    runs.go()
    run = run_of(dispatch)
    list_plans.approve(run, owner, timezone.now())
    with pytest.raises(UserError):
        list_plans.approve(run, owner, timezone.now())


def test_too_little_money_holds_before_the_launch(campaign, account, owner, make_contacts, engine, runs, sandbox):
    make_contacts(2)
    sandbox.configure(octopush={"accounts": {KEYS["api_login"]: {"balance": 0.1}}})
    dispatch = started(engine, campaign)
    runs.go()
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", Reason.NO_CREDIT)
    assert statuses(dispatch) == {"queued": 2}
    sandbox.configure(octopush={"accounts": {KEYS["api_login"]: {"balance": 10.0}}})
    list_runs.accounts.release(account.pk)
    dispatch.account.refresh_from_db()
    dispatching.resume(dispatch, owner, timezone.now())
    runs.go()
    assert statuses(dispatch) == {"accepted": 2}


# -- opt-outs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["list", "tag"])
def test_who_opts_out_after_the_computation_gets_nothing(
    make_campaign, account, owner, workspace, make_contacts, engine, runs, sandbox, mode
):
    contacts = make_contacts(3)
    dispatch = started(engine, make_campaign(account, TEXT, options={"mode": mode}))
    runs.go()
    list_plans.approve(run_of(dispatch), owner, timezone.now())
    opt_out(workspace, contacts[1])
    runs.go()
    run = run_of(dispatch)
    assert (run.status, run.count, run.uploaded) == ("launched", 2, 2)
    assert statuses(dispatch) == {"accepted": 2, "skipped": 1}
    assert everybody_once(sandbox, dispatch)
    assert sandbox.violations() == []


def test_who_opts_out_before_the_upload_is_not_brought_there(campaign, workspace, make_contacts, engine, runs, sandbox):
    contacts = make_contacts(3)
    dispatch = started(engine, campaign)
    opt_out(workspace, *contacts[:2])
    runs.go()
    assert run_of(dispatch).uploaded == 1
    assert statuses(dispatch) == {"accepted": 1, "skipped": 2}
    assert everybody_once(sandbox, dispatch)


def test_when_nobody_is_left_nothing_is_created(campaign, workspace, make_contacts, engine, runs, sandbox):
    contacts = make_contacts(1)
    dispatch = started(engine, campaign)
    opt_out(workspace, *contacts)
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("cancelled", {"skipped": 1})
    assert sandbox.requests(path=f"{ROOT}/sms-campaign-on-list/create")["total"] == 0


# -- control ----------------------------------------------------------------------------------------


def test_a_paused_dispatch_keeps_everything_here(campaign, owner, make_contacts, engine, runs, sandbox):
    make_contacts(2)
    dispatch = started(engine, campaign)
    dispatching.pause(dispatch, owner, timezone.now())
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("uploading", {"queued": 2})
    dispatching.resume(dispatch, owner, timezone.now())
    runs.go()
    assert statuses(dispatch) == {"accepted": 2}


def test_a_stopped_dispatch_is_withdrawn(make_campaign, account, owner, make_contacts, engine, runs, sandbox):
    make_contacts(2)
    dispatch = started(engine, make_campaign(account, TEXT, options={"mode": "list"}))
    runs.go()
    dispatching.stop(dispatch, owner, timezone.now())
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("cancelled", {"cancelled": 2})
    assert sandbox.requests(path=f"{ROOT}/sms-campaign-on-list/cancel")["total"] == 1
    assert sandbox.log() == []


def test_a_pause_between_approval_and_launch_keeps_it_here(
    campaign, owner, make_contacts, engine, runs, sandbox, monkeypatch
):
    make_contacts(1)
    dispatch = started(engine, campaign)
    original = list_launch._write_intent

    def pause_first(run, now):
        dispatching.pause(dispatch, owner, now)
        return original(run, now)

    monkeypatch.setattr(list_launch, "_write_intent", pause_first)
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("waiting", {"queued": 1})
    assert sandbox.log() == []


def test_marketing_waits_for_the_morning(campaign, make_contacts, engine, runs, sandbox, monkeypatch):
    make_contacts(1)
    dispatch = started(engine, campaign)
    morning = runs.now() + timedelta(hours=3)
    monkeypatch.setattr(list_launch.pace, "quiet_until", lambda workspace, now: morning if now < morning else None)
    runs.go()
    assert (run_of(dispatch).status, run_of(dispatch).next_at) == ("waiting", morning)
    runs.later += timedelta(hours=3)
    runs.go()
    assert statuses(dispatch) == {"accepted": 1}
    assert len(sandbox.log()) == 1


def test_a_second_list_campaign_waits_for_the_first(
    make_campaign, account, owner, make_contacts, engine, runs, sandbox
):
    make_contacts(1)
    first = started(engine, make_campaign(account, TEXT, options={"mode": "list"}))
    second = started(engine, make_campaign(account, TEXT, options={"mode": "list"}, cost_cap=Decimal(100)))
    runs.go(2)
    assert (run_of(first).status, run_of(second).status) == ("waiting", "uploading")
    list_plans.approve(run_of(first), owner, timezone.now())
    runs.go(2)
    assert (statuses(first), statuses(second)) == ({"accepted": 1}, {"accepted": 1})


# -- what goes wrong --------------------------------------------------------------------------------


def test_a_computation_that_fails_holds_the_dispatch_with_words(campaign, owner, make_contacts, engine, runs, sandbox):
    make_contacts(1)
    dispatch = started(engine, campaign)
    ListRun.objects.filter(dispatch=dispatch).update(name="fail-1")
    runs.go()
    dispatch.refresh_from_db()
    assert (run_of(dispatch).status, dispatch.status, dispatch.reason) == ("failed", "held", Reason.REJECTED)
    assert statuses(dispatch) == {"queued": 1}


def test_a_held_dispatch_creates_its_campaign_anew_when_it_goes_on(
    campaign, owner, make_contacts, engine, runs, sandbox
):
    make_contacts(1)
    sandbox.configure(octopush={"stop_strict": True, "stop_mention": "STOP au 36111"})
    dispatch = started(engine, campaign)
    runs.go()
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", Reason.INVALID_CONTENT)
    sandbox.configure(octopush={"stop_strict": False})
    dispatching.resume(dispatch, owner, timezone.now())
    runs.go()
    assert statuses(dispatch) == {"accepted": 1}


def test_a_computation_that_never_ends_is_given_up(campaign, make_contacts, engine, runs, sandbox):
    make_contacts(1)
    sandbox.configure(octopush={"compute_s": 1e9, "refuse_while_computing": True})
    dispatch = started(engine, campaign)
    runs.go(list_runs.MOST_POLLS + 2)
    dispatch.refresh_from_db()
    assert (run_of(dispatch).status, dispatch.status) == ("failed", "held")


@pytest.mark.parametrize(
    "path", ["contact-list/create", "contact/create", "sms-campaign-on-list/create", "sms-campaign-on-list/status"]
)
@pytest.mark.parametrize("fault", ["http_500", "http_503", "reset_after_accept", "reset_before_accept"])
def test_what_fails_before_the_launch_is_tried_again(campaign, make_contacts, engine, runs, sandbox, path, fault):
    make_contacts(3)
    dispatch = started(engine, campaign)
    sandbox.arm(f"{ROOT}/{path}", fault)
    runs.go(3)
    assert statuses(dispatch) == {"accepted": 3}
    assert everybody_once(sandbox, dispatch)


def test_a_list_that_vanished_is_filled_again(campaign, make_contacts, engine, runs, sandbox):
    make_contacts(2)
    dispatch = started(engine, campaign)
    ListRun.objects.filter(dispatch=dispatch).update(status="creating", cursor=1, uploaded=2)
    runs.go(2)
    assert statuses(dispatch) == {"accepted": 2}
    assert everybody_once(sandbox, dispatch)


@pytest.mark.parametrize("accept", [True, False])
def test_an_unclear_launch_is_settled_by_the_status(campaign, make_contacts, engine, runs, sandbox, accept):
    make_contacts(2)
    dispatch = started(engine, campaign)
    sandbox.arm(LAUNCH, "http_500", accept=accept)
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("unclear", {"unknown": 2})
    dispatching.finish_done(timezone.now())
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("launched", {"accepted": 2})
    assert everybody_once(sandbox, dispatch)


def test_callbacks_settle_a_launch_that_stays_unclear(campaign, account, make_contacts, engine, runs, sandbox):
    make_contacts(1)
    dispatch = started(engine, campaign)
    sandbox.arm(LAUNCH, "http_500", accept=True)
    runs.go()
    row = Recipient.objects.get(dispatch=dispatch)
    body = {
        "message_id": run_of(dispatch).ticket,
        "number": row.address,
        "status": "DELIVERED",
        "delivery_date": "2026-03-10 10:00:21",
    }
    engine.call_back(account, "delivery", json.dumps(body).encode())
    assert statuses(dispatch) == {"delivered": 1}
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("launched", {"delivered": 1})


def test_an_unclear_launch_of_a_stopped_dispatch_that_did_not_go_is_cancelled(
    campaign, owner, make_contacts, engine, runs, sandbox
):
    make_contacts(1)
    dispatch = started(engine, campaign)
    sandbox.arm(LAUNCH, "http_500")
    runs.go()
    dispatching.stop(dispatch, owner, timezone.now())
    runs.go(2)
    dispatching.cancel_waiting(dispatch.pk, timezone.now())
    assert (run_of(dispatch).status, statuses(dispatch)) == ("cancelled", {"cancelled": 1})
    assert sandbox.log() == []


def test_a_launch_that_was_turned_away_is_tried_again(campaign, make_contacts, engine, runs, sandbox):
    make_contacts(1)
    dispatch = started(engine, campaign)
    sandbox.arm(LAUNCH, "http_503")
    runs.go()
    assert (run_of(dispatch).status, statuses(dispatch)) == ("waiting", {"queued": 1})
    runs.go()
    assert statuses(dispatch) == {"accepted": 1}


# -- killed -----------------------------------------------------------------------------------------


class Killed(BaseException):
    """As SIGKILL: nothing after it is run, not even what cleans up."""


CALLS = ["open_list", "upload", "create", "progress", "launch"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_around_a_call_leaves_a_run_that_goes_on(
    campaign, make_contacts, engine, runs, sandbox, monkeypatch, call, moment
):
    make_contacts(450)
    dispatch = started(engine, campaign)
    provider = list_runs.accounts.registry.provider_class("octopush")
    original = getattr(provider, call)

    async def killed(self, *args):
        if moment == "after":
            await original(self, *args)
        raise Killed

    monkeypatch.setattr(provider, call, killed)
    with pytest.raises(Killed):
        runs.go()
    monkeypatch.undo()
    ListRun.objects.update(lease_until=timezone.now())  # the worker did not give it back; its time is over
    runs.go(4)
    assert run_of(dispatch).status == "launched"
    assert statuses(dispatch) == {"accepted": 450}
    assert everybody_once(sandbox, dispatch)
    assert Ticket.objects.filter(dispatch=dispatch).count() == 1
    assert set(Batch.objects.values_list("status", flat=True)) == {"done"}


def test_a_doubled_task_does_nothing(campaign, make_contacts, engine, sandbox):
    make_contacts(1)
    dispatch = started(engine, campaign)
    ListRun.objects.update(token="another", lease_until=timezone.now() + timedelta(minutes=1))
    assert list_runs.due(timezone.now()) == []
    list_runs.work(run_of(dispatch).pk, timezone.now, threading.Event())
    assert sandbox.requests(vendor="octopush")["total"] == 0


def test_the_account_is_asked_by_one_call_at_a_time(account):
    assert list_wire.chunk_of(account) == 200
    assert (list_wire.can_remove(account, "list"), list_wire.can_remove(account, "tag")) == (True, False)


def test_a_list_that_is_gone_at_once_holds_the_dispatch(campaign, make_contacts, engine, runs, monkeypatch):
    make_contacts(1)
    provider = list_runs.accounts.registry.provider_class("octopush")

    async def gone(self, *args):
        raise ListGone(Reason.REJECTED, "La lista no existe.", "303", 400)

    monkeypatch.setattr(provider, "upload", gone)
    dispatch = started(engine, campaign)
    runs.go()
    dispatch.refresh_from_db()
    assert (run_of(dispatch).status, run_of(dispatch).detail) == ("failed", "La lista no existe.")
    assert (dispatch.status, dispatch.reason) == ("held", Reason.REJECTED)
