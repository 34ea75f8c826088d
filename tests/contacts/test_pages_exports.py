"""The export of contacts: the question, the page one waits on, the file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import AuditEvent, Job
from console.services import jobs
from contacts.services import exports
from contacts.states import Consent

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_DIR = tmp_path


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["norte", *args])


def finish() -> Job:
    """What the worker does with the newest export."""
    job = jobs.claim(str(Job.objects.latest("created_at").pk), timezone.now())
    assert job is not None
    exports.run(job, timezone.now())
    job.refresh_from_db()
    return job


def test_the_question_names_how_many_people_the_filter_means(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(3)
    make_contacts(2, start=5, sms_consent=Consent.WITHDRAWN)

    page = owner_client.get(url("contact-export"), {"sms": "withdrawn"}).content.decode()

    assert "Export 2 people" in page
    assert '<input type="hidden" name="sms" value="withdrawn">' in page
    assert not Job.objects.exists()


def test_the_file_holds_who_was_shown(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(3)
    make_contacts(1, start=5, sms_consent=Consent.WITHDRAWN)
    owner_client.post(url("contact-export"), {"sms": "withdrawn"})

    answer = owner_client.get(url("contact-export-file", finish().pk))

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [row["first_name"] for row in csv.DictReader(io.StringIO(text))] == ["Nombre5"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.get().action == "contact.export"


def test_the_page_asks_until_the_file_is_there(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(3)
    address = owner_client.post(url("contact-export"))["Location"]
    running = owner_client.get(address, {"polled": "1"}, headers=HTMX)
    job = finish()
    done = owner_client.get(address, {"polled": "1"}, headers=HTMX)

    assert (running.status_code, done.status_code) == (200, 286)
    assert 'hx-trigger="every 1s"' in running.content.decode()
    assert "3 contacts are in the file." in done.content.decode()
    assert url("contact-export-file", job.pk) in done.content.decode()


def test_a_file_that_was_removed_is_a_sentence(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(1)
    owner_client.post(url("contact-export"))
    job = finish()
    path = exports.path_of(job)
    assert path is not None
    path.unlink()

    answer = owner_client.get(url("contact-export-file", job.pk))

    assert answer.status_code == 409
    assert "exports are kept for 14 days" in answer.content.decode()
    assert "The file was removed" in owner_client.get(url("contact-export-job", job.pk)).content.decode()


def test_the_row_of_an_export_says_how_many_bytes_its_file_has(owner_client: Client, make_contacts: Any) -> None:
    make_contacts(2)
    owner_client.post(url("contact-export"))
    job = finish()
    path = exports.path_of(job)
    assert path
    assert job.result["bytes"] == path.stat().st_size > 100
