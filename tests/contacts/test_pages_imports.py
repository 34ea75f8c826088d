"""Imports: upload, choices, trial, progress, result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.models import Job, User, Workspace
from console.services import jobs
from contacts.models import Contact, ContactField, Group
from contacts.services import imports

HTMX = {"HX-Request": "true"}
CSV = "Nombre;Móvil;Correo;Puntos\nMaría José;600112239;mjose@example.test;701\nGorka;60011;;5\n"
CHOICES = {"country": "ES", "column-0": "full_name", "column-1": "phone", "column-2": "email", "column-3": "attribute"}


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR, settings.EXPORT_DIR = tmp_path / "uploads", tmp_path / "exports"


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["norte", *args])


def upload(client: Client, content: bytes | str = CSV, name: str = "clientes_nov.csv") -> Any:
    content = content.encode() if isinstance(content, str) else content
    return client.post(url("import-new"), {"file": SimpleUploadedFile(name, content, "text/csv")})


def start(client: Client, action: str = "import", **choices: Any) -> Any:
    return client.post(upload(client)["Location"], {**CHOICES, **choices, "action": action})


def finish() -> Job:
    """What the worker does with the newest import."""
    newest = Job.objects.latest("created_at")
    job = jobs.claim(str(newest.pk), timezone.now())
    assert job is not None
    imports.run(job, timezone.now())
    job.refresh_from_db()
    return job


def uploads(settings: Any) -> list[Path]:
    return list(Path(settings.UPLOAD_DIR).glob("*"))


# -- the file ------------------------------------------------------------------------------------------


def test_a_file_is_kept_under_a_name_that_nobody_chose(owner_client: Client, settings: Any) -> None:
    answer = upload(owner_client, name="../../clientes.csv")

    assert answer.status_code == 303
    assert re.fullmatch(r"[0-9a-f]{32}\.csv", uploads(settings)[0].name)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "This is not a text file."),
        (b"PK\x03\x04" + bytes(400), "This is a workbook, not a CSV file."),
        (b"\xef\xbb\xbf \r\n", "This file is empty."),
        (b"", "This file is empty."),
        (b"Nombre;Movil\r\n", "This file has a heading and no rows."),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_place(
    owner_client: Client, settings: Any, content: bytes, sentence: str
) -> None:
    answer = upload(owner_client, content)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert (Job.objects.count(), uploads(settings)) == (0, [])


def test_no_file_is_refused_in_place(owner_client: Client) -> None:
    answer = owner_client.post(url("import-new"))

    assert answer.status_code == 422
    assert "Choose a file first." in answer.content.decode()


def test_a_file_that_is_too_large_is_not_written_down(owner_client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 2 * 1024 * 1024

    answer = upload(owner_client, b"a,b\n" + b"x,y\n" * 900_000)

    assert answer.status_code == 422
    assert "This file is larger than 2 MB. Split it and import the parts." in answer.content.decode()
    assert uploads(settings) == []


def test_an_upload_without_the_form_of_ours_is_refused(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    assert upload(client).status_code == 403


# -- the choices ---------------------------------------------------------------------------------------


def test_the_columns_are_shown_with_what_they_were_taken_for(owner_client: Client) -> None:
    page = owner_client.get(upload(owner_client)["Location"])

    chosen = [row["field"].value() for row in page.context["rows"]]
    assert chosen == ["full_name", "phone", "email", "attribute"]
    assert "mjose@example.test" in page.content.decode()


def test_a_letter_set_can_be_chosen_instead_of_the_guess(owner_client: Client) -> None:
    page = owner_client.get(upload(owner_client)["Location"], {"encoding": "cp1252", "separator": ";"})

    assert [row["heading"] for row in page.context["rows"]][1] == "MÃ³vil"


def test_an_upload_is_only_for_who_made_it(owner_client: Client, person: Any) -> None:
    address = upload(owner_client)["Location"]
    other = Client()
    other.force_login(person("manager"), backend="django.contrib.auth.backends.ModelBackend")

    assert other.get(address).status_code == 404
    assert owner_client.get(address[:-3] + "x/").status_code == 404


def test_an_upload_of_one_workspace_does_not_open_in_another(
    owner_client: Client, owner: User, other_workspace: Workspace
) -> None:
    owner.memberships.create(workspace=other_workspace, role="owner")

    address = upload(owner_client)["Location"].replace("/w/norte/", "/w/otra/")

    assert owner_client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"column-1": "skip", "column-2": "skip"}, "Save at least one column as phone, email or external id"),
        ({"column-3": "full_name"}, "Another column is Whole name already."),
        ({"channels": ["sms"]}, "Write on which basis these people may be written to."),
        ({"country": "XX"}, "Select a valid choice."),
    ],
)
def test_choices_that_do_not_fit_stay_in_the_form(owner_client: Client, choices: dict[str, Any], sentence: str) -> None:
    answer = start(owner_client, list_name="Noviembre", **choices)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'value="Noviembre"' in answer.content.decode()
    assert not Job.objects.exists()


def test_an_import_does_what_was_chosen(owner_client: Client) -> None:
    answer = start(
        owner_client, list_name="Noviembre", tags="web, vip, web", channels=["sms"], basis="consent",
        wording="v3", **{"column-3": "skip"},
    )  # fmt: skip

    job = finish()
    person = Contact.objects.get()
    assert answer["Location"] == url("import", job.pk)
    assert (person.phone, person.sms_consent, person.email_consent) == ("+34600112239", "granted", "unknown")
    assert set(Group.objects.values_list("kind", "name", "size")) == {
        ("list", "Noviembre", 1), ("tag", "web", 1), ("tag", "vip", 1),
    }  # fmt: skip
    assert (person.attributes, ContactField.objects.count()) == ({}, 0)


def test_a_column_that_becomes_a_field_gets_a_name_of_its_own(owner_client: Client) -> None:
    start(owner_client, **{"column-0": "attribute"})
    finish()

    assert Contact.objects.get().attributes == {"nombre": "María José", "puntos": "701"}


# -- trial and result ----------------------------------------------------------------------------------


def test_a_trial_saves_nobody_and_leads_back_to_its_choices(owner_client: Client) -> None:
    answer = start(owner_client, action="try", list_name="Noviembre", tags="web")
    finish()

    page = owner_client.get(answer["Location"])
    again = owner_client.get(page.context["again_url"])

    assert "This was a trial: nothing has been saved." in page.content.decode()
    assert (Contact.objects.count(), Group.objects.count()) == (0, 0)
    assert (again.context["form"]["list_name"].value(), again.context["form"]["tags"].value()) == ("Noviembre", "web")


def test_an_import_follows_its_trial(owner_client: Client) -> None:
    page = owner_client.get(start(owner_client, action="try")["Location"])
    finish()
    owner_client.post(page.context["again_url"], {**CHOICES, "action": "import"})
    finish()

    assert Contact.objects.count() == 1


def test_a_wrong_upload_in_the_address_of_an_import_is_ignored(owner_client: Client) -> None:
    start(owner_client, action="try")
    job = finish()

    assert owner_client.get(url("import", job.pk), {"upload": "a/b"}).context["again_url"] == ""


def test_progress_is_asked_for_until_the_import_is_done(owner_client: Client) -> None:
    address = start(owner_client)["Location"]
    running = owner_client.get(address, {"polled": "1"}, headers=HTMX)
    finish()
    done = owner_client.get(address, {"polled": "1"}, headers=HTMX)

    assert (running.status_code, done.status_code) == (200, 286)
    assert 'hx-trigger="every 1s"' in running.content.decode()
    assert "hx-trigger" not in done.content.decode()


def test_the_result_counts_every_row_once(owner_client: Client) -> None:
    start(owner_client)
    page = owner_client.get(url("import", finish().pk))

    assert page.context["sum"] == "1 + 1 = 2"
    assert "too short" in page.content.decode()


def test_rejected_rows_are_downloaded_with_their_reason(owner_client: Client) -> None:
    start(owner_client)
    answer = owner_client.get(url("import-rejected", finish().pk))

    assert "clientes_nov-rows-to-check.csv" in answer["Content-Disposition"]
    assert "60011" in b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def test_rejected_rows_that_are_not_there_any_more_are_a_sentence(owner_client: Client) -> None:
    start(owner_client)
    job = finish()
    imports.leftovers_path(job).unlink()

    answer = owner_client.get(url("import-rejected", job.pk))

    assert answer.status_code == 409
    assert "it is kept for 14 days" in answer.content.decode()


def test_an_import_that_failed_says_why(owner_client: Client, workspace: Workspace) -> None:
    job = imports.start(workspace, None, "gone.csv", "clientes.csv", imports.Options("ES"))
    Job.objects.filter(pk=job.pk).update(status="failed", error="Row 7 cannot be read.")

    page = owner_client.get(url("import", job.pk)).content.decode()

    assert "This file was not imported to its end." in page
    assert "Row 7 cannot be read." in page


def test_an_upload_that_is_gone_is_a_sentence(owner_client: Client, settings: Any) -> None:
    address = upload(owner_client)["Location"]
    uploads(settings)[0].unlink()

    answer = owner_client.get(address)

    assert answer.status_code == 409
    assert "Upload it again." in answer.content.decode()


# -- the list ------------------------------------------------------------------------------------------


def test_past_imports_stand_with_their_counts(owner_client: Client) -> None:
    start(owner_client)
    finish()

    page = owner_client.get(url("imports"))

    row = page.context["rows"][0]
    assert (row["filename"], row["outcome"].created, row["outcome"].refused) == ("clientes_nov.csv", 1, 1)
    assert not page.context["alive"]


def test_thirty_imports_take_as_many_queries_as_three(owner_client: Client, workspace: Workspace, owner: User) -> None:
    def queries() -> int:
        owner_client.get(url("imports"))
        with CaptureQueriesContext(connection) as caught:
            owner_client.get(url("imports"))
        return len(caught)

    for _n in range(3):
        imports.start(workspace, owner, "none.csv", "a.csv", imports.Options("ES"))
    few = queries()
    for _n in range(27):
        imports.start(workspace, owner, "none.csv", "a.csv", imports.Options("ES"))

    assert queries() == few
