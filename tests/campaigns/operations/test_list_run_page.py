"""The card of a campaign on a list at the provider: what it says, who may approve its price, and what then happens."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from campaigns.models import ListRun
from console.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_run(make_dispatch, now):
    """A dispatch of three waiting people as a campaign on a list."""

    def make(status="waiting", *, cap=None, **fields):
        dispatch = make_dispatch([("queued", "", 3)])
        dispatch.cost_cap = cap
        dispatch.save()
        given = {"status": status, "name": "c0ffee00-20261121", "uploaded": 3, "created_at": now}
        if status == "waiting":
            given |= {"ticket": "sms_1", "count": 3, "cost": Decimal("0.18")}
        return ListRun.objects.create(dispatch=dispatch, **{**given, **fields})

    return make


def page_of(client, run) -> str:
    url = reverse("dispatch", args=[run.dispatch.workspace.slug, run.dispatch_id])
    return client.get(url).content.decode()


def approve(client, run, seen=None):
    url = reverse("dispatch-list-approve", args=[run.dispatch.workspace.slug, run.dispatch_id])
    return client.post(url, {"seen": seen or f"{run.ticket}:{run.count}:{run.cost:.4f}"})


def test_a_dispatch_that_lanes_send_has_no_card(owner_client, make_dispatch):
    dispatch = make_dispatch()
    page = owner_client.get(reverse("dispatch", args=[dispatch.workspace.slug, dispatch.pk])).content.decode()
    assert 'id="list-run"' not in page


def test_the_price_and_the_people_stand_on_the_button(owner_client, make_run):
    page = page_of(owner_client, make_run())
    assert "Send 3 messages for €0.18" in page
    assert "Cancel the campaign" in page
    assert "c0ffee00-20261121" in page


@pytest.mark.parametrize(
    "status", ["uploading", "creating", "computing", "launching", "launched", "unclear", "failed", "cancelled"]
)
def test_every_state_has_its_words_and_no_button(owner_client, make_run, status):
    page = page_of(owner_client, make_run(status))
    assert 'id="list-run"' in page
    assert "Send 3 messages" not in page


def test_what_is_odd_about_the_figures_is_said(owner_client, make_run):
    page = page_of(owner_client, make_run(count=5, cap=Decimal("0.10")))
    assert "The provider counts 5 people, but 3 were brought there." in page
    assert "It costs more than the campaign&#x27;s limit of €0.10." in page


def test_people_whom_the_provider_leaves_out_are_told(owner_client, make_run):
    assert "leaves out 1 person and does not say whom" in page_of(owner_client, make_run(count=2))


def test_an_approval_is_written_down_and_lets_it_go_on(owner_client, owner, make_run):
    run = make_run()
    answer = approve(owner_client, run)
    assert answer.status_code == 303
    run.refresh_from_db()
    assert (run.approved_by, run.next_at is not None) == (owner, True)
    event = AuditEvent.objects.get(action="list_run.approve")
    assert (event.actor, event.detail) == (owner, {"count": 3, "cost": "0.1800"})
    page = page_of(owner_client, run)
    assert f"Approved by {owner}" in page
    assert "Price approved" in page


def test_figures_that_have_changed_need_another_look(owner_client, make_run):
    run = make_run()
    assert approve(owner_client, run, "sms_1:2:0.1200").status_code == 409
    run.refresh_from_db()
    assert run.approved_at is None


def test_nothing_is_approved_twice(owner_client, make_run):
    run = make_run()
    approve(owner_client, run)
    assert approve(owner_client, run).status_code == 409


def test_an_analyst_sees_the_card_and_may_not_approve(as_role, make_run):
    run, client = make_run(), as_role("analyst")
    assert "Send 3 messages" not in page_of(client, run)
    assert approve(client, run).status_code == 403


def test_a_run_of_another_workspace_is_not_found(owner_client, make_run, other_workspace):
    run = make_run()
    run.dispatch.workspace = other_workspace
    run.dispatch.save()
    url = reverse("dispatch-list-approve", args=["norte", run.dispatch_id])
    assert owner_client.post(url, {"seen": "x"}).status_code == 404


def test_it_is_approved_by_post_only(owner_client, make_run):
    run = make_run()
    url = reverse("dispatch-list-approve", args=[run.dispatch.workspace.slug, run.dispatch_id])
    assert owner_client.get(url).status_code == 405
