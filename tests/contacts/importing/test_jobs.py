"""An import as a Job: progress, a worker that dies, another that takes over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import get_language

from console.errors import UserError
from console.models import Job, JobStatus, User, Workspace
from console.services import jobs
from console.tasks import run_job
from contacts.models import Contact, Group
from contacts.services import imports
from contacts.services.importing import running

ROWS = 40


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR, settings.EXPORT_DIR = tmp_path / "uploads", tmp_path / "exports"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)


def table() -> bytes:
    """40 rows: every tenth is nobody, every eighth repeats the first."""
    rows = ["email;movil;puntos"]
    for n in range(ROWS):
        if n % 10 == 9:
            rows.append("nadie;60011;")
        elif n % 8 == 7:
            rows.append("p0@x.es;;")
        else:
            rows.append(f"p{n}@x.es;6001100{n:02d};{n}")
    return "\n".join(rows).encode()


@pytest.fixture
def started(workspace: Workspace, owner: User) -> Callable[..., Job]:
    """started() is a claimed job that imports the table."""

    def start(content: bytes | None = None, **options: Any) -> Job:
        upload = imports.store_upload([content or table()])
        how = imports.Options(**{"country": "ES", "list_name": "Clientes", **options})
        return imports.start(workspace, owner, upload, "clientes.csv", how)

    return start


def claimed(job: Job, now: datetime) -> Job:
    found = jobs.claim(str(job.pk), now)
    assert found is not None
    return found


def result(job: Job) -> dict[str, Any]:
    """The counts, without the time it took."""
    job.refresh_from_db()
    return {name: value for name, value in job.result.items() if name != "seconds"}


def test_a_job_ends_with_its_counts_and_without_the_upload(
    started: Callable[..., Job], now: datetime, settings: Any
) -> None:
    job = started()
    imports.run(claimed(job, now), now)
    job.refresh_from_db()
    outcome = imports.outcome_of(job)
    assert (job.status, job.progress, job.total) == (JobStatus.DONE, ROWS, ROWS)
    assert (outcome.rows, outcome.created, outcome.duplicates, outcome.refused) == (40, 32, 4, 4)
    assert (Contact.objects.count(), Group.objects.get().size) == (32, 32)
    assert list(settings.UPLOAD_DIR.iterdir()) == []
    assert imports.leftovers_path(job).read_text(encoding="utf-8").count("\n") == 1 + 8


class Killed(BaseException):
    """What a SIGKILL leaves behind: nothing is caught, nothing is tidied up."""


@pytest.mark.parametrize("chunks", [1, 2, 3])
@pytest.mark.parametrize("moment", ["hold", "keep"])
def test_a_worker_that_dies_loses_and_doubles_nothing(
    started: Callable[..., Job],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    chunks: int,
) -> None:
    whole = started(list_name="Entera", dry_run=True)
    imports.run(claimed(whole, now), now)
    job, original, calls = started(), getattr(imports.JobSteps, moment), []

    def dies(self: Any, *args: Any) -> Any:
        calls.append(args)
        if len(calls) > chunks:
            raise Killed
        return original(self, *args)

    monkeypatch.setattr(imports.JobSteps, moment, dies)
    with pytest.raises(Killed):
        imports.run(claimed(job, now), now)
    monkeypatch.setattr(imports.JobSteps, moment, original)
    job.refresh_from_db()
    assert (job.progress, Contact.objects.count() > 0) == (chunks * 10, True)
    later = now + jobs.LEASE + timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_until=now)
    imports.run(claimed(job, later), later)
    counts = ("rows", "created", "updated", "unchanged", "duplicates", "rejected", "left_out", "offset", "last_row")
    assert {name: result(job)[name] for name in counts} == {name: result(whole)[name] for name in counts}
    assert (Contact.objects.count(), Group.objects.get(name="Clientes").size) == (32, 32)
    assert imports.leftovers_path(job).read_bytes() == imports.leftovers_path(whole).read_bytes()


def test_a_worker_whose_job_was_taken_over_writes_nothing_more(
    started: Callable[..., Job], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = started()
    mine = claimed(job, now)
    Job.objects.filter(pk=job.pk).update(token="somebody else")
    imports.run(mine, now)
    job.refresh_from_db()
    assert (job.status, job.progress, Contact.objects.count()) == (JobStatus.RUNNING, 0, 0)
    assert imports.upload_path(job.params["upload"]).is_file()


def test_a_file_that_cannot_be_read_fails_with_its_sentence(started: Callable[..., Job], settings: Any) -> None:
    job = started(b"PK\x03\x04 a workbook")
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.error[:18]) == (JobStatus.FAILED, "This is a workbook")
    assert list(settings.UPLOAD_DIR.iterdir()) == []


def test_a_file_that_breaks_at_its_end_imports_nothing(started: Callable[..., Job]) -> None:
    job = started(table() + b'\nlast@x.es;"' + b"x" * 140_000)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, "Row 42 cannot be read" in job.error) == (JobStatus.FAILED, True)
    assert Contact.objects.count() == 0


def test_the_reasons_are_in_the_language_of_who_imports(
    started: Callable[..., Job], owner: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.language = "es"
    owner.save()
    languages: list[str | None] = []
    monkeypatch.setattr(running.Leftovers, "add", lambda self, row: languages.append(get_language()))
    imports.run(claimed(started(), now), now)
    assert set(languages) == {"es"}


def test_the_name_of_the_file_is_evidence_of_the_consent(started: Callable[..., Job], now: datetime) -> None:
    job = started(channels=("email",), basis="consent", evidence="Feria de mayo")
    imports.run(claimed(job, now), now)
    evidence = set(Contact.objects.values_list("consents__evidence", flat=True))
    assert evidence == {"clientes.csv · Feria de mayo"}


def test_an_upload_that_is_too_large_is_refused_and_removed(settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 2 * 1024 * 1024
    with pytest.raises(UserError, match="larger than 2 MB"):
        imports.store_upload([b"x" * 1024 * 1024] * 3)
    assert list(settings.UPLOAD_DIR.iterdir()) == []


def test_an_upload_cannot_be_named_out_of_its_folder(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("email\na@x.es\n")
    with pytest.raises(UserError, match="not there any more"):
        imports.upload_path("../secret.csv")


def test_the_queries_of_a_chunk_do_not_grow_with_its_rows(
    started: Callable[..., Job], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(rows: int) -> int:
        monkeypatch.setattr(running, "CHUNK", rows)
        content = "email;movil\n" + "".join(f"q{rows}-{n}@x.es;6{rows:03d}{n:05d}\n" for n in range(rows))
        job = claimed(started(content.encode(), channels=("sms", "email")), now)
        with CaptureQueriesContext(connection) as queries:
            imports.run(job, now)
        return len(queries)

    cost(1)  # makes the list
    assert cost(3) == cost(300)
