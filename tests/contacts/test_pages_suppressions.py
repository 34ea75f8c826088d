"""The do-not-contact list: finding, adding, taking off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import AuditEvent, Workspace
from contacts.models import Suppression


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["norte", *args])


@pytest.fixture
def stop(workspace: Workspace, now: datetime) -> Any:
    """stop(address, reason) puts an address on the list."""

    def make(address: str, reason: str = "manual") -> Suppression:
        channel = "email" if "@" in address else "sms"
        return Suppression.objects.create(
            workspace=workspace, channel=channel, address=address, reason=reason, source="console", at=now
        )

    return make


def addresses_on(client: Client, **query: str) -> list[str]:
    return [row["stop"].address for row in client.get(url("suppressions"), query).context["rows"]]


@pytest.mark.parametrize("q", ["600 11 22 33", "0034600112233", "+34 600112233", "+346001", "34600"])
def test_a_phone_is_found_however_it_is_typed(owner_client: Client, stop: Any, q: str) -> None:
    stop("+34600112233")
    stop("+34611000900")
    stop("ane@example.test")

    assert addresses_on(owner_client, q=q) == ["+34600112233"]


def test_the_beginning_of_an_email_finds_it(owner_client: Client, stop: Any) -> None:
    stop("ane@example.test")
    stop("jon@example.test")

    assert addresses_on(owner_client, q="ANE@") == ["ane@example.test"]


def test_channel_and_reason_filter(owner_client: Client, stop: Any) -> None:
    stop("+34600112233", "opt_out")
    stop("ane@example.test", "opt_out")
    stop("jon@example.test")

    assert addresses_on(owner_client, channel="email", reason="opt_out") == ["ane@example.test"]


def test_a_search_without_a_match_keeps_the_search_field(owner_client: Client, stop: Any) -> None:
    stop("ane@example.test")

    page = owner_client.get(url("suppressions"), {"q": "jon"}).content.decode()

    assert "No address fits" in page
    assert 'value="jon"' in page


def test_the_list_is_paged_by_key(owner_client: Client, stop: Any) -> None:
    for n in range(60):
        stop(f"p{n}@example.test")

    page = owner_client.get(url("suppressions")).context["page"]

    assert (len(page.rows), len(owner_client.get(page.next_url).context["page"].rows)) == (50, 10)


def test_thirty_addresses_take_as_many_queries_as_three(owner_client: Client, stop: Any) -> None:
    def queries() -> int:
        owner_client.get(url("suppressions"))
        with CaptureQueriesContext(connection) as caught:
            owner_client.get(url("suppressions"))
        return len(caught)

    for n in range(3):
        stop(f"p{n}@example.test")
    few = queries()
    for n in range(3, 30):
        stop(f"p{n}@example.test")

    assert queries() == few


def test_phones_and_emails_are_added_together(owner_client: Client) -> None:
    given = {"addresses": "600 11 22 33\n ANE@example.test \n\n+351 912 345 678", "reason": "complaint", "note": "Call"}

    answer = owner_client.post(url("suppression-new"), given)

    assert answer.status_code == 303
    assert set(Suppression.objects.values_list("channel", "address", "reason", "note")) == {
        ("sms", "+34600112233", "complaint", "Call"),
        ("email", "ane@example.test", "complaint", "Call"),
        ("sms", "+351912345678", "complaint", "Call"),
    }
    assert AuditEvent.objects.get().detail == {"reason": "complaint", "n": 3, "new": 3}


def test_one_wrong_line_adds_nothing_and_keeps_the_text(owner_client: Client) -> None:
    answer = owner_client.post(url("suppression-new"), {"addresses": "600 11 22 33\nhello", "reason": "manual"})

    assert answer.status_code == 422
    assert "hello: A phone number has no letters." in answer.content.decode()
    assert "600 11 22 33\nhello" in answer.content.decode()
    assert not Suppression.objects.exists()


def test_opting_out_withdraws_the_consent_of_the_person(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    owner_client.post(url("suppression-new"), {"addresses": person.email, "reason": "opt_out"})

    person.refresh_from_db()
    assert person.email_consent == "withdrawn"


def test_taking_an_address_off_asks_first(owner_client: Client, stop: Any) -> None:
    entry = stop("+34600112233", "opt_out")

    page = owner_client.get(url("suppression-remove", entry.pk)).content.decode()

    assert "Take +34 600 11 22 33 off the list?" in page
    assert "This person asked not to be written to." in page
    assert Suppression.objects.exists()


def test_taking_an_address_off_is_audited(owner_client: Client, stop: Any) -> None:
    answer = owner_client.post(url("suppression-remove", stop("+34600112233").pk))

    assert answer.status_code == 303
    assert not Suppression.objects.exists()
    assert AuditEvent.objects.get().action == "suppression.removed"
