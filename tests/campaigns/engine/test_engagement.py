"""Opens and clicks: each person once, whatever comes twice, late or from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Dispatch, Engagement, EngagementTally, ProviderAccount, ProviderEvent, Recipient
from campaigns.services.settling import engagement, inbox
from campaigns.services.settling.engagement import Link
from contacts.models import Suppression
from tests.campaigns.engine.conftest import references

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(make_account: Callable[..., ProviderAccount]) -> ProviderAccount:
    return make_account("messaging-service")


@pytest.fixture
def sent(account, make_campaign, make_contacts, engine) -> Dispatch:
    """A dispatch of three emails that the provider has accepted."""
    make_contacts(3)
    return engine.send(make_campaign(account, channel="email"))


def event(reference: str, word: str = "OPENED", number: str = "1", **more: Any) -> bytes:
    body = {
        "notificationType": word,
        "eventId": f"ev-{reference}-{word}-{number}",
        "recipient": "a@buzon.example",
        "sendDateTime": 1791210602114,
        "messageId": reference,
        **more,
    }
    return json.dumps(body).encode()


def test_a_person_who_opens_twice_counts_once(sent, account, engine) -> None:
    first, second, _ = references(sent)
    for number in ("1", "2"):
        engine.call_back(account, "events", event(first, number=number))
    engine.call_back(account, "events", event(second))
    assert engagement.people(sent.pk) == {"opened": 2}
    assert Engagement.objects.count() == 2


def test_a_callback_that_comes_twice_counts_once(sent, account, engine) -> None:
    body = event(references(sent)[0])
    for _ in range(2):
        engine.call_back(account, "events", body)
    assert ProviderEvent.objects.count() == 1
    assert engagement.people(sent.pk) == {"opened": 1}


def test_links_are_counted_without_what_is_each_persons_own(sent, account, engine) -> None:
    first, second, _ = references(sent)
    for reference, url in (
        (first, "https://shop.example/sale?c=1"),
        (first, "https://shop.example/sale?c=1&again"),
        (second, "https://shop.example/sale?c=2"),
        (second, "https://shop.example/other"),
    ):
        engine.call_back(account, "events", event(reference, "CLICKED", url, url=url))
    assert engagement.people(sent.pk) == {"clicked": 2}
    assert engagement.links(sent.pk) == [Link("https://shop.example/sale", 2), Link("https://shop.example/other", 1)]


def test_a_click_on_our_unsubscribe_link_is_no_link_of_the_report(sent, account, engine, settings) -> None:
    url = f"{settings.PUBLIC_URL}/u/abc/"
    engine.call_back(account, "events", event(references(sent)[0], "CLICKED", url=url))
    assert engagement.links(sent.pk) == []


def test_another_accounts_events_count_nothing(sent, make_account, engine) -> None:
    other = make_account("messaging-service", name="another")
    engine.call_back(other, "events", event(references(sent)[0]))
    assert not EngagementTally.objects.exists()


@pytest.mark.parametrize("digits", [20, 5000])
def test_an_event_with_a_number_that_no_person_has_counts_nothing(sent, account, engine, digits: int) -> None:
    engine.call_back(account, "events", event(f"c{sent.key}-r{'9' * digits}-a1"))
    assert ProviderEvent.objects.get().outcome == "applied"
    assert engagement.people(sent.pk) == {}


def test_what_is_told_of_a_copy_is_not_the_persons(sent, account, engine) -> None:
    engine.call_back(account, "events", event(f"{references(sent)[0]}~copy1"))
    assert not Engagement.objects.exists()


def test_an_event_of_an_earlier_attempt_counts(sent, account, engine) -> None:
    Recipient.objects.filter(dispatch=sent).update(attempt=2)
    key, pk = sent.key, Recipient.objects.filter(dispatch=sent).first().pk
    engine.call_back(account, "events", event(f"c{key}-r{pk}-a1"))
    assert engagement.people(sent.pk) == {"opened": 1}


@pytest.mark.parametrize("word", ["COMPLAINED", "UNSUBSCRIBED"])
def test_complaints_and_unsubscribes_suppress(sent, account, engine, word: str) -> None:
    person = Recipient.objects.filter(dispatch=sent).first()
    engine.call_back(account, "events", event(references(sent)[0], word, recipient=person.address))
    assert Suppression.objects.filter(workspace=sent.workspace, channel="email").count() == 1


def test_the_report_shows_them_and_every_number_opens_its_people(sent, account, engine, client: Client, owner) -> None:
    first = references(sent)[0]
    engine.call_back(account, "events", event(first))
    engine.call_back(account, "events", event(first, "CLICKED", url="https://shop.example/sale"))
    client.force_login(owner)
    slug = sent.workspace.slug
    page = client.get(reverse("report", args=[slug, sent.pk])).content.decode()
    assert "Opened and clicked" in page
    assert "https://shop.example/sale" in page
    people = client.get(reverse("recipient-list", args=[slug, sent.pk]), {"state": "opened"})
    assert [row["recipient"].pk for row in people.context["lines"]] == [
        Recipient.objects.filter(dispatch=sent).order_by("pk").first().pk
    ]
    row = Recipient.objects.filter(dispatch=sent).order_by("pk").first()
    assert "First opened" in client.get(reverse("recipient", args=[slug, sent.pk, row.pk])).content.decode()


def test_a_report_without_any_does_not_speak_of_them(sent, client: Client, owner) -> None:
    client.force_login(owner)
    page = client.get(reverse("report", args=[sent.workspace.slug, sent.pk])).content.decode()
    assert "Opened and clicked" not in page
    assert not inbox.pending(timezone.now())
