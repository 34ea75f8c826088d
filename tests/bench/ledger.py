"""A ledger as it is after years: written by SQL, because nobody waits for ten million messages to be sent."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.querysets import sql
from campaigns.states import DispatchStatus
from tests.bench.world import numbers

PIECE = 500_000
BATCH = 1_000
# Of a thousand people 900 have it, and a few in a million met what hardly anybody meets: `RARE`.
RARE = ("failed", "spam")
_STATUS = (
    "CASE WHEN i %% 500000 = 7 THEN 'failed' WHEN i %% 1000 < 900 THEN 'delivered' WHEN i %% 1000 < 950 THEN "
    "'undelivered' WHEN i %% 1000 < 970 THEN 'failed' WHEN i %% 1000 < 990 THEN 'accepted' ELSE 'skipped' END"
)
_REASON = (
    "CASE WHEN i %% 500000 = 7 THEN 'spam' WHEN i %% 1000 < 900 THEN '' WHEN i %% 1000 < 950 THEN 'not_delivered' "
    "WHEN i %% 1000 < 970 THEN 'rejected' WHEN i %% 1000 < 990 THEN '' ELSE 'no_consent' END"
)


def write(made: Dispatch, people: int) -> int:
    """`people` rows of a finished dispatch, its batches and counters. They belong to contacts that are gone."""
    now = timezone.now()
    for start in range(0, people, PIECE):
        sql.run(
            "INSERT INTO campaigns_recipient (dispatch_id, contact_id, batch_no, address, status, reason, detail, "
            '"values", attempt, parts, provider_message_id, handed_over_at) '
            f"{numbers(min(PIECE, people - start))}, m(i) AS (SELECT i + {start} FROM n) "  # noqa: S608
            f"SELECT %s, 100000000 + i, CASE WHEN i %% 1000 < 990 THEN 1 + i / {BATCH} END, "
            f"'+34' || CAST(600000000 + i AS text), {_STATUS}, {_REASON}, '', '{{\"puntos\": 1}}', 1, 1, "
            f"'id-' || i, {'%s::timestamptz' if sql.is_postgres() else '%s'} FROM m",
            [made.pk, sql.stamp(now)],
        )
    sql.run(
        "INSERT INTO campaigns_tally (dispatch_id, status, reason, n) SELECT dispatch_id, status, reason, COUNT(*) "
        "FROM campaigns_recipient WHERE dispatch_id = %s GROUP BY dispatch_id, status, reason",
        [made.pk],
    )
    Dispatch.objects.filter(pk=made.pk).update(
        people=people, status=DispatchStatus.FINISHED, started_at=now, prepared_at=now, finished_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_recipient")
    return people
