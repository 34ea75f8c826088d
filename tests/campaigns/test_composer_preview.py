"""The third step: the message as real people get it, and the frame an email stands in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from campaigns.models import Campaign, ProviderAccount
from console.models import Workspace
from contacts.models import Contact, ContactField
from contacts.states import Consent

Draft = Callable[..., Campaign]
People = Callable[..., list[Contact]]
Url = Callable[..., str]
HTMX = {"HX-Request": "true"}
STEPS = ["audience", "message", "preview", "schedule", "review"]


# -- preview --------------------------------------------------------------------------------------------------


def test_the_stepper_walks_through_the_recipients(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    people = make_contacts(3)
    page = url("composer-preview", make_draft().pk)
    shown = [owner_client.get(page, {"n": n}).context["shown"] for n in ("1", "2", "3", "99", "x")]
    assert [s.contact for s in shown] == [people[0], people[1], people[2], people[2], people[0]]
    assert [(s.previous, s.following) for s in shown[:3]] == [(0, 2), (1, 3), (2, 0)]


@pytest.mark.parametrize(("pick", "name"), [("longest", "Juan Francisco"), ("default", ""), ("unicode", "Łucja")])
def test_who_stands_out_can_be_picked(
    pick: str, name: str, owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    for place, first in enumerate(("Ana", "Juan Francisco", "", "Łucja")):
        make_contacts(1, start=place, first_name=first)
    campaign = make_draft(text="Hola {{nombre|cliente}}")
    answer = owner_client.get(url("composer-preview", campaign.pk), {"pick": pick})
    assert answer.context["shown"].contact.first_name == name


def test_somebody_in_particular_is_found_and_said_to_be_left_out(
    owner_client: Client, make_draft: Draft, make_contacts: People, url: Url
) -> None:
    make_contacts(1)
    out = make_contacts(1, start=1, sms_consent=Consent.WITHDRAWN)[0]
    page = url("composer-preview", make_draft().pk)
    assert "Not among the recipients" in owner_client.get(page, {"contact": out.pk}).content.decode()


def test_a_contact_of_another_workspace_is_not_shown(
    owner_client: Client, make_draft: Draft, make_contacts: People, other_workspace: Workspace, url: Url
) -> None:
    own = make_contacts(1)[0]
    foreign = make_contacts(1, start=1, where=other_workspace)[0]
    answer = owner_client.get(url("composer-preview", make_draft().pk), {"contact": foreign.pk})
    assert answer.context["shown"].contact == own


def test_the_text_part_of_an_email_can_be_seen(
    owner_client: Client, email_draft: Campaign, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="Ane")
    text = owner_client.get(url("composer-preview", email_draft.pk), {"view": "text"}).content.decode()
    assert ("Unsubscribe: " in text, "<iframe" in text) == (True, False)


def test_the_frame_has_a_policy_of_its_own(
    owner_client: Client, email_draft: Campaign, make_contacts: People, url: Url
) -> None:
    make_contacts(1)
    answer = owner_client.get(url("composer-email", email_draft.pk))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_pages_themselves_cannot_be_framed(owner_client: Client, email_draft: Campaign, url: Url) -> None:
    answer = owner_client.get(url("composer-preview", email_draft.pk))
    assert (answer["X-Frame-Options"], "frame-ancestors 'none'" in answer["Content-Security-Policy"]) == ("DENY", True)


def test_an_sms_has_no_email_to_frame(owner_client: Client, make_draft: Draft, url: Url) -> None:
    assert owner_client.get(url("composer-email", make_draft().pk)).status_code == 404


def test_an_email_without_html_is_framed_as_text(
    owner_client: Client, email_draft: Campaign, email_account: ProviderAccount, make_contacts: People, url: Url
) -> None:
    make_contacts(1, first_name="<b>Ane</b>")
    form = {
        "way": "own",
        "account": email_account.pk,
        "sender": "a@tienda.example",
        "subject": "x",
        "text": "Hola {{nombre}}",
    }
    assert owner_client.post(url("composer-message", email_draft.pk), form).status_code == 303
    text = owner_client.get(url("composer-email", email_draft.pk)).content.decode()
    assert ("<p>Hola &lt;b&gt;Ane" in text, "<b>Ane" in text) == (True, False)


@pytest.mark.parametrize(
    ("text", "fields", "word"),
    [("Hola {{nombre|cliente}}", {"first_name": ""}, "Without first name"),
     ("Tienes {{ puntos|default:\"0\" }}", {}, "Without Puntos de fidelidad")],
)  # fmt: skip
def test_an_empty_field_is_called_by_its_label(
    text: str, fields: dict[str, str], word: str, owner_client: Client, make_draft: Draft, make_contacts: People,
    workspace: Workspace, url: Url,
) -> None:  # fmt: skip
    make_contacts(3, attributes={"puntos": "3"})
    make_contacts(1, start=3, **fields)
    ContactField.objects.create(workspace=workspace, name="puntos", label="Puntos de fidelidad")
    campaign = make_draft(text=text)
    for step in ("preview", "review"):
        assert word in owner_client.get(url(f"composer-{step}", campaign.pk)).content.decode()
