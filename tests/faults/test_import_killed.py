"""A worker dies in the middle of an import and is started again: the same contacts, the same counts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from console.models import Job, JobStatus, User, Workspace
from contacts.models import Contact, Group
from contacts.services import imports
from tests.faults.conftest import Worker, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

KILLS = 4
ROWS = 60_000


def table() -> bytes:
    """Every hundredth row repeats an earlier person, every fiftieth is nobody."""
    rows = ["email;movil;puntos"]
    for n in range(ROWS):
        if n % 100 == 99:
            rows.append(f"p{n - 50}@x.es;;")
        elif n % 50 == 7:
            rows.append("nadie;60011;")
        else:
            rows.append(f"p{n}@x.es;6{n:08d};{n}")
    return "\n".join(rows).encode()


def test_an_import_ends_with_the_same_counts_however_often_its_worker_dies(
    workspace: Workspace, owner: User, start_worker: Callable[[], Worker]
) -> None:
    options = imports.Options(country="ES", list_name="Clientes", channels=("sms",), basis="consent")
    job = imports.start(workspace, owner, imports.store_upload([table()]), "clientes.csv", options)
    moments = random.Random(4)  # noqa: S311 - the same moments in every run
    for _ in range(KILLS):
        worker, before = start_worker(), _now(job).progress
        wait_for(lambda: _now(job).progress > before or _now(job).status == JobStatus.DONE, 60, "progress")  # noqa: B023
        time.sleep(moments.uniform(0.0, 0.3))
        worker.kill()
        # A dead worker is not counted against the job here: three in a row would give it up.
        Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING).update(lease_until=timezone.now(), attempts=0)
    start_worker()
    wait_for(lambda: _now(job).status not in (JobStatus.WAITING, JobStatus.RUNNING), 120, "the end")
    outcome = imports.outcome_of(_now(job))
    assert (_now(job).status, outcome.rows) == (JobStatus.DONE, ROWS)
    assert (outcome.created, outcome.duplicates, outcome.refused) == (58_200, 600, 1_200)
    assert (outcome.updated, outcome.unchanged, outcome.consents) == (0, 0, {"sms": 58_200})
    assert (Contact.objects.count(), Group.objects.get().size) == (58_200, 58_200)
    assert Contact.objects.filter(consents__state="granted").distinct().count() == 58_200
    with imports.leftovers_path(job).open(encoding="utf-8") as file:
        assert sum(1 for _line in file) == 1 + 600 + 1_200


def _now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)
