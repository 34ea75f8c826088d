"""Rows become contacts: who is known already, what changes, and what the right to write to them is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from console.models import AuditEvent, Workspace
from contacts.models import ConsentEvent, Contact, ContactField, Group, Suppression
from contacts.services import consent, imports, people
from contacts.states import Consent, ConsentSource, GroupKind, SuppressionReason

Run = Callable[..., imports.Outcome]
Leftovers = Callable[[], list[list[str]]]

WHOLE = "id externo;nombre;apellidos;email;movil;puntos\n"


def counts(outcome: imports.Outcome) -> dict[str, int]:
    """What is not zero."""
    names = ("created", "updated", "unchanged", "duplicates", "refused", "suppressed")
    return {name: getattr(outcome, name) for name in names if getattr(outcome, name)}


def only(**values: Any) -> Contact:
    return Contact.objects.get(**values)


def test_a_new_person_is_written_like_by_hand(run: Run, workspace: Workspace, now: datetime) -> None:
    assert counts(run(WHOLE + "K1;María José;Etxeberria;mj@x.es;600 11 22 39;701\n")) == {"created": 1}
    imported = only()
    people.update(imported, {"first_name": "María José"}, None, now)
    again = only()
    for name in ("phone", "phone_type", "country", "search", "created_at", "updated_at", "attributes"):
        assert getattr(imported, name) == getattr(again, name), name
    assert (again.attributes, again.sms_consent) == ({"puntos": "701"}, Consent.UNKNOWN)


def test_ids_go_on_after_an_import(run: Run, workspace: Workspace, now: datetime) -> None:
    run("email\na@x.es\nb@x.es\n")
    by_hand = people.create(workspace, {"email": "c@x.es"}, None, now)
    run("email\nd@x.es\n")
    assert only(email="d@x.es").pk > by_hand.pk > only(email="b@x.es").pk


def test_the_same_file_again_changes_nothing(run: Run) -> None:
    text = WHOLE + "K1;Ana;Gil;a@x.es;600112233;701\n;Luis;Ruiz;;600112244;5\n"
    run(text)
    before = list(Contact.objects.values())
    assert counts(run(text)) == {"unchanged": 2}
    assert list(Contact.objects.values()) == before


def test_what_a_file_says_otherwise_is_changed_and_the_rest_stays(run: Run, workspace: Workspace) -> None:
    run(WHOLE + "K1;Ana;Gil;a@x.es;600112233;701\n")
    assert counts(run("id externo;apellidos;movil;ciudad\nK1;Gil Ruiz;600445566;Getxo\n")) == {"updated": 1}
    ana = only()
    assert (ana.first_name, ana.last_name, ana.email, ana.phone) == ("Ana", "Gil Ruiz", "a@x.es", "+34600445566")
    assert ana.attributes == {"puntos": "701", "ciudad": "Getxo"}
    assert ana.search == "ana gil ruiz k1 a x es 34600445566 600445566"


def test_empty_cells_erase_nothing(run: Run) -> None:
    run(WHOLE + "K1;Ana;Gil;a@x.es;600112233;701\n")
    assert counts(run(WHOLE + "K1;;;a@x.es;;\n")) == {"unchanged": 1}


@pytest.mark.parametrize(
    ("known", "row", "same"),
    [
        ({"key": "K1", "email": "a@x.es"}, "K1;b@x.es;", True),  # the external id decides
        ({"email": "a@x.es"}, "K1;a@x.es;600112233", True),  # then the email
        ({"phone": "600112233"}, "K1;a@x.es;600112233", True),  # then the phone of who has only that
        ({"phone": "600112233"}, ";;600112233", True),
        ({"phone": "600112233", "email": "a@x.es"}, ";;600112233", True),  # the file knows only the phone
        ({"phone": "600112233", "email": "a@x.es"}, ";b@x.es;600112233", False),  # a family
        ({"phone": "600112233", "key": "K1"}, "K2;;600112233", False),
        ({"phone": "600112233", "key": "K1"}, ";b@x.es;600112233", False),
    ],
)
def test_a_person_is_known_by_id_then_email_then_phone(
    run: Run, workspace: Workspace, now: datetime, known: dict[str, str], row: str, same: bool
) -> None:
    people.create(workspace, known, None, now)
    run(f"id externo;email;movil\n{row}\n")
    assert Contact.objects.count() == (1 if same else 2)


@pytest.mark.parametrize("chunk", [1, 2])
def test_a_family_may_share_the_phone_of_who_had_only_that(
    run: Run, workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("contacts.services.importing.running.CHUNK", chunk)
    people.create(workspace, {"phone": "600112233"}, None, now)
    assert counts(run("id externo;movil\nK1;600112233\nK2;600112233\n")) == {"created": 1, "updated": 1}


def test_who_has_only_the_phone_is_meant_before_others_with_it(run: Run, workspace: Workspace, now: datetime) -> None:
    people.create(workspace, {"phone": "600112233", "email": "a@x.es"}, None, now)
    alone = people.create(workspace, {"phone": "600112233"}, None, now)
    run("movil;nombre\n600112233;Ana\n")
    assert only(first_name="Ana") == alone


def test_an_external_id_alone_is_enough_for_who_is_known(run: Run, workspace: Workspace, now: datetime) -> None:
    people.create(workspace, {"key": "K1", "phone": "600112233"}, None, now)
    outcome = run("id externo;puntos\nK1;701\nK2;5\n")
    assert counts(outcome) == {"updated": 1, "refused": 1}
    assert (only().attributes, outcome.rejected) == ({"puntos": "701"}, {"unknown_key": 1})


def test_a_bad_number_of_who_is_known_is_left_out(run: Run, workspace: Workspace, now: datetime) -> None:
    people.create(workspace, {"key": "K1", "phone": "600112233"}, None, now)
    outcome = run("id externo;movil\nK1;1\nK2;1\n")
    assert (outcome.left_out, outcome.rejected) == ({"phone.too_short": 1}, {"phone.too_short": 1})


def test_a_person_of_another_workspace_is_not_known(run: Run, other_workspace: Workspace, now: datetime) -> None:
    people.create(other_workspace, {"key": "K1", "email": "a@x.es"}, None, now)
    assert counts(run("id externo;email\nK1;a@x.es\n")) == {"created": 1}


@pytest.mark.parametrize(("row", "reason"), [("K1;b@x.es", "email_taken"), ("K9;a@x.es", "key_differs")])
def test_a_row_about_two_people_is_rejected(
    run: Run, workspace: Workspace, now: datetime, leftovers: Leftovers, row: str, reason: str
) -> None:
    people.create(workspace, {"key": "K1", "email": "a@x.es"}, None, now)
    people.create(workspace, {"key": "K2", "email": "b@x.es"}, None, now)
    outcome = run(f"id externo;email\n{row}\n")
    assert outcome.rejected == {reason: 1}
    assert leftovers()[0][:3] == [*row.split(";"), "2"]


def test_the_first_row_of_a_person_counts(run: Run, leftovers: Leftovers) -> None:
    outcome = run("email;nombre\na@x.es;Ana\nA@X.es;Otra\n")
    assert counts(outcome) == {"created": 1, "duplicates": 1}
    assert (only().first_name, leftovers()[0][2:]) == ("Ana", ["3", "The same person is in an earlier row."])


def test_two_rows_about_one_known_contact_are_one_person(run: Run, workspace: Workspace, now: datetime) -> None:
    people.create(workspace, {"key": "K1", "email": "a@x.es"}, None, now)
    outcome = run("id externo;email;movil;nombre\nK1;;600112233;Ana\n;a@x.es;600445566;Otra\n")
    assert counts(outcome) == {"updated": 1, "duplicates": 1}


def test_counts_add_up_and_reasons_have_an_example(run: Run) -> None:
    text = "email;movil\na@x.es;600112233\n;60011\n;1\nana;\n;\u0020-\nb@x.es;60011\na@x.es;\n"
    outcome = run(text)
    assert counts(outcome) == {"created": 2, "duplicates": 1, "refused": 4}
    assert outcome.rejected == {"phone.too_short": 2, "email.no_at": 1, "no_address": 1}
    assert outcome.left_out == {"phone.too_short": 1}
    assert outcome.examples["phone.too_short"] == "60011"


def test_rows_to_look_at_keep_their_cells_and_say_why(run: Run, leftovers: Leftovers) -> None:
    run("email;movil;nota\na@x.es;60011;=1+1\n;60011;x\nb@x.es;600112233;\n")
    assert leftovers() == [
        ["a@x.es", "60011", "'=1+1", "2", "Phone too short for its country: 60011."],
        ["", "60011", "x", "3", "Phone too short for its country: 60011."],
    ]


def test_a_mended_file_of_rejected_rows_can_be_imported(run: Run, tmp_path: Path) -> None:
    run("email;movil;nota\n;60011;=1+1\n")
    path = tmp_path / "mended.csv"
    path.write_text((tmp_path / "leftovers.csv").read_text(encoding="utf-8").replace("60011", "600112233"))
    assert counts(run(path)) == {"created": 1}
    assert only().attributes == {"nota": "=1+1"}


def test_fields_get_the_headings_as_labels(run: Run) -> None:
    run("email;Código postal\na@x.es;48001\n")
    assert [(field.name, field.label) for field in ContactField.objects.all()] == [("codigo_postal", "Código postal")]


def test_fields_inside_json_are_known_to_templates_too(run: Run) -> None:
    run('email,attributes\na@x.es,"{""city"": ""Bilbao""}"\n')
    assert [field.name for field in ContactField.objects.all()] == ["city"]


def test_everybody_goes_to_the_list_and_gets_the_tags(run: Run, workspace: Workspace) -> None:
    run("email\na@x.es\n")
    run("email;nombre\na@x.es;Ana\nb@x.es;Luis\nnadie;\n", list_name="Clientes noviembre", tags=("vip", "nov"))
    found = {(group.kind, group.name): (group.size, group.members.count()) for group in Group.objects.all()}
    assert found == {(GroupKind.LIST, "Clientes noviembre"): (2, 2), (GroupKind.TAG, "vip"): (2, 2),
                     (GroupKind.TAG, "nov"): (2, 2)}  # fmt: skip


def test_nobody_has_said_yes_unless_the_import_says_so(run: Run) -> None:
    run("email;movil\na@x.es;600112233\n")
    assert (only().sms_consent, ConsentEvent.objects.count()) == (Consent.UNKNOWN, 0)


def test_a_consent_of_an_import_has_its_proof(run: Run) -> None:
    outcome = run(
        "email;movil\na@x.es;600112233\n;600112244\n",
        channels=("sms", "email"), basis="consent", wording="v3", evidence="Feria",
    )  # fmt: skip
    assert outcome.consents == {"sms": 2, "email": 1}
    event = ConsentEvent.objects.filter(channel="email").get()
    assert (event.basis, event.wording, event.evidence, event.source) == ("consent", "v3", "Feria", "import")
    assert only(email="").email_consent == Consent.UNKNOWN


def test_an_import_never_overrules_a_no(run: Run, workspace: Workspace, now: datetime) -> None:
    for number, state in (("600112233", Consent.WITHDRAWN), ("600112244", Consent.PENDING), ("600112255", "granted")):
        contact = people.create(workspace, {"phone": number}, None, now)
        Contact.objects.filter(pk=contact.pk).update(sms_consent=state)
    outcome = run("movil\n600112233\n600112244\n600112255\n", channels=("sms",))
    assert outcome.consents == {"sms": 1}
    assert list(Contact.objects.order_by("phone").values_list("sms_consent", flat=True)) == [
        Consent.WITHDRAWN, Consent.GRANTED, Consent.GRANTED,
    ]  # fmt: skip


def test_a_suppressed_address_is_imported_counted_and_not_allowed(
    run: Run, workspace: Workspace, now: datetime
) -> None:
    reason, source = SuppressionReason.OPT_OUT, ConsentSource.REPLY
    consent.suppress_many(workspace, "sms", ["+34600112233"], reason, source, now)
    outcome = run("email;movil\na@x.es;600112233\nb@x.es;600112244\n", channels=("sms", "email"))
    assert counts(outcome) == {"created": 2, "suppressed": 1}
    assert outcome.consents == {"sms": 1, "email": 2}
    assert (only(email="a@x.es").sms_consent, Suppression.objects.count()) == (Consent.UNKNOWN, 1)


MIXED = (
    "id externo;email;movil;nombre\n"
    "K1;a@x.es;600112233;Ana\n;b@x.es;;Begoña\n;;600112244;\nK1;;;\n;;1;\nK7;c@x.es;;\nK9;;;Nadie\nK9;;60011;Nadie\n"
)


def test_a_trial_counts_the_same_and_saves_nothing(run: Run, workspace: Workspace, now: datetime) -> None:
    people.create(workspace, {"email": "b@x.es"}, None, now)
    people.create(workspace, {"key": "K8", "email": "c@x.es"}, None, now)
    how = {"list_name": "Clientes", "tags": ("x",), "channels": ("sms", "email")}
    events = AuditEvent.objects.count()
    trial = run(MIXED, dry_run=True, **how)
    saved = (Contact.objects.count(), Group.objects.count(), ContactField.objects.count(), ConsentEvent.objects.count())
    assert saved == (2, 0, 0, 0)
    assert AuditEvent.objects.count() == events
    real = run(MIXED, **how)
    assert (counts(real), real.rejected, real.consents) == (counts(trial), trial.rejected, trial.consents)


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_the_size_of_chunks_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("contacts.services.importing.running.CHUNK", chunk)
    outcome = run(MIXED, list_name="Clientes", channels=("sms", "email"))
    assert counts(outcome) == {"created": 4, "duplicates": 2, "refused": 2}
    assert outcome.consents == {"sms": 2, "email": 3}
    assert Group.objects.get().size == 4


def test_a_finished_import_is_in_the_audit_log(run: Run) -> None:
    run("email\na@x.es\nnadie\n")
    event = AuditEvent.objects.get(action="contacts.imported")
    assert event.detail == {"rows": 2, "created": 1, "updated": 0, "rejected": 1}
