"""Audience → ledger: one row for every person, with the reason where nothing is sent."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.querysets import chunks
from campaigns.services.sending import prepare
from campaigns.services.writing import audience
from contacts.models import Contact, Suppression
from contacts.services import consent
from tests.campaigns.engine.conftest import statuses

pytestmark = pytest.mark.django_db


def reasons(dispatch):
    return dict(Recipient.objects.filter(dispatch=dispatch, status="skipped").values_list("contact__key", "reason"))


def write_while_the_first_changes(dispatch, then):
    """The audience, with `then` as the consent of K0 once the first chunk is written."""
    taken = prepare.take(dispatch.pk, timezone.now())
    spec = prepare.spec_of(taken)
    prepare.write_next(taken, spec, timezone.now())
    Contact.objects.filter(key="K0").update(sms_consent=then)
    while prepare.write_next(taken, spec, timezone.now()) is not None:
        pass


def test_everybody_in_the_audience_has_exactly_one_row(make_account, make_campaign, make_contacts, engine):
    make_contacts(25)
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    assert statuses(dispatch) == {"queued": 25}
    assert dispatch.people == 25
    assert Recipient.objects.filter(dispatch=dispatch).values("contact").distinct().count() == 25


def test_each_reason_for_exclusion_is_on_the_row(
    make_account, make_campaign, make_contacts, make_group, engine, workspace, now
):
    people = make_contacts(8)
    staff = make_group("Empleados", [people[2]])
    Contact.objects.filter(key="K0").update(phone="", phone_type="")
    Contact.objects.filter(key="K1").update(phone_type="fixed")
    Contact.objects.filter(key="K3").update(sms_consent="withdrawn")
    Suppression.objects.create(
        workspace=workspace, channel="sms", address=people[4].phone, reason="manual", source="console", at=now
    )
    Contact.objects.filter(key="K5").update(sms_consent="unknown")
    Contact.objects.filter(key="K6").update(first_name=" ")
    campaign = make_campaign(make_account())
    campaign.exclude.add(staff)
    dispatch = engine.prepare(engine.start(campaign))
    assert reasons(dispatch) == {
        "K0": "no_address",
        "K1": "not_mobile",
        "K2": "excluded_group",
        "K3": "opted_out",
        "K4": "suppressed",
        "K5": "no_consent",
        "K6": "missing_value",
    }
    assert statuses(dispatch) == {"queued": 1, "skipped": 7}


def test_the_count_before_equals_the_rows_after(make_account, make_campaign, make_contacts, engine):
    make_contacts(10)
    Contact.objects.filter(key__in=["K1", "K2"]).update(sms_consent="withdrawn")
    campaign = make_campaign(make_account())
    counts = audience.count(audience.spec_of(campaign))
    dispatch = engine.prepare(engine.start(campaign))
    assert (counts.total, counts.will_receive) == (10, 8)
    assert statuses(dispatch) == {"queued": 8, "skipped": 2}


def test_two_people_with_one_phone_get_one_message(make_account, make_campaign, make_contacts, engine):
    make_contacts(2, phone="+34600111222")
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    assert statuses(dispatch) == {"queued": 1, "skipped": 1}
    assert reasons(dispatch) == {"K1": "duplicate"}


def test_the_second_of_a_shared_phone_gets_it_when_the_first_may_not(
    make_account, make_campaign, make_contacts, engine
):
    make_contacts(2, phone="+34600111222")
    Contact.objects.filter(key="K0").update(sms_consent="withdrawn")
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    assert reasons(dispatch) == {"K0": "opted_out"}


def test_a_person_who_changes_between_chunks_still_has_a_row(
    make_account, make_campaign, make_contacts, engine, monkeypatch
):
    monkeypatch.setattr(prepare, "CHUNK", 1)
    make_contacts(2, phone="+34600111222")
    dispatch = engine.start(make_campaign(make_account()))
    write_while_the_first_changes(dispatch, "withdrawn")
    assert statuses(dispatch) == {"queued": 1, "skipped": 1}


def test_who_was_left_out_and_may_be_written_to_since_does_not_keep_the_next_from_it(
    make_account, make_campaign, make_contacts, engine, monkeypatch
):
    monkeypatch.setattr(prepare, "CHUNK", 1)
    make_contacts(2, phone="+34600111222")
    Contact.objects.filter(key="K0").update(sms_consent="withdrawn")
    dispatch = engine.start(make_campaign(make_account()))
    write_while_the_first_changes(dispatch, "granted")
    assert reasons(dispatch) == {"K0": "opted_out"}


def test_doubles_of_one_chunk_are_each_counted_and_nobody_is_left_out(
    make_account, make_campaign, make_contacts, engine
):
    make_contacts(30)
    Contact.objects.filter(key__in=["K3", "K7", "K29"]).update(phone="+34600111222")
    Contact.objects.filter(key__in=["K4", "K8"]).update(phone="+34600111333")
    campaign = make_campaign(make_account())
    counts = audience.count(audience.spec_of(campaign))
    dispatch = engine.prepare(engine.start(campaign))
    assert reasons(dispatch) == dict.fromkeys(["K7", "K8", "K29"], "duplicate")
    assert statuses(dispatch) == {"queued": counts.will_receive, "skipped": counts.by_reason["duplicate"]}
    assert sum(Batch.objects.filter(dispatch=dispatch).values_list("size", flat=True)) == 27


@pytest.fixture
def inserts():
    """The statements that write chunks into the ledger: whether each looks for doubles."""
    found = []

    def look(execute, text, *rest):
        if "FROM a WHERE" in text:
            found.append("ON CONFLICT" in text)
        return execute(text, *rest)

    with connection.execute_wrapper(look):
        yield found


def test_no_double_is_looked_for_as_long_as_there_was_none(
    make_account, make_campaign, make_contacts, engine, monkeypatch, inserts
):
    monkeypatch.setattr(prepare, "CHUNK", 4)
    make_contacts(10)
    engine.prepare(engine.start(make_campaign(make_account())))
    assert inserts
    assert not any(inserts)


def test_after_the_first_double_each_chunk_is_written_once(
    make_account, make_campaign, make_contacts, engine, monkeypatch, inserts
):
    monkeypatch.setattr(prepare, "CHUNK", 4)
    make_contacts(10)
    Contact.objects.filter(key__in=["K1", "K2"]).update(phone="+34600111222")
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    assert inserts.index(True) == 1
    assert all(inserts[1:])
    assert statuses(dispatch) == {"queued": 9, "skipped": 1}


def test_who_is_left_out_takes_no_place_in_a_batch(make_account, make_campaign, make_contacts, engine):
    make_contacts(7)
    Contact.objects.filter(key__in=["K1", "K2", "K5"]).update(sms_consent="withdrawn")
    dispatch = engine.prepare(engine.start(make_campaign(make_account(), messages_per_second=2)))
    queued = Recipient.objects.filter(dispatch=dispatch, status="queued")
    assert dict(queued.values_list("contact__key", "batch_no")) == {"K0": 1, "K3": 1, "K4": 2, "K6": 2}


def test_people_of_several_lists_are_written_once(make_account, make_campaign, make_contacts, make_group, engine):
    people = make_contacts(6)
    campaign = make_campaign(make_account(), everyone=False)
    campaign.include.set([make_group("A", people[:4]), make_group("B", people[2:5])])
    assert statuses(engine.prepare(engine.start(campaign))) == {"queued": 5}


def test_people_of_another_workspace_are_never_in_the_audience(
    make_account, make_campaign, make_contacts, other_workspace, engine
):
    make_contacts(2)
    make_contacts(3, where=other_workspace)
    assert statuses(engine.prepare(engine.start(make_campaign(make_account())))) == {"queued": 2}


def test_the_values_of_the_message_are_frozen_on_the_row(make_account, make_campaign, make_contacts, engine):
    make_contacts(1, attributes={"puntos": 1240, "ciudad": "Bilbao"})
    campaign = make_campaign(make_account(), text='{{ first_name }} {{ puntos }} {{ nada|default:"0" }}')
    dispatch = engine.prepare(engine.start(campaign))
    Contact.objects.update(first_name="Otro", attributes={})
    row = Recipient.objects.get(dispatch=dispatch)
    assert json.loads(row.values) == {"first_name": "Nombre0", "puntos": 1240, "nada": None}


def test_a_service_message_goes_to_people_who_were_never_asked(make_account, make_campaign, make_contacts, engine):
    make_contacts(2)
    Contact.objects.filter(key="K0").update(sms_consent="unknown")
    Contact.objects.filter(key="K1").update(sms_consent="withdrawn")
    dispatch = engine.prepare(engine.start(make_campaign(make_account(), purpose="service")))
    assert reasons(dispatch) == {"K1": "opted_out"}


def test_the_audience_is_cut_into_batches_of_the_providers_size(
    make_account, make_campaign, make_contacts, engine, monkeypatch
):
    monkeypatch.setattr(prepare, "CHUNK", 500)
    make_contacts(1400)
    account = make_account(options={"send_mode": "single"})
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    sizes = list(Batch.objects.filter(dispatch=dispatch).order_by("number").values_list("size", flat=True))
    assert dispatch.batch_size == 200
    assert sizes == [200, 200, 100, 200, 200, 100, 200, 200]


@pytest.mark.parametrize(("per_second", "size"), [(2, 2), (7, 3), (20, 5), (0.5, 1)])
def test_a_limit_per_second_cuts_batches_of_which_several_dispatches_share_a_second(
    make_account, make_campaign, make_contacts, engine, per_second, size
):
    make_contacts(30)
    dispatch = engine.prepare(engine.start(make_campaign(make_account(), messages_per_second=per_second)))
    assert max(Batch.objects.filter(dispatch=dispatch).values_list("size", flat=True)) == size


def test_two_workers_do_not_write_one_audience(make_account, make_campaign, make_contacts, engine):
    make_contacts(3)
    dispatch = engine.start(make_campaign(make_account()))
    assert prepare.take(dispatch.pk, timezone.now()) is not None
    assert prepare.take(dispatch.pk, timezone.now()) is None


def test_a_killed_preparation_goes_on_at_its_cursor(make_account, make_campaign, make_contacts, engine, monkeypatch):
    monkeypatch.setattr(prepare, "CHUNK", 4)
    make_contacts(10)
    dispatch = engine.start(make_campaign(make_account()))
    taken = prepare.take(dispatch.pk, timezone.now())
    prepare.write_next(taken, prepare.spec_of(taken), timezone.now())
    Dispatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert statuses(engine.prepare(dispatch)) == {"queued": 10}


def test_who_is_deleted_while_a_chunk_is_written_is_not_in_it(
    make_account, make_campaign, make_contacts, engine, monkeypatch
):
    make_contacts(5)
    read = chunks.read

    def read_and_delete(*args, **more):
        chunk = read(*args, **more)
        Contact.objects.filter(key="K3").delete()
        return chunk

    monkeypatch.setattr(chunks, "read", read_and_delete)
    dispatch = engine.prepare(engine.start(make_campaign(make_account())))
    assert statuses(dispatch) == {"queued": 4}
    assert dispatch.people == 4


def test_an_opt_out_after_preparation_is_obeyed_when_the_row_is_claimed(
    make_account, make_campaign, make_contacts, engine, sandbox, workspace, now
):
    people = make_contacts(3)
    account = make_account()
    dispatch = engine.prepare(engine.start(make_campaign(account)))
    consent.opt_out(workspace, "sms", people[1].phone, source="reply", now=now, evidence="BAJA")
    engine.slice(account)
    assert statuses(dispatch) == {"accepted": 2, "skipped": 1}
    assert len(sandbox.log()) == 2


def test_on_sqlite_a_chunk_is_followed_by_a_rest_as_long_as_it_took():
    """Else lanes and callbacks wait for the one writer until the whole audience is there."""
    assert prepare.rest_after(0.2) == (0.0 if connection.vendor == "postgresql" else 0.2)


def test_a_rest_is_short_even_when_the_disk_was_slow():
    assert prepare.rest_after(60.0) <= prepare.LONGEST_REST
