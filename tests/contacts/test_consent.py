"""The right to write to somebody, one by one and by the thousand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.errors import UserError
from console.models import AuditEvent, User, Workspace
from contacts.models import ConsentEvent, Contact, Suppression
from contacts.services import consent, people
from contacts.services.consent import Proof
from contacts.states import Consent, ConsentSource, SuppressionReason

Make = Callable[..., list[Contact]]
OPT_OUT, BOUNCE = SuppressionReason.OPT_OUT, SuppressionReason.HARD_BOUNCE


@pytest.fixture
def contact(make_contacts: Make) -> Contact:
    return make_contacts(1, sms_consent=Consent.UNKNOWN)[0]


def state(contact: Contact, channel: str = "sms") -> str:
    contact.refresh_from_db()
    return str(getattr(contact, f"{channel}_consent"))


def test_a_consent_is_in_the_history_with_its_proof(contact: Contact, owner: User, now: datetime) -> None:
    proof = Proof(basis="consent", wording="v3", evidence="Form at the till", actor=owner)
    assert consent.change(contact, "sms", Consent.GRANTED, proof, now)
    event = ConsentEvent.objects.get()
    assert (event.contact, event.channel, event.state, event.at) == (contact, "sms", Consent.GRANTED, now)
    assert (event.basis, event.wording, event.evidence, event.actor) == ("consent", "v3", "Form at the till", owner)
    assert (event.source, state(contact)) == (ConsentSource.CONSOLE, Consent.GRANTED)


def test_saying_the_same_again_is_no_news(contact: Contact, now: datetime) -> None:
    consent.change(contact, "sms", Consent.GRANTED, Proof(), now)
    assert not consent.change(contact, "sms", Consent.GRANTED, Proof(), now)
    assert ConsentEvent.objects.count() == 1


def test_consent_for_a_suppressed_address_is_refused(contact: Contact, workspace: Workspace, now: datetime) -> None:
    consent.suppress_many(workspace, "sms", [contact.phone], BOUNCE, ConsentSource.PROVIDER, now)
    with pytest.raises(UserError, match="do-not-contact list"):
        consent.change(contact, "sms", Consent.GRANTED, Proof(), now)
    assert state(contact) == Consent.UNKNOWN


def test_giving_consent_to_many_overrules_nobody(make_contacts: Make, workspace: Workspace, now: datetime) -> None:
    yes = make_contacts(1, start=0, sms_consent=Consent.GRANTED)[0]
    no = make_contacts(1, start=1, sms_consent=Consent.WITHDRAWN)[0]
    asked = make_contacts(1, start=2, sms_consent=Consent.PENDING)[0]
    blocked = make_contacts(1, start=3, sms_consent=Consent.UNKNOWN)[0]
    nowhere = make_contacts(1, start=4, sms_consent=Consent.UNKNOWN, phone="")[0]
    consent.suppress_many(workspace, "sms", [blocked.phone], BOUNCE, ConsentSource.PROVIDER, now)
    everybody = [yes.pk, no.pk, asked.pk, blocked.pk, nowhere.pk]
    assert consent.change_many(workspace, "sms", Consent.GRANTED, everybody, Proof(), now) == 1
    assert [state(c) for c in (yes, no, asked, blocked, nowhere)] == [
        Consent.GRANTED, Consent.WITHDRAWN, Consent.GRANTED, Consent.UNKNOWN, Consent.UNKNOWN,
    ]  # fmt: skip
    assert list(ConsentEvent.objects.values_list("contact", flat=True)) == [asked.pk]


def test_people_of_another_workspace_are_left_alone(
    make_contacts: Make, workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    foreign = make_contacts(1, where=other_workspace, sms_consent=Consent.UNKNOWN)[0]
    assert consent.change_many(workspace, "sms", Consent.GRANTED, [foreign.pk], Proof(), now) == 0
    assert consent.opt_out(workspace, "sms", foreign.phone, ConsentSource.REPLY, now)
    assert state(foreign) == Consent.UNKNOWN


@pytest.mark.parametrize("n", [3, 30])
def test_withdrawing_from_many_costs_the_same_queries(
    make_contacts: Make, workspace: Workspace, now: datetime, n: int
) -> None:
    ids = [contact.pk for contact in make_contacts(n)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert consent.change_many(workspace, "email", Consent.WITHDRAWN, ids, Proof(), now) == n
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 2


def test_an_opt_out_suppresses_the_address_and_withdraws_consent(
    make_contacts: Make, workspace: Workspace, now: datetime
) -> None:
    contact = make_contacts(1)[0]
    assert consent.opt_out(workspace, "sms", contact.phone, ConsentSource.REPLY, now, evidence="BAJA")
    suppression, event = Suppression.objects.get(), ConsentEvent.objects.get()
    assert (suppression.address, suppression.reason, suppression.note) == (contact.phone, OPT_OUT, "BAJA")
    assert (event.state, event.source, event.evidence) == (Consent.WITHDRAWN, ConsentSource.REPLY, "BAJA")
    assert (state(contact), state(contact, "email")) == (Consent.WITHDRAWN, Consent.GRANTED)


def test_a_family_that_shares_a_phone_opts_out_together(
    make_contacts: Make, workspace: Workspace, now: datetime
) -> None:
    family = make_contacts(2, phone="+34600999999")
    consent.opt_out(workspace, "sms", "+34600999999", ConsentSource.REPLY, now)
    assert [state(one) for one in family] == [Consent.WITHDRAWN] * 2


def test_a_bounce_takes_no_consent_away(make_contacts: Make, workspace: Workspace, now: datetime) -> None:
    contact = make_contacts(1)[0]
    assert consent.suppress_many(workspace, "email", [contact.email], BOUNCE, ConsentSource.PROVIDER, now) == 1
    assert state(contact, "email") == Consent.GRANTED


def test_an_email_is_suppressed_whatever_its_capitals(workspace: Workspace, now: datetime) -> None:
    addresses = ["Ana@X.es ", "ana@x.es", ""]
    assert consent.suppress_many(workspace, "email", addresses, BOUNCE, ConsentSource.PROVIDER, now) == 1
    assert consent.suppressed_among(workspace, "email", ["ana@x.es", "b@x.es"]) == {"ana@x.es"}


def test_what_the_person_said_outweighs_a_bounce(workspace: Workspace, now: datetime) -> None:
    consent.suppress_many(workspace, "email", ["a@x.es"], BOUNCE, ConsentSource.PROVIDER, now)
    later = now + timedelta(days=1)
    assert not consent.opt_out(workspace, "email", "a@x.es", ConsentSource.UNSUBSCRIBE_LINK, later)
    suppression = Suppression.objects.get()
    assert (suppression.reason, suppression.source, suppression.at) == (OPT_OUT, "unsubscribe_link", later)


def test_a_bounce_does_not_outweigh_what_the_person_said(workspace: Workspace, now: datetime) -> None:
    consent.opt_out(workspace, "email", "a@x.es", ConsentSource.REPLY, now)
    consent.suppress_many(workspace, "email", ["a@x.es"], BOUNCE, ConsentSource.PROVIDER, now + timedelta(days=1))
    assert Suppression.objects.get().reason == OPT_OUT


def test_a_suppression_survives_deletion_and_a_new_contact(
    make_contacts: Make, workspace: Workspace, now: datetime
) -> None:
    contact = make_contacts(1)[0]
    consent.opt_out(workspace, "sms", contact.phone, ConsentSource.REPLY, now)
    people.delete(contact, None, now)
    again = people.create(workspace, {"phone": contact.phone, "email": "otra@example.test"}, None, now)
    assert consent.suppressed_among(workspace, "sms", [again.phone]) == {again.phone}


def test_a_no_that_was_only_on_the_contact_survives_its_deletion(
    make_contacts: Make, workspace: Workspace, now: datetime
) -> None:
    contact = make_contacts(1, email_consent=Consent.WITHDRAWN)[0]
    people.delete(contact, None, now)
    assert list(Suppression.objects.values_list("channel", "address")) == [("email", contact.email)]


def test_taking_an_address_off_the_list_is_written_down_and_gives_no_consent(
    make_contacts: Make, workspace: Workspace, owner: User, now: datetime
) -> None:
    contact = make_contacts(1)[0]
    consent.opt_out(workspace, "sms", contact.phone, ConsentSource.REPLY, now)
    consent.unsuppress(Suppression.objects.get(), owner, now)
    assert not Suppression.objects.exists()
    assert AuditEvent.objects.get(action="suppression.removed").label == contact.phone
    assert state(contact) == Consent.WITHDRAWN
