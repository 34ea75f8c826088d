"""Exports: every person once, the exact text, safe to open, kept for some days."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from campaigns.models import Dispatch, ProviderAccount, Recipient, TemplateVersion
from campaigns.reports import export, recipients, spreadsheet
from campaigns.reports.columns import COLUMNS
from campaigns.services.showing.recipients import Wanted, reference_of
from console.models import Job, User, Workspace
from console.services import jobs
from contacts.models import Contact

MIXED = [("delivered", "", 4), ("failed", "spam", 3), ("skipped", "opted_out", 2), ("queued", "", 2)]


@pytest.fixture(autouse=True)
def export_folder(tmp_path: Path, settings: Any) -> Path:
    settings.EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


def written(dispatch: Dispatch, now: datetime, wanted: Wanted | None = None) -> list[dict[str, str]]:
    file = io.StringIO()
    list(recipients.write(dispatch, wanted or Wanted(), file, "csv", now))
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def finished(job: Job, now: datetime) -> Job:
    """The job after a worker ran it."""
    claimed = jobs.claim(str(job.pk), now)
    assert claimed
    export.run(claimed, now)
    job.refresh_from_db()
    return job


# -- what is in it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 3, 5000])
@pytest.mark.parametrize(
    ("wanted", "people"),
    [
        (Wanted(), 11),
        (Wanted("failed"), 3),
        (Wanted("handed"), 7),
        (Wanted("excluded", "opted_out"), 2),
        (Wanted("verify"), 0),
    ],
)
def test_everybody_wanted_comes_exactly_once_whatever_the_chunks(
    make_dispatch: Callable[..., Dispatch],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    wanted: Wanted,
    people: int,
    chunk: int,
) -> None:
    monkeypatch.setattr(recipients, "CHUNK", chunk)
    make_dispatch(name="Antes")
    dispatch = make_dispatch(MIXED)
    make_dispatch(name="Después")
    rows = written(dispatch, now, wanted)
    assert len(rows) == len({row["reference"] for row in rows}) == people
    assert all(row["reference"].startswith(f"c{dispatch.key}-") for row in rows)


def test_a_row_says_everything(
    make_dispatch: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]], now: datetime
) -> None:
    dispatch = make_dispatch([("failed", "spam", 1)], people=make_contacts(1))
    Recipient.objects.update(detail="554 rejected")
    row = Recipient.objects.get()
    assert row.handed_over_at and row.final_at
    stamps = [at.isoformat(timespec="milliseconds").replace("+00:00", "Z") for at in (row.handed_over_at, row.final_at)]
    assert written(dispatch, now) == [
        dict(zip(COLUMNS, (
            reference_of(row), "pm-0", "K0", "Nombre0 Apellido", row.address, "failed", "spam", "Blocked as spam",
            "554 rejected", "1", "1", "1", "", "Hola Nombre0", *stamps,
        ), strict=True))
    ]  # fmt: skip


def test_an_email_has_its_subject(
    make_dispatch: Callable[..., Dispatch],
    email_account: ProviderAccount,
    make_version: Callable[..., TemplateVersion],
    now: datetime,
) -> None:
    version = make_version("email", subject="Para {{ first_name }}", text="Texto", html="<p>x</p>")
    dispatch = make_dispatch([("delivered", "", 1)], channel="email", account=email_account, version=version)
    row = written(dispatch, now)[0]
    assert (row["subject"], row["text"]) == ("Para Persona0", "Texto")


def test_the_text_is_the_one_that_left_not_what_the_contact_says_today(
    make_dispatch: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]], now: datetime
) -> None:
    dispatch = make_dispatch([("delivered", "", 1)], people=make_contacts(1))
    Contact.objects.update(first_name="Otro")
    assert written(dispatch, now)[0]["text"] == "Hola Nombre0"


@pytest.mark.parametrize(("status", "reason"), [("skipped", "opted_out"), ("cancelled", "stopped")])
def test_who_was_never_written_to_has_no_text(
    make_dispatch: Callable[..., Dispatch], now: datetime, status: str, reason: str
) -> None:
    assert written(make_dispatch([(status, reason, 1)]), now)[0]["text"] == ""


def test_a_contact_that_is_gone_leaves_its_row(
    make_dispatch: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]], now: datetime
) -> None:
    dispatch = make_dispatch([("delivered", "", 2)], people=make_contacts(2))
    Contact.objects.all().delete()
    assert [row["name"] for row in written(dispatch, now)] == ["", ""]


# -- safe to open ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "+34 600"])
def test_what_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    file = io.StringIO()
    spreadsheet.CsvTable(file).rows([[text, 7]])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [f"'{text}", "7"]


def test_a_formula_in_a_name_does_not_run(
    make_dispatch: Callable[..., Dispatch], make_contacts: Callable[..., list[Contact]], now: datetime
) -> None:
    people = make_contacts(1, first_name='=HYPERLINK("http://x.example")')
    row = written(make_dispatch([("delivered", "", 1)], people=people), now)[0]
    assert row["name"].startswith("'=HYPERLINK")
    assert row["text"] == 'Hola =HYPERLINK("http://x.example")'


def test_line_breaks_and_quotes_survive(
    make_dispatch: Callable[..., Dispatch], make_version: Callable[..., TemplateVersion], now: datetime
) -> None:
    version = make_version(text='Hola "{{ first_name }}",\r\nadiós; fin')
    assert written(make_dispatch([("delivered", "", 1)], version=version), now)[0]["text"] == (
        'Hola "Persona0",\r\nadiós; fin'
    )


@pytest.mark.parametrize(("bom", "first"), [(True, "\ufeffreference"), (False, "reference")])
def test_a_byte_order_mark_is_a_choice(
    make_dispatch: Callable[..., Dispatch], now: datetime, bom: bool, first: str
) -> None:
    file = io.StringIO()
    list(recipients.write(make_dispatch(), Wanted(), file, "csv", now, bom=bom))
    assert file.getvalue().split(",")[0] == first


def test_json_lines_are_not_escaped_for_spreadsheets(
    make_dispatch: Callable[..., Dispatch], make_version: Callable[..., TemplateVersion], now: datetime
) -> None:
    file = io.StringIO()
    version = make_version(text="=1+1 ñ")
    list(recipients.write(make_dispatch([("delivered", "", 2)], version=version), Wanted(), file, "jsonl", now))
    assert [json.loads(line)["text"] for line in file.getvalue().splitlines()] == ["=1+1 ñ"] * 2


# -- the job -----------------------------------------------------------------------------------------


def test_the_job_writes_the_file_and_counts_it(
    make_dispatch: Callable[..., Dispatch], owner: User, now: datetime, export_folder: Path
) -> None:
    dispatch = make_dispatch(MIXED, name="Promo de otoño")
    job = finished(export.request(dispatch, Wanted("failed"), owner, now), now)
    path = export.path_of(job)
    assert (job.status, job.progress, job.total) == ("done", 3, 3)
    assert path and job.result == {
        "file": f"{job.pk}.csv", "name": "promo-de-otono-1-failed.csv", "rows": 3, "bytes": path.stat().st_size
    }  # fmt: skip
    assert [file.name for file in export_folder.iterdir()] == [path.name]


def test_reasons_are_in_the_language_of_who_asked(
    make_dispatch: Callable[..., Dispatch], owner: User, now: datetime
) -> None:
    job = export.request(make_dispatch(), Wanted(), owner, now)
    assert job.params["language"] == "en"


def test_a_run_that_was_taken_over_leaves_no_half_file(
    make_dispatch: Callable[..., Dispatch],
    owner: User,
    now: datetime,
    export_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recipients, "CHUNK", 2)
    job = export.request(make_dispatch(MIXED), Wanted(), owner, now)
    claimed = jobs.claim(str(job.pk), now)
    assert claimed
    Job.objects.filter(pk=job.pk).update(token="somebody else's")
    export.run(claimed, now)
    job.refresh_from_db()
    assert job.status == "running"
    assert list(export_folder.iterdir()) == []


def test_a_dispatch_that_is_gone_is_said(make_dispatch: Callable[..., Dispatch], owner: User, now: datetime) -> None:
    dispatch = make_dispatch([])
    job = export.request(dispatch, Wanted(), owner, now)
    dispatch.delete()
    assert finished(job, now).error == "The dispatch does not exist any more."


# -- the pages ---------------------------------------------------------------------------------------


def test_the_question_says_how_many_people(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch]
) -> None:
    address = url("report-export", make_dispatch(MIXED).pk)
    page = owner_client.get(f"{address}?state=failed&reason=spam").content.decode()
    assert "Export 3 people" in page
    assert "Only: Failed, Blocked as spam." in page


@pytest.mark.parametrize(
    ("use", "kind", "bom"), [("spreadsheet", "csv", True), ("csv", "csv", False), ("jsonl", "jsonl", False)]
)
def test_asking_queues_the_job_and_leads_to_the_list(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    use: str,
    kind: str,
    bom: bool,
) -> None:
    answer = owner_client.post(url("report-export", make_dispatch(MIXED).pk), {"for": use, "state": "failed"})
    job = Job.objects.get()
    assert answer["Location"] == url("exports")
    assert (job.params["format"], job.params["bom"], job.params["state"]) == (kind, bom, "failed")


def test_the_list_is_asked_for_again_while_one_is_written(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    owner: User,
    now: datetime,
    hx: dict[str, str],
) -> None:
    job = export.request(make_dispatch(MIXED), Wanted(), owner, now)
    assert 'hx-trigger="every 2s"' in owner_client.get(url("exports")).content.decode()
    finished(job, now)
    answer = owner_client.get(url("exports") + "?polled=1", headers=hx)
    assert answer.status_code == 286
    assert url("export-file", job.pk) in answer.content.decode()


def test_the_file_is_downloaded_under_its_name(
    owner_client: Client, url: Callable[..., str], make_dispatch: Callable[..., Dispatch], owner: User, now: datetime
) -> None:
    job = finished(export.request(make_dispatch(MIXED), Wanted(), owner, now), now)
    answer = owner_client.get(url("export-file", job.pk))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="aviso-1.csv"'
    assert len(content.decode("utf-8-sig").splitlines()) == 12


@pytest.mark.parametrize(("role", "seen"), [("editor", True), ("analyst", False)])
def test_exports_of_contacts_are_listed_for_those_who_may_have_them(
    as_role: Callable[[str], Client],
    url: Callable[..., str],
    workspace: Workspace,
    now: datetime,
    export_folder: Path,
    role: str,
    seen: bool,
) -> None:
    export_folder.mkdir()
    (export_folder / "contacts.csv").write_text("name")
    job = Job.objects.create(
        workspace=workspace, kind="contacts.export", params={"people": {}}, status="done", finished_at=now,
        result={"rows": 3, "file": "contacts.csv", "name": "norte-contacts.csv"},
    )  # fmt: skip
    page = as_role(role).get(url("exports")).content.decode()
    assert (url("contact-export-file", job.pk) in page) is seen


def test_a_file_that_was_removed_is_said(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    owner: User,
    now: datetime,
    export_folder: Path,
) -> None:
    job = finished(export.request(make_dispatch(MIXED), Wanted(), owner, now), now)
    (export_folder / f"{job.pk}.csv").unlink()
    answer = owner_client.get(url("export-file", job.pk))
    assert answer.status_code == 409
    assert "exports are kept for 14 days" in answer.content.decode()
    assert "Removed" in owner_client.get(url("exports")).content.decode()


def test_a_file_name_from_the_database_cannot_leave_the_folder(
    make_dispatch: Callable[..., Dispatch], owner: User, now: datetime, tmp_path: Path, export_folder: Path
) -> None:
    job = finished(export.request(make_dispatch(), Wanted(), owner, now), now)
    (tmp_path / "secret").write_text("x")
    job.result["file"] = "../secret"
    assert export.path_of(job) is None


def test_an_export_of_another_workspace_is_not_found(
    stranger: Client,
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    other_workspace: Workspace,
    owner: User,
    now: datetime,
) -> None:
    job = finished(export.request(make_dispatch(), Wanted(), owner, now), now)
    assert stranger.get(url("export-file", job.pk)).status_code == 404
    assert stranger.get(url("exports")).status_code == 404
    Job.objects.update(workspace=other_workspace)
    assert owner_client.get(url("export-file", job.pk)).status_code == 404


def test_the_list_takes_the_same_queries_for_few_and_many(
    owner_client: Client,
    url: Callable[..., str],
    make_dispatch: Callable[..., Dispatch],
    owner: User,
    now: datetime,
    count_queries: Callable[..., int],
) -> None:
    dispatch, found = make_dispatch(), []
    for n in (3, 27):
        for _ in range(n):
            export.request(dispatch, Wanted(), owner, now)
        found.append(count_queries(owner_client, url("exports")))
    assert found[0] == found[1] <= 6


# -- the command -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id", "key"])
def test_the_command_writes_the_same_to_a_file(
    make_dispatch: Callable[..., Dispatch], now: datetime, tmp_path: Path, name: str
) -> None:
    dispatch = make_dispatch(MIXED)
    out = tmp_path / "deep" / "recipients.csv"
    call_command("export_recipients", str(getattr(dispatch, name)), out=out, stderr=io.StringIO())
    assert list(csv.DictReader(out.open(encoding="utf-8", newline=""))) == written(dispatch, now)


def test_the_command_prints_json_lines(
    make_dispatch: Callable[..., Dispatch], capsys: pytest.CaptureFixture[str]
) -> None:
    dispatch = make_dispatch(MIXED)
    call_command("export_recipients", str(dispatch.pk), format="jsonl", state="failed")
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["failed"] * 3


def test_the_command_says_when_there_is_no_such_dispatch(db: None) -> None:
    with pytest.raises(CommandError, match="There is no dispatch '999'"):
        call_command("export_recipients", "999")
