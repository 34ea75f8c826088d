"""A ledger as it is after years: written by SQL, because nobody waits for ten million messages to be sent."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.querysets import sql
from campaigns.states import DispatchStatus
from contacts.models import Contact
from tests.bench.world import numbers

PIECE = 500_000
BATCH = 10  # as of a provider that takes few at once: as many batches as there will ever be
# Of a thousand people 900 have it; a few in a million met what hardly anybody meets (`RARE`), or nobody knows of them.
RARE = ("failed", "spam")
_CASES = (
    ("i %% 500000 = 7", *RARE),
    ("i %% 50000 = 9", "unknown", "no_answer"),
    ("i %% 1000 < 900", "delivered", ""),
    ("i %% 1000 < 950", "undelivered", "not_delivered"),
    ("i %% 1000 < 970", "failed", "rejected"),
    ("i %% 1000 < 990", "accepted", ""),
    ("i %% 1000 < 1000", "skipped", "no_consent"),
)
_STATUS = f"CASE {' '.join(f'''WHEN {when} THEN '{status}' ''' for when, status, _ in _CASES)}END"
_REASON = f"CASE {' '.join(f'''WHEN {when} THEN '{reason}' ''' for when, _, reason in _CASES)}END"


def write(made: Dispatch, people: int) -> int:
    """`people` rows of a finished dispatch, its batches and counters. The first of them are the people of the
    workspace, the others belong to contacts that are gone."""
    now = timezone.now()
    first = Contact.objects.filter(workspace=made.workspace_id).aggregate(first=Min("pk"))["first"] or 1
    for start in range(0, people, PIECE):
        _rows(made, start, min(PIECE, people - start), first, now)
    _batches(made, people, now)
    sql.run(
        "INSERT INTO campaigns_tally (dispatch_id, status, reason, n) SELECT dispatch_id, status, reason, COUNT(*) "
        "FROM campaigns_recipient WHERE dispatch_id = %s GROUP BY dispatch_id, status, reason",
        [made.pk],
    )
    Dispatch.objects.filter(pk=made.pk).update(
        people=people, status=DispatchStatus.FINISHED, started_at=now, prepared_at=now, finished_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return people


def _rows(made: Dispatch, start: int, people: int, first: int, now: datetime) -> None:
    sql.run(
        "INSERT INTO campaigns_recipient (dispatch_id, contact_id, batch_no, address, status, reason, detail, "
        '"values", attempt, parts, provider_message_id, handed_over_at) '
        f"{numbers(people)}, m(i) AS (SELECT i + {start} FROM n) "  # noqa: S608
        f"SELECT %s, {first} + i, CASE WHEN i %% 1000 < 990 THEN 1 + i / {BATCH} END, "
        f"'+34' || CAST(600000000 + i AS text), {_STATUS}, {_REASON}, '', '{{\"puntos\": 1}}', 1, 1, "
        f"'id-' || i, {_time()} FROM m",
        [made.pk, sql.stamp(now)],
    )


def _batches(made: Dispatch, people: int, now: datetime) -> None:
    """One for each number that the rows have; unknown where a row is."""
    key = "md5(i::text)::uuid" if sql.is_postgres() else "printf('%%032x', i)"
    sql.run(
        "INSERT INTO campaigns_batch (dispatch_id, number, key, size, status, not_before, token, tries, "
        f"resubmission, look_ups, started_at, finished_at, excerpt) {numbers(people // BATCH)} "
        f"SELECT %s, 1 + i, {key}, {BATCH}, CASE WHEN i %% {50_000 // BATCH} = 0 THEN 'unknown' ELSE 'done' END, "
        f"{_time()}, '', 1, {_false()}, 0, {_time()}, {_time()}, '' FROM n",
        [made.pk, *[sql.stamp(now)] * 3],
    )


def _time() -> str:
    return "%s::timestamptz" if sql.is_postgres() else "%s"


def _false() -> str:
    return "FALSE" if sql.is_postgres() else "0"
