"""What a claim costs at the beginning and near the end of a dispatch: the same, or large ones would crawl."""

from __future__ import annotations

from datetime import timedelta
from statistics import median

from django.db import transaction
from django.utils import timezone

from campaigns.models import Dispatch
from campaigns.querysets import claims, sql, tallies
from tests.bench.measure import Figure, stopwatch

TIMES = 15


def figures(made: Dispatch) -> list[Figure]:
    """Milliseconds per claim of a batch with its rows, with 1 % and with 99 % of `made` handed over (it is left so)."""
    found = []
    for percent in (1, 99):
        _hand_over(made, made.batches * percent // 100)
        taken = sorted(_claim(made) for _ in range(TIMES))
        found.append(Figure(f"claim, {percent} % sent", median(taken), unit="ms", note=f"{made.people:,} people"))
    return found


def _hand_over(made: Dispatch, last: int) -> None:
    """Everything up to batch `last` is accepted."""
    moved = sql.run(
        "UPDATE campaigns_recipient SET status = 'accepted', handed_over_at = %s WHERE dispatch_id = %s "
        "AND batch_no <= %s AND status = 'queued'",
        [sql.stamp(timezone.now()), made.pk, last],
    )
    sql.run("UPDATE campaigns_batch SET status = 'done' WHERE dispatch_id = %s AND number <= %s", [made.pk, last])
    tallies.shift(made.pk, {("queued", ""): -moved, ("accepted", ""): moved})


def _claim(made: Dispatch) -> float:
    """One claim, taken back; milliseconds."""
    now = timezone.now()
    with transaction.atomic():
        with stopwatch() as watch:
            batches = claims.take_batches(made.pk, 1, "bench", now, now + timedelta(seconds=60))
            rows = claims.take_rows(
                made.pk,
                [batch.number for batch in batches],
                channel="sms",
                workspace_id=made.workspace_id,
                marketing=True,
                test=False,
            )
        if len(rows) != sum(batch.size for batch in batches) or not rows:
            raise RuntimeError("a claim took other rows than those of its batch")
        transaction.set_rollback(True)
    return watch.seconds * 1_000
