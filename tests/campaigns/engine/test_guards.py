"""A dispatch that goes wrong pauses itself and calls a person, once for each evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Evidence, Notice
from campaigns.querysets import evidence, sql
from campaigns.querysets.evidence import Signs
from campaigns.services.sending import dispatching, guards
from console.models import AuditEvent
from contacts.models import Contact
from tests.campaigns.engine.conftest import references, statuses
from tests.campaigns.engine.test_receipts import delivery

pytestmark = pytest.mark.django_db

EMAIL = "/email/4/messages"


@pytest.fixture
def refusing(make_account, make_contacts):
    """An account, and contacts of whom every third is refused by it."""
    people = make_contacts(60)
    for i, contact in enumerate(people[::3]):
        Contact.objects.filter(pk=contact.pk).update(phone=f"+3461{i:04d}0001")
    return make_account("messaging-service")


def prepared(engine, campaign, batch_size: int) -> Dispatch:
    """Its audience written in batches of that size."""
    dispatch = engine.start(campaign)
    Dispatch.objects.filter(pk=dispatch.pk).update(batch_size=batch_size)
    return engine.prepare(dispatch)


def test_a_dispatch_is_held_when_too_many_of_the_last_messages_fail(refusing, make_campaign, engine, sandbox, owner):
    dispatch = prepared(engine, make_campaign(refusing), 10)
    engine.slice(refusing)
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", "failure_rate")
    event = AuditEvent.objects.get(action="dispatch.hold", target=f"dispatch:{dispatch.pk}")
    assert event.detail["failed"] * 100 >= 20 * event.detail["tried"] >= 20 * 50
    assert Notice.objects.filter(dispatch=dispatch, kind="hold", reason="failure_rate", user=owner).exists()


def test_few_messages_prove_nothing(refusing, make_campaign, engine, sandbox, workspace):
    workspace.failure_least = 61
    workspace.save()
    dispatch = prepared(engine, make_campaign(refusing), 10)
    engine.slice(refusing)
    assert statuses(dispatch) == {"accepted": 40, "failed": 20}
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"


def test_a_campaign_may_bear_more_than_the_workspace(refusing, make_campaign, engine, sandbox):
    dispatch = prepared(engine, make_campaign(refusing, failure_share=40), 10)
    engine.slice(refusing)
    assert statuses(dispatch) == {"accepted": 40, "failed": 20}


def test_a_workspace_may_do_without_the_guard(refusing, make_campaign, engine, sandbox, workspace):
    workspace.failure_share = 0
    workspace.save()
    dispatch = prepared(engine, make_campaign(refusing), 10)
    engine.slice(refusing)
    assert statuses(dispatch) == {"accepted": 40, "failed": 20}


def test_a_resumed_dispatch_is_not_held_again_by_the_same_evidence(refusing, make_campaign, engine, sandbox, owner):
    dispatch = prepared(engine, make_campaign(refusing), 10)
    engine.slice(refusing)
    dispatch.refresh_from_db()
    assert dispatch.status == "held"
    dispatching.resume(dispatch, owner, timezone.now())
    standing = note(dispatch, ("", 10, 4))
    assert guards.judge(Dispatch.objects.get(pk=dispatch.pk), standing) is None


def test_a_resumed_dispatch_is_held_again_by_new_evidence(refusing, make_campaign, engine, sandbox, owner):
    dispatch = prepared(engine, make_campaign(refusing), 10)
    engine.slice(refusing)
    dispatch.refresh_from_db()
    dispatching.resume(dispatch, owner, timezone.now())
    verdict = guards.judge(Dispatch.objects.get(pk=dispatch.pk), note(dispatch, ("", 50, 10)))
    assert verdict is not None
    assert (verdict.reason, verdict.failed, verdict.tried) == ("failure_rate", 10, 50)


def test_receipts_hold_a_dispatch_that_is_still_being_sent(
    make_account, make_campaign, make_contacts, engine, sandbox, workspace
):
    workspace.failure_least = 4
    workspace.save()
    make_contacts(8)
    account = make_account()
    dispatch = prepared(engine, make_campaign(account), 4)
    Batch.objects.filter(dispatch=dispatch, number=2).update(not_before=timezone.now() + timedelta(hours=1))
    engine.slice(account)
    for reference in references(dispatch)[:4]:
        engine.call_back(account, "delivery", delivery(reference, 104))
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", "failure_rate")
    assert Evidence.objects.get(dispatch=dispatch, source="receipts").failed == 4


def test_a_test_send_is_never_held(make_account, make_campaign, engine, sandbox, workspace, owner):
    workspace.failure_least = 1
    workspace.save()
    account = make_account("messaging-service")
    campaign = make_campaign(account, status="draft", text="Hola")
    dispatch = dispatching.send_test(campaign, ["+34610000001", "+34611110001"], None, owner, timezone.now())
    engine.slice(account)
    dispatch.refresh_from_db()
    assert (dispatch.status, statuses(dispatch)) == ("sending", {"failed": 2})


def test_the_same_unreadable_answer_again_and_again_holds_the_dispatch(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(120)
    account = make_account("messaging-service")
    sandbox.arm(EMAIL, "garbled_json", times=50)
    dispatch = prepared(engine, make_campaign(account, channel="email", messages_per_second=200), 5)
    engine.slice(account)
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", "nonsense")
    assert statuses(dispatch)["queued"] >= 30  # what was in flight when it was held still landed


def test_one_message_a_request_counts_every_unreadable_answer(
    make_account, make_campaign, make_contacts, engine, sandbox
):
    make_contacts(60)
    account = make_account(options={"send_mode": "single"})
    sandbox.arm("/v1/send-*", "garbled_json", times=50)
    dispatch = prepared(engine, make_campaign(account, messages_per_second=20), 4)
    engine.slice(account)
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.reason) == ("held", "nonsense")
    assert statuses(dispatch)["queued"] >= 30


def test_a_readable_answer_in_between_begins_the_count_anew(make_account, make_campaign, make_contacts, engine):
    dispatch = a_dispatch(make_account, make_campaign, make_contacts, engine)
    for _ in range(2):
        note(dispatch, ("no JSON: <html>", 5, 5))
    assert note(dispatch, ("", 5, 0), ("no JSON: <html>", 5, 5)).strange == 1
    assert note(dispatch, ("no JSON: <html>", 5, 5)).strange == 2
    assert note(dispatch, ("no JSON: gone", 5, 5)).strange == 1


def test_the_evidence_slides(make_account, make_campaign, make_contacts, engine):
    dispatch = a_dispatch(make_account, make_campaign, make_contacts, engine)
    assert note(dispatch, ("", 100, 50)) == evidence.Standing(100, 50, 0)
    assert note(dispatch, ("", 60, 0)) == evidence.Standing(160, 50, 0)
    assert note(dispatch, ("", 40, 0)) == evidence.Standing(200, 50, 0)
    assert note(dispatch, ("", 10, 0)) == evidence.Standing(110, 0, 0)


def test_a_batch_larger_than_the_window_stands_for_itself(make_account, make_campaign, make_contacts, engine):
    dispatch = a_dispatch(make_account, make_campaign, make_contacts, engine)
    note(dispatch, ("", 1000, 0))
    assert note(dispatch, ("", 1000, 300)) == evidence.Standing(1000, 300, 0)


def a_dispatch(make_account, make_campaign, make_contacts, engine) -> Dispatch:
    make_contacts(1)
    return engine.start(make_campaign(make_account()))


def note(dispatch: Dispatch, *answers: tuple[str, int, int]) -> evidence.Standing:
    """Add (unreadable part, messages, failed) of answers that one transaction wrote."""
    signs = Signs()
    for text, tried, failed in answers:
        signs.add(tried, failed, text)
    found = sql.rows(*evidence.noting(dispatch.pk, "answers", signs, 200))
    return evidence.standing(found, 200)
