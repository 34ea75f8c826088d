"""One contact: its page, its form, consent, groups, deleting."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from console.models import AuditEvent
from contacts.models import ConsentEvent, Contact, ContactField, GroupMember, Suppression
from contacts.services import consent
from contacts.states import Consent
from contacts.views import contact as contact_views


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["norte", *args])


# -- the page ------------------------------------------------------------------------------------------


def test_the_page_says_what_is_known(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1, attributes={"puntos": "701"})[0]

    page = owner_client.get(url("contact", person.pk)).content.decode()

    for text in ("Nombre0 Apellido", "+34 600 00 09 00", "person0@example.test", "puntos", "701", "Spain"):
        assert text in page


def test_what_a_person_is_called_cannot_become_markup(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1, first_name="<script>alert(1)</script>")[0]

    for name in ("contact", "contact-edit", "contact-delete"):
        assert b"<script>alert(1)" not in owner_client.get(url(name, person.pk)).content


def test_messages_are_loaded_from_the_page_that_shows_them(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    page = owner_client.get(url("contact", person.pk)).content.decode()

    assert f'hx-get="/w/norte/contacts/{person.pk}/messages/"' in page


def test_without_a_page_of_messages_there_is_no_such_part(
    owner_client: Client, make_contacts: Any, monkeypatch: Any
) -> None:
    person = make_contacts(1)[0]

    def nowhere(name: str, **given: Any) -> str:
        if name == "contact-messages":
            raise NoReverseMatch
        return reverse(name, **given)

    monkeypatch.setattr(contact_views, "reverse", nowhere)

    assert "contact-messages" not in owner_client.get(url("contact", person.pk)).content.decode()


def test_thirty_changes_of_consent_take_as_many_queries_as_three(
    owner_client: Client, make_contacts: Any, make_group: Any, now: Any
) -> None:
    person = make_contacts(1)[0]

    def queries(changes: int) -> int:
        states = [Consent.WITHDRAWN, Consent.GRANTED]
        for n in range(changes):
            make_group(f"List {n} of {changes}", [person])
            consent.change(person, "sms", states[n % 2], consent.Proof(), now)
        owner_client.get(url("contact", person.pk))  # the session remembers the workspace
        with CaptureQueriesContext(connection) as caught:
            owner_client.get(url("contact", person.pk))
        return len(caught)

    few = queries(4)
    assert queries(30) == few


# -- creating and changing -----------------------------------------------------------------------------

PERSON = {"first_name": "Íñigo", "phone": "600 11 22 33", "email": "", "country": ""}


def test_a_contact_is_added(owner_client: Client) -> None:
    answer = owner_client.post(url("contact-new"), PERSON)

    person = Contact.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, url("contact", person.pk))
    assert (person.phone, person.country) == ("+34600112233", "ES")
    assert AuditEvent.objects.get().action == "contact.created"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"phone": "600"}, "This number is too short for its country."),
        ({"phone": "", "email": "ane@"}, "The part after the @ is no domain"),
        ({"phone": ""}, "Enter a phone number or an email address"),
        ({"time_zone": "Madird"}, "There is no time zone"),
        ({"new_value": "701"}, "Name the field with letters"),
        ({"new_label": "Phone", "new_value": "701"}, "There is a field of this name above."),
    ],
)
def test_what_cannot_be_saved_stays_in_the_form(owner_client: Client, given: dict[str, str], sentence: str) -> None:
    answer = owner_client.post(url("contact-new"), {**PERSON, **given})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'value="Íñigo"' in answer.content.decode()
    assert not Contact.objects.exists()


def test_an_email_that_somebody_has_is_refused_by_name(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(1)

    answer = owner_client.post(url("contact-new"), {"email": "PERSON0@example.test"})

    assert answer.status_code == 422
    assert "Nombre0 Apellido has this email address already." in answer.content.decode()


def test_a_change_keeps_what_was_not_in_the_form(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1, attributes={"puntos": "701", "ciudad": "Bilbao"})[0]
    given = {"first_name": "Ane", "phone": person.phone, "email": person.email, "key": person.key, "country": "ES"}

    owner_client.post(url("contact-edit", person.pk), {**given, "field-puntos": "702", "field-ciudad": "Bilbao"})

    person.refresh_from_db()
    assert (person.first_name, person.attributes) == ("Ane", {"puntos": "702", "ciudad": "Bilbao"})


def test_a_new_field_is_known_to_the_workspace_by_its_label(owner_client: Client) -> None:
    owner_client.post(url("contact-new"), {**PERSON, "new_label": "Código postal", "new_value": "48001"})

    assert Contact.objects.get().attributes == {"codigo_postal": "48001"}
    assert ContactField.objects.get().label == "Código postal"


def test_deleting_asks_first(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    page = owner_client.get(url("contact-delete", person.pk)).content.decode()

    assert "Delete Nombre0 Apellido?" in page
    assert Contact.objects.exists()


def test_a_no_survives_deleting(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1, sms_consent=Consent.WITHDRAWN)[0]

    owner_client.post(url("contact-delete", person.pk))

    assert not Contact.objects.exists()
    assert Suppression.objects.get().address == person.phone


# -- consent -------------------------------------------------------------------------------------------


def test_consent_is_changed_with_its_proof(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    owner_client.post(url("contact-consent", person.pk, "email"), {"state": "withdrawn", "evidence": "Call of 4 Nov"})

    person.refresh_from_db()
    event = ConsentEvent.objects.get()
    assert (person.email_consent, event.evidence, event.source) == ("withdrawn", "Call of 4 Nov", "console")
    assert event.actor is not None


def test_consent_for_a_suppressed_address_is_refused_in_the_form(
    owner_client: Client, make_contacts: Any, workspace: Any, now: Any
) -> None:
    person = make_contacts(1)[0]
    consent.opt_out(workspace, "sms", person.phone, "reply", now)

    answer = owner_client.post(url("contact-consent", person.pk, "sms"), {"state": "granted", "evidence": "Call"})

    assert answer.status_code == 422
    assert "This address is on the do-not-contact list." in answer.content.decode()
    assert 'value="Call"' in answer.content.decode()


def test_a_channel_that_does_not_exist_is_not_found(owner_client: Client, make_contacts: Any) -> None:
    assert owner_client.get(url("contact-consent", make_contacts(1)[0].pk, "fax")).status_code == 404


def test_do_not_contact_stops_the_chosen_channel_only(owner_client: Client, make_contacts: Any) -> None:
    person = make_contacts(1)[0]

    owner_client.post(url("contact-stop", person.pk), {"channels": ["sms"], "reason": "opt_out", "note": "Letter"})

    person.refresh_from_db()
    stop = Suppression.objects.get()
    assert (stop.channel, stop.note, person.sms_consent, person.email_consent) == (
        "sms", "Letter", "withdrawn", "granted",
    )  # fmt: skip
    assert AuditEvent.objects.get().action == "suppression.added"


def test_do_not_contact_without_a_channel_is_refused(owner_client: Client, make_contacts: Any) -> None:
    answer = owner_client.post(url("contact-stop", make_contacts(1)[0].pk), {"reason": "opt_out"})

    assert answer.status_code == 422
    assert "Choose at least one channel." in answer.content.decode()


# -- lists and tags ------------------------------------------------------------------------------------


def test_a_person_joins_and_leaves_a_list(owner_client: Client, make_contacts: Any, make_group: Any) -> None:
    person, group = make_contacts(1)[0], make_group("Some")

    owner_client.post(url("contact-groups", person.pk), {"action": "add", "group": group.pk})
    assert GroupMember.objects.get().contact_id == person.pk
    owner_client.post(url("contact-groups", person.pk), {"action": "remove", "group": group.pk})

    group.refresh_from_db()
    assert (group.size, GroupMember.objects.count()) == (0, 0)


def test_a_list_of_another_workspace_cannot_be_joined(
    owner_client: Client, make_contacts: Any, make_group: Any, other_workspace: Any
) -> None:
    person, group = make_contacts(1)[0], make_group("Suyos")
    group.workspace = other_workspace
    group.save()

    answer = owner_client.post(url("contact-groups", person.pk), {"action": "add", "group": group.pk})

    assert answer.status_code == 409
    assert not GroupMember.objects.exists()
