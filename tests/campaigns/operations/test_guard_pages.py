"""What people see of guards, breaker, canary and budget, and what they can do about it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from campaigns.models import Dispatch, ProviderAccount
from campaigns.services.connecting import account_health
from campaigns.services.sending import moves
from campaigns.states import Hold

pytestmark = pytest.mark.django_db

PEOPLE = [("accepted", "", 4), ("queued", "", 6)]


@pytest.fixture
def sending(make_dispatch) -> Dispatch:
    return make_dispatch(PEOPLE)


@pytest.fixture
def broken(sms_account, now) -> ProviderAccount:
    """Its breaker opened five minutes ago and tries again in a minute."""
    sms_account.broken_since, sms_account.hold_until = now - timedelta(minutes=5), now + timedelta(minutes=1)
    sms_account.failures, sms_account.last_error = 7, "Connection refused"
    sms_account.save()
    return sms_account


@pytest.mark.parametrize("reason", list(Hold))
def test_a_held_dispatch_says_why_and_what_to_do(reason, sending, owner_client, url, now):
    moves.hold(sending, reason, now, failed=3, tried=10)
    page = owner_client.get(url("dispatch", sending.pk)).content.decode()
    words = {
        Hold.STALE: "Its time passed",
        Hold.FAILURES: "Too many of the last messages failed",
        Hold.CANARY: "did not go well",
        Hold.BUDGET: "Raise the limit to go on",
        Hold.NONSENSE: "answers cannot be read",
    }
    assert words[reason] in page
    assert "3 of 10 messages failed or have no clear answer." in page


def test_the_dispatch_page_says_since_when_the_provider_does_not_answer(sending, broken, owner_client, url):
    page = owner_client.get(url("dispatch", sending.pk)).content.decode()
    assert f"Held: {broken} has not answered since" in page
    assert "One batch is tried at" in page
    assert "Connection refused" in page


def test_the_dispatch_page_says_that_a_batch_is_being_tried(sending, broken, owner_client, url, now):
    ProviderAccount.objects.update(hold_until=now - timedelta(seconds=1))
    assert "One batch is being tried now." in owner_client.get(url("dispatch", sending.pk)).content.decode()


def test_the_account_page_says_since_when(broken, owner_client, url):
    page = owner_client.get(url("account", broken.pk)).content.decode()
    assert f"Held: {broken} has not answered since" in page
    assert "A connection test that works lets everything go on at once." in page


def test_home_says_since_when(sending, broken, owner_client, url, now):
    page = owner_client.get(url("home")).content.decode()
    assert f"held: {broken} since" in page
    health = account_health.many([broken], now)[0]
    assert health.word.startswith("Held since")
    assert "tried again at" in page


def test_the_dispatch_page_tells_of_a_canary(make_dispatch, owner_client, url):
    dispatch = make_dispatch([("accepted", "", 10), ("queued", "", 5)], canary=10, open_until=1)
    page = owner_client.get(url("dispatch", dispatch.pk)).content.decode()
    assert "10 people go first" in page


@pytest.fixture
def spent(make_dispatch, sms_account, now) -> Dispatch:
    """Held at 2.00 of 2.00, with six messages left."""
    ProviderAccount.objects.filter(pk=sms_account.pk).update(sms_price=Decimal("0.50"))
    dispatch = make_dispatch(PEOPLE, cost_cap=Decimal("2.00"), units=4, batch=1)
    moves.hold(dispatch, Hold.BUDGET, now, budget="2.00")
    return dispatch


def test_a_spent_budget_offers_to_raise_it_instead_of_to_resume(spent, owner_client, url):
    page = owner_client.get(url("dispatch", spent.pk)).content.decode()
    assert url("dispatch-budget", spent.pk) in page
    assert f'action="{url("dispatch-resume", spent.pk)}"' not in page
    assert "€2.00 of €2.00 are spent or on their way." in page


def test_the_question_tells_what_is_spent(spent, owner_client, url, hx):
    page = owner_client.get(url("dispatch-budget", spent.pk), headers=hx).content.decode()
    assert "€2.00 of €2.00 are spent" in page
    assert 'name="cost_cap"' in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["without script", "htmx"])
def test_too_little_is_said_at_the_field(headers, spent, owner_client, url):
    answer = owner_client.post(url("dispatch-budget", spent.pk), {"cost_cap": "2.10"}, headers=headers)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "too little" in page
    assert 'value="2.10"' in page


def test_a_higher_budget_lets_it_go_on(spent, owner_client, url):
    owner_client.post(url("dispatch-budget", spent.pk), {"cost_cap": "5"})
    spent.refresh_from_db()
    assert (spent.status, spent.cost_cap, spent.reason) == ("sending", Decimal(5), "")


def test_an_analyst_cannot_raise_a_budget(spent, as_role, url):
    assert as_role("analyst").post(url("dispatch-budget", spent.pk), {"cost_cap": "9"}).status_code == 403


def test_a_dispatch_that_is_sending_has_no_budget_to_raise(sending, owner_client, url):
    assert owner_client.get(url("dispatch-budget", sending.pk)).status_code == 409


def test_another_workspaces_dispatch_is_not_there(spent, other_workspace, person, client, url):
    client.force_login(person("owner", other_workspace, "b@example.test"), "django.contrib.auth.backends.ModelBackend")
    assert client.get(url("dispatch-budget", spent.pk)).status_code == 404
