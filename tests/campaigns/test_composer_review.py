"""The last step: figures, checks, the button that says the number; and the test send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Campaign, Dispatch, DispatchKind, ProviderAccount, Recipient
from campaigns.services.writing import compose, drafts, headcounts, lifecycle, scheduling
from campaigns.services.writing.compose import Source
from campaigns.services.writing.drafts import Envelope, Plan
from console.models import User
from contacts.models import Contact
from contacts.states import Consent

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}


def review(client: Client, url: Url, campaign: Campaign) -> str:
    return client.get(url("composer-review", campaign.pk)).content.decode()


# -- what it shows -------------------------------------------------------------------------------------


def test_the_button_says_the_number(owner_client: Client, make_draft: Draft, make_contacts: People, url: Url) -> None:
    make_contacts(3)
    assert "Send 3 messages now" in review(owner_client, url, make_draft())


def test_a_planned_campaign_is_scheduled_not_sent(
    owner_client: Client, make_draft: Draft, make_contacts: People, owner: User, url: Url, now: datetime
) -> None:
    make_contacts(1)
    campaign = make_draft()
    drafts.set_plan(campaign, Plan(now + timedelta(days=1), "Europe/Madrid", None), owner, now)
    assert "Schedule 1 message<" in review(owner_client, url, campaign)


def test_the_figures_are_those_of_the_real_messages(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(2)
    make_contacts(1, start=2, first_name="A" * 120)
    campaign = make_draft(text="x" * 60 + "{{ first_name }}")
    answer = owner_client.get(url("composer-review", campaign.pk))
    estimate = answer.context["estimate"]
    assert (estimate.parts, estimate.exact, str(estimate.cost)) == (4, True, "0.20000")


def test_real_messages_are_shown_once_for_each_person(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Ana")
    make_contacts(1, start=1, first_name="")
    answer = owner_client.get(url("composer-review", make_draft(text="Hola {{nombre|cliente}}").pk))
    texts = [sample["message"].rendered.text for sample in answer.context["samples"]]
    assert sorted(texts) == ["Hola Ana", "Hola cliente"]


def test_what_is_left_to_do_leads_to_its_step(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft(include=[])
    text = review(owner_client, url, campaign)
    assert (url("composer-audience", campaign.pk) in text, "Open audience" in text) == (True, True)
    assert '<button class="btn btn-primary btn-lg w-100 text-wrap" type="submit" disabled' in text


def test_a_large_audience_is_counted_after_the_page_is_there(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(3)
    campaign = make_draft()
    monkeypatch.setattr(headcounts, "QUICK", 2)
    page = url("composer-review", campaign.pk)
    assert f'hx-get="{page}?count" hx-trigger="load"' in review(owner_client, url, campaign)
    assert "Send 3 messages now" in owner_client.get(page, {"count": ""}, headers=HTMX).content.decode()
    headcounts.cache.clear()


# -- the button ----------------------------------------------------------------------------------------


def test_confirming_schedules_and_shows_the_plan(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(3)
    campaign = make_draft()
    answer = owner_client.post(url("composer-review", campaign.pk), {"people": "3"})
    assert (answer.status_code, answer["Location"]) == (303, url("campaign", campaign.pk))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.planned_people) == ("scheduled", 3)


def test_a_number_that_changed_much_is_asked_again(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(10)
    campaign = make_draft()
    answer = owner_client.post(url("composer-review", campaign.pk), {"people": "5"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert ("from 5 to 10 people" in text, 'name="people" value="10"' in text) == (True, True)
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_a_double_click_is_harmless(owner_client: Client, make_draft: Draft, make_contacts: People, url: Url) -> None:
    make_contacts(2)
    campaign = make_draft()
    answers = [owner_client.post(url("composer-review", campaign.pk), {"people": "2"}) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert Campaign.objects.filter(status="scheduled").count() == 1


def test_somebody_else_s_second_confirmation_is_refused(
    owner_client: Client, as_role: Callable[[str], Client], make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(2)
    campaign = make_draft()
    owner_client.post(url("composer-review", campaign.pk), {"people": "2"})
    answer = as_role("sender").post(url("composer-review", campaign.pk), {"people": "2"}, headers=HTMX)
    assert (answer.status_code, "already scheduled" in answer.content.decode()) == (409, True)


def test_an_editor_sees_the_review_but_cannot_confirm(
    as_role: Callable[[str], Client], make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(2)
    campaign, client = make_draft(), as_role("editor")
    assert "Ask a sender of your workspace" in review(client, url, campaign)
    assert client.post(url("composer-review", campaign.pk), {"people": "2"}).status_code == 409
    campaign.refresh_from_db()
    assert campaign.status == "draft"


@pytest.mark.parametrize("people", ["", "x", "-3"])
def test_a_number_that_is_none_is_asked_again(
    people: str, owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(2)
    assert owner_client.post(url("composer-review", make_draft().pk), {"people": people}).status_code == 409


def test_what_fails_a_check_is_a_sentence(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1, sms_consent=Consent.WITHDRAWN)
    answer = owner_client.post(url("composer-review", make_draft().pk), {"people": "0"})
    assert (answer.status_code, "cannot be reached" in answer.content.decode()) == (409, True)


def test_a_scheduled_campaign_can_be_taken_back_from_its_page(
    owner_client: Client, make_draft: Draft, make_contacts: People, owner: User, url: Url, now: datetime
) -> None:
    make_contacts(2)
    campaign = make_draft()
    drafts.set_plan(campaign, Plan(now + timedelta(days=1), "Europe/Madrid", None), owner, now)
    scheduling.schedule(campaign, 2, owner, now)
    page = owner_client.get(url("campaign", campaign.pk)).content.decode()
    assert ("It starts on" in page, url("campaign-unschedule", campaign.pk) in page) == (True, True)
    owner_client.post(url("campaign-unschedule", campaign.pk))
    campaign.refresh_from_db()
    assert campaign.status == "draft"


# -- schedule step ---------------------------------------------------------------------------------------


def test_a_time_is_saved_in_its_zone(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    form = {"when": "later", "day": day.isoformat(), "time": "10:00", "zone": "America/Bogota"}
    answer = owner_client.post(url("composer-schedule", campaign.pk), form | {"messages_per_second": "2.5"})
    assert (answer.status_code, answer["Location"]) == (303, url("composer-review", campaign.pk))
    campaign.refresh_from_db()
    assert (campaign.start_at, campaign.zone) == (
        datetime(day.year, day.month, day.day, 15, tzinfo=UTC),
        "America/Bogota",
    )
    assert campaign.messages_per_second == 2.5


def test_a_time_that_does_not_exist_comes_back_with_the_next(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    year = datetime.now(UTC).year + 1
    day = next(d for d in range(31, 24, -1) if datetime(year, 3, d).weekday() == 6)
    form = {"when": "later", "day": f"{year}-03-{day}", "time": "02:30", "zone": "Europe/Madrid"}
    answer = owner_client.post(url("composer-schedule", campaign.pk), form)
    text = answer.content.decode()
    assert (answer.status_code, "next time that exists is 03:00" in text) == (422, True)
    assert f'value="{year}-03-{day}"' in text


def test_the_first_zone_offered_is_the_person_s_own(owner_client: Client, make_draft: Draft, url: Url) -> None:
    answer = owner_client.get(url("composer-schedule", make_draft().pk))
    assert answer.context["form"]["zone"].value() == "Europe/Madrid"


def test_what_a_speed_means_is_said_without_saving(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(10)
    campaign = make_draft()
    answer = owner_client.post(
        url("composer-schedule-check", campaign.pk), {"when": "now", "messages_per_second": "0.1"}, headers=HTMX
    )
    assert "about 2 min for 10 people" in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.messages_per_second is None


# -- test send ---------------------------------------------------------------------------------------------


def test_a_test_goes_to_the_typed_phones_with_a_recipient_s_values(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Ane")
    campaign = make_draft(text="Hola {{nombre}}")
    answer = owner_client.post(url("composer-test", campaign.pk), {"addresses": "600 11 22 33\n+34 600 11 22 34"})
    sent = Dispatch.objects.get(kind=DispatchKind.TEST)
    assert (answer.status_code, answer["Location"]) == (303, url("dispatch", sent.pk))
    rows = Recipient.objects.filter(dispatch=sent).order_by("id")
    assert [row.address for row in rows] == ["+34600112233", "+34600112234"]
    assert '"Ane"' in rows[0].values


def test_the_same_form_sends_one_test(owner_client: Client, make_draft: Draft, make_contacts: People, url: Url) -> None:
    make_contacts(1)
    campaign = make_draft()
    for _ in range(2):
        owner_client.post(url("composer-test", campaign.pk), {"addresses": "600112233", "seen": "0"})
    assert Dispatch.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "required"),
        ("hola", "no phone number one can send to: hola"),
        ("\n".join(f"6001122{n:02}" for n in range(11)), "at most 10 addresses"),
    ],
)
def test_a_wrong_address_comes_back_with_what_was_typed(
    typed: str, sentence: str, owner_client: Client, make_draft: Draft, url: Url
) -> None:
    answer = owner_client.post(url("composer-test", make_draft().pk), {"addresses": typed})
    text = answer.content.decode()
    assert (answer.status_code, sentence in text, typed in text) == (422, True, True)


def test_a_test_of_a_draft_without_a_message_is_refused(owner_client: Client, make_draft: Draft, url: Url) -> None:
    campaign = make_draft()
    Campaign.objects.filter(pk=campaign.pk).update(version=None)
    answer = owner_client.post(url("composer-test", campaign.pk), {"addresses": "600112233"}, headers=HTMX)
    assert (answer.status_code, "Write the message" in answer.content.decode()) == (409, True)


def test_an_email_test_starts_with_one_s_own_address(
    owner_client: Client,
    make_draft: Draft,
    email_account: ProviderAccount,
    owner: User,
    url: Url,
    now: datetime,
    workspace: Any,
) -> None:
    campaign = lifecycle.create(workspace, name="x", channel="email", purpose="service", actor=owner, now=now)
    built = compose.build(Source("email", subject="x", html="<p>a</p>"), [])
    drafts.write_text(campaign, Envelope(email_account, "a@tienda.example"), built, owner, now)
    assert owner.email in owner_client.get(url("composer-test", campaign.pk)).content.decode()
