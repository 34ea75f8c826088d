"""Contacts in Chromium: every page looked at by axe, and the journeys that a script improves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from console.models import Job, Role, User, Workspace
from console.services import jobs
from contacts.models import Contact, Group, Suppression
from contacts.services import consent, imports
from contacts.states import Consent

LOOKS = [("light", False), ("dark", False), ("light", True)]
FILE = (
    "Nombre;Móvil;Correo;Ciudad;Puntos\n"
    "María José;600 11 22 39;mjose@example.test;Bilbao;701\n"
    "Íñigo;0034 611 20 44 71;inigo@example.test;San Sebastián;1240\n"
    "Gorka;60011;;Getxo;5\n"
    "Ane;;;Getxo;9\n"
    "Íñigo;611204471;inigo@example.test;Donostia;3\n"
)


@pytest.fixture
def people(workspace: Workspace, make_contacts: Any, make_group: Any, now: datetime) -> list[Contact]:
    """A workspace that has been used: 12 people, groups, consent, somebody who may not be written to."""
    people: list[Contact] = make_contacts(12)
    make_group("Clientes noviembre", people[:8])
    make_group("vip-2026", people[6:], kind="tag")
    person = people[11]
    Contact.objects.filter(pk=person.pk).update(attributes={"puntos": "701", "ciudad": "Bilbao"}, language="es")
    proof = consent.Proof(evidence="Call of 4 November", basis="consent", wording="web form v3")
    consent.change(person, "email", Consent.WITHDRAWN, proof, now)
    consent.opt_out(workspace, "sms", person.phone, "reply", now, "BAJA")
    return people


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "clientes_nov.csv"
    path.write_bytes(FILE.encode("cp1252"))
    return path


def imported(job_id: str) -> None:
    """What the worker does."""
    now = timezone.now()
    job = jobs.claim(job_id, now)
    assert job is not None
    imports.run(job, now)


def address(page: Page, name: str, *args: Any) -> None:
    page.goto(reverse(name, args=["norte", *args]))


def look_name(name: str, theme: str, phone: bool) -> str:
    return f"contacts-{name}-{'390' if phone else '1440'}-{theme}"


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_the_pages_of_contacts_are_accessible(
    page_as: Any, people: list[Contact], csv_file: Path, check_axe: Any, shoot: Any, no_sideways_scroll: Any,
    theme: str, phone: bool,
) -> None:  # fmt: skip
    page: Page = page_as(Role.OWNER, theme=theme, phone=phone)
    person, group = people[11], Group.objects.get(kind="list")
    stop = Suppression.objects.get()
    pages: dict[str, tuple[Any, ...]] = {
        "contacts": (), "contact": (person.pk,), "contact-new": (), "contact-edit": (person.pk,),
        "contact-delete": (person.pk,), "contact-stop": (people[0].pk,), "contact-consent": (people[0].pk, "email"),
        "contact-export": (), "groups": (), "group-new": (), "group-rename": (group.pk,), "group-delete": (group.pk,),
        "imports": (), "import-new": (), "suppressions": (), "suppression-new": (), "suppression-remove": (stop.pk,),
    }  # fmt: skip
    for name, args in pages.items():
        address(page, name, *args)
        if name == "contact":
            expect(page.get_by_text("No message has been written to this person yet.")).to_be_visible()
        shoot(page, look_name(name, theme, phone))
        no_sideways_scroll(page)
        check_axe(page)
    address(page, "import-new")
    page.set_input_files("#id_file", str(csv_file))
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="Columns in the file")).to_be_visible()
    shoot(page, look_name("import-review", theme, phone))
    no_sideways_scroll(page)
    check_axe(page)
    page.get_by_role("button", name="Import 5 rows").click()
    expect(page.locator("#import")).to_be_visible()
    shoot(page, look_name("import-waiting", theme, phone))
    check_axe(page)
    imported(str(Job.objects.get().pk))
    expect(page.get_by_role("heading", name="5 rows of the file")).to_be_visible()
    page.wait_for_timeout(200)
    shoot(page, look_name("import-done", theme, phone))
    no_sideways_scroll(page)
    check_axe(page)


@pytest.mark.parametrize("phone", [False, True])
def test_an_empty_workspace_says_how_to_begin(
    page_as: Any, check_axe: Any, shoot: Any, no_sideways_scroll: Any, phone: bool
) -> None:
    page: Page = page_as(Role.OWNER, phone=phone)
    for name in ("contacts", "groups", "imports", "suppressions"):
        address(page, name)
        shoot(page, look_name(f"{name}-empty", "light", phone))
        no_sideways_scroll(page)
        check_axe(page)


def test_typing_finds_people_without_a_button(page_as: Any, people: list[Contact]) -> None:
    page: Page = page_as(Role.OWNER)
    address(page, "contacts")
    page.get_by_placeholder("Name, phone, email").fill("nombre7")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.wait_for_url("**q=nombre7**")


def test_ticked_people_are_added_to_a_list(page_as: Any, people: list[Contact], make_group: Callable[..., Any]) -> None:
    fresh = make_group("Nuevos")
    page: Page = page_as(Role.OWNER)
    address(page, "contacts")
    bar = page.get_by_role("group", name="Actions for selected contacts")
    expect(bar).to_be_hidden()
    page.get_by_label("Select Nombre11 Apellido").check()
    page.get_by_label("Select Nombre10 Apellido").check()
    bar.get_by_label("List or tag").select_option("Nuevos")
    bar.get_by_role("button", name="Add to it").click()
    expect(page.get_by_text("2 contacts were added to Nuevos")).to_be_visible()
    fresh.refresh_from_db()
    assert fresh.size == 2


def test_the_question_before_do_not_contact_opens_over_the_list(
    page_as: Any, people: list[Contact], shoot: Any, check_axe: Any
) -> None:
    page: Page = page_as(Role.OWNER)
    address(page, "contacts")
    page.get_by_label("Select Nombre10 Apellido").check()
    page.get_by_role("button", name="Do not contact").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    shoot(page, "contacts-bulk-stop-1440-light")
    check_axe(page)
    page.get_by_role("button", name="Do not contact 1 person").click()
    expect(page.get_by_text("2 addresses are new on the do-not-contact list")).to_be_visible()


def test_a_dialog_with_a_mistake_stays_open_with_what_was_typed(
    page_as: Any, people: list[Contact], complaints: Any
) -> None:
    complaints.expected.append("422")
    page: Page = page_as(Role.OWNER)
    address(page, "suppressions")
    page.get_by_role("link", name="Add addresses").click()
    page.get_by_label("Phone numbers and email addresses").fill("600 11 22 33\nnot-an-address")
    page.get_by_role("button", name="Add the addresses").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Phone numbers and email addresses")).to_have_value("600 11 22 33\nnot-an-address")


def test_a_file_is_tried_and_then_imported_without_script(
    page_as: Any, workspace: Workspace, csv_file: Path, owner: User
) -> None:
    page: Page = page_as(Role.OWNER, script=False)
    address(page, "import-new")
    page.set_input_files("#id_file", str(csv_file))
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_label("Add everybody to the list").fill("Noviembre")
    page.get_by_role("button", name="Try without saving").click()
    imported(str(Job.objects.get().pk))
    page.reload()
    expect(page.get_by_text("This was a trial: nothing has been saved")).to_be_visible()
    assert Contact.objects.count() == 0
    page.get_by_role("link", name="Continue to the import").click()
    expect(page.get_by_label("Add everybody to the list")).to_have_value("Noviembre")
    page.get_by_role("button", name="Import 5 rows").click()
    imported(str(Job.objects.order_by("-created_at").first().pk))  # type: ignore[union-attr]
    page.reload()
    expect(page.get_by_role("heading", name="5 rows of the file")).to_be_visible()
    assert Group.objects.get(name="Noviembre").size == 2
