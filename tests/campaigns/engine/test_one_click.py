"""One-click unsubscription (RFC 8058): the header is each person's own, and its POST opts that person out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Dispatch, ProviderAccount, Recipient
from campaigns.services.writing import content
from contacts.models import Contact
from tests.campaigns.engine.conftest import references

pytestmark = pytest.mark.django_db

TEXT = 'Hola {{ first_name }} <a href="{{ unsubscribe_url }}">Baja</a>'


@pytest.fixture
def send(make_account: Callable[..., ProviderAccount], make_campaign: Any, make_contacts: Any, engine: Any) -> Any:
    make_contacts(3)

    def make(text: str = TEXT, **options: Any) -> Dispatch:
        account = make_account("messaging-service", options=options)
        campaign = make_campaign(account, text, channel="email")
        names = ["first_name", "unsubscribe_url"] if "unsubscribe_url" in text else ["first_name"]
        type(campaign.version).objects.filter(pk=campaign.version_id).update(names=names)
        content.forget()
        return engine.send(campaign)

    return make


def headers(sandbox: Any) -> dict[str, dict[str, str]]:
    return {entry["reference"]: entry["headers"] for entry in sandbox.log("messaging-service")}


def test_every_email_with_an_unsubscribe_link_has_its_own_header(send: Any, sandbox: Any) -> None:
    dispatch = send()
    rows = Recipient.objects.filter(dispatch=dispatch).order_by("pk")
    assert headers(sandbox) == {
        reference: {
            "List-Unsubscribe": f"<{content.unsubscribe_url(dispatch, row.pk)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        for reference, row in zip(references(dispatch), rows, strict=True)
    }
    assert sandbox.violations() == []


def test_the_post_of_a_mail_program_opts_the_person_out(send: Any, sandbox: Any, client: Client) -> None:
    dispatch = send()
    link = headers(sandbox)[references(dispatch)[0]]["List-Unsubscribe"].strip("<>")
    path = link[link.index("/u/") :]
    assert client.get(path).status_code == 200  # scanners follow links: nothing happens
    row = Recipient.objects.filter(dispatch=dispatch).order_by("pk").first()
    assert row is not None
    assert Contact.objects.get(pk=row.contact_id).email_consent == "granted"
    mail_program = Client(enforce_csrf_checks=True)
    answer = mail_program.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert Contact.objects.get(pk=row.contact_id).email_consent == "withdrawn"


def test_an_email_without_a_link_has_no_header(send: Any, sandbox: Any) -> None:
    send("Hola {{ first_name }}")
    assert set(map(str, headers(sandbox).values())) == {"{}"}


def test_an_account_may_leave_it_out(send: Any, sandbox: Any) -> None:
    send(one_click="off")
    assert set(map(str, headers(sandbox).values())) == {"{}"}
