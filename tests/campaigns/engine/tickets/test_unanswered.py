"""A person names a request that nobody knows the outcome of, and the provider is asked from there on."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from campaigns.models import Batch, Pace, Recipient, Ticket
from campaigns.services.settling import following, unanswered
from console.errors import UserError
from console.models import AuditEvent, Membership
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db

SEND, ASK = "/api/SendMessages", "/api/Dispatches/*"


@pytest.fixture
def lost(sent, sandbox):
    """lost(people) is a dispatch whose answer never came, although the provider has it as 418000."""

    def lose(people=3, fault="reset_after_accept"):
        sandbox.arm(SEND, fault)
        return sent(people)

    return lose


@pytest.fixture
def enter(owner):
    def enter(dispatch, name, number=1):
        Pace.objects.filter(name=following.limit_of(dispatch.account_id).name).delete()
        found = unanswered.request_of(dispatch, number)
        return unanswered.enter(dispatch, found, name, owner, timezone.now())

    return enter


def page(dispatch, path=""):
    return f"/w/{dispatch.workspace.slug}/dispatches/{dispatch.pk}/{path}"


def test_the_requests_without_an_outcome_are_listed_with_their_people(lost):
    dispatch = lost()
    (request,) = unanswered.requests(dispatch)
    assert (request.batch.number, request.people) == (1, 3)


def test_a_provider_without_names_for_requests_lists_none(make_account, make_campaign, make_contacts, engine, sandbox):
    make_contacts(2)
    sandbox.arm("/v1/send-bulk-sms", "reset_after_accept")
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    engine.slice(account)
    assert statuses(dispatch) == {"unknown": 2}
    assert unanswered.requests(dispatch) == []
    assert unanswered.request_of(dispatch, 1) is None


def test_the_right_id_settles_what_is_handed_over_at_once(lost, enter, sandbox):
    dispatch = lost()
    sandbox.advance(2)
    assert enter(dispatch, "418000") == 3
    assert statuses(dispatch) == {"sent": 3}
    assert set(Recipient.objects.values_list("provider_message_id", flat=True)) == {"418000"}
    assert (Batch.objects.get().status, Ticket.objects.get().course) == ("done", "done")
    assert len(sandbox.log()) == 3


def test_polling_goes_on_while_it_is_under_way(lost, enter, sandbox, account):
    dispatch = lost()
    assert enter(dispatch, "418000") == 3
    assert statuses(dispatch) == {"unknown": 3}
    ticket = Ticket.objects.get()
    assert (ticket.follow_at - ticket.made_at).total_seconds() == 5
    sandbox.advance(2)
    following.follow_next(account.pk, ticket.follow_at + timedelta(seconds=1), lambda _: None)
    assert statuses(dispatch) == {"sent": 3}


def test_the_entry_is_audited_with_who_and_how_many(lost, enter, sandbox, owner):
    dispatch = lost()
    enter(dispatch, "418000")
    event = AuditEvent.objects.get(action="recipient.name_request")
    assert (event.actor, event.detail) == (owner, {"people": 3, "name": "418000"})


def test_an_unknown_id_changes_nothing(lost, enter):
    dispatch = lost()
    with pytest.raises(UserError, match="knows no request"):
        enter(dispatch, "999999")
    assert statuses(dispatch) == {"unknown": 3}
    assert not Ticket.objects.exists()


def test_an_id_of_another_template_is_refused(lost, enter, sandbox):
    dispatch = lost()
    sandbox.configure(crm={"templates": {"109": {"channel": "sms", "text": "x"}}})
    sent_elsewhere(sandbox, "109")
    with pytest.raises(UserError, match="template 109, this one 101"):
        enter(dispatch, "418001")
    assert statuses(dispatch) == {"unknown": 3}


def test_an_id_of_a_larger_request_is_refused(lost, enter, sandbox):
    dispatch = lost()
    sent_elsewhere(sandbox, "101", people=4)
    with pytest.raises(UserError, match="went to 4 people"):
        enter(dispatch, "418001")


def test_an_id_that_another_request_of_ours_has_is_refused(lost, enter, account, make_campaign, sandbox):
    dispatch = lost()
    Ticket.objects.create(
        account=account, dispatch=dispatch, batch_no=7, value="418000", made_at=timezone.now(), course="done"
    )
    with pytest.raises(UserError, match="another request of ours"):
        enter(dispatch, "418000")


def test_a_provider_that_cannot_be_asked_changes_nothing(lost, enter, sandbox):
    dispatch = lost()
    sandbox.arm(ASK, "http_503")
    with pytest.raises(UserError, match="could not be asked"):
        enter(dispatch, "418000")
    assert statuses(dispatch) == {"unknown": 3}


def test_counts_that_do_not_add_up_keep_the_vendors_id_for_the_person_who_decides(lost, enter, sandbox):
    dispatch = lost(fault="wrong_counts")
    assert statuses(dispatch) == {"unknown": 3}
    assert not Ticket.objects.exists()
    row = Recipient.objects.first()
    assert row.provider_message_id == "418000"
    assert "do not add up" in row.detail


# -- pages --------------------------------------------------------------------------------------------


def test_the_dispatch_page_offers_to_enter_the_id(lost, owner_client):
    dispatch = lost()
    html = owner_client.get(page(dispatch)).content.decode()
    assert "Requests to verify" in html
    assert f'href="{page(dispatch, "requests/1/")}"' in html


def test_the_dialog_says_what_the_request_is_recognised_by(lost, owner_client):
    dispatch = lost()
    html = owner_client.get(page(dispatch, "requests/1/")).content.decode()
    assert "What does the provider call the request with 3 messages?" in html


def test_entering_the_id_leads_back_to_the_dispatch(lost, owner_client, sandbox):
    dispatch = lost()
    sandbox.advance(2)
    answer = owner_client.post(page(dispatch, "requests/1/"), {"value": " 418000 "})
    assert (answer.status_code, answer["Location"]) == (303, page(dispatch))
    assert statuses(dispatch) == {"sent": 3}


@pytest.mark.parametrize(("value", "text"), [("", "required"), ("two words", "one word"), ("5", "knows no request")])
def test_a_wrong_entry_comes_back_with_the_reason(lost, owner_client, value, text):
    dispatch = lost()
    answer = owner_client.post(page(dispatch, "requests/1/"), {"value": value})
    assert answer.status_code == 422
    assert text in answer.content.decode()


def test_what_is_settled_can_no_longer_be_named(sent, owner_client):
    dispatch = sent()
    assert owner_client.get(page(dispatch, "requests/1/")).status_code == 409


@pytest.mark.parametrize(("role", "status"), [("sender", 200), ("editor", 403), ("analyst", 403)])
def test_only_who_controls_dispatches_may_name_requests(lost, as_role, role, status):
    dispatch = lost()
    assert as_role(role).get(page(dispatch, "requests/1/")).status_code == status


def test_a_request_of_another_workspace_is_not_found(lost, owner_client, other_workspace, owner):
    Membership.objects.create(workspace=other_workspace, user=owner, role="owner")
    dispatch = lost()
    assert owner_client.get(f"/w/otra/dispatches/{dispatch.pk}/requests/1/").status_code == 404


def sent_elsewhere(sandbox, template, people=1):
    """Somebody else of the company sends something through the same account at the provider."""
    recipients = [{"uniqueId": f"x{n}", "mobilePhone": f"69{n:08d}"} for n in range(people)]
    body = {"templateId": int(template), "recipients": recipients}
    httpx.post(f"{sandbox.url}{SEND}", json=body, auth=("sandbox", "sandbox"), trust_env=False).raise_for_status()
