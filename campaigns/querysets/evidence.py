"""How the latest messages of a dispatch went, kept in two sliding buckets by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.querysets import sql

_FULL = "campaigns_evidence.tried >= %s"


@dataclass(slots=True)
class Signs:
    """What one transaction learned of a dispatch. `strange`: unreadable answers that are alike, since the last that
    could be read; `readable`: there was one."""

    tried: int = 0
    failed: int = 0
    strange: int = 0
    answer: str = ""
    readable: bool = False

    def add(self, tried: int, failed: int, answer: str = "", times: int = 1) -> None:
        """An answer about `tried` messages, of which `failed` failed; `answer`: what of it could not be read, and
        `times` how many such there were."""
        self.tried += tried
        self.failed += failed
        if not answer:
            self.strange, self.answer, self.readable = 0, "", True
        elif answer == self.answer:
            self.strange += times
        else:
            self.readable = self.readable or bool(self.answer)
            self.strange, self.answer = times, answer


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest messages of a dispatch, and how many unreadable answers came in a row."""

    tried: int
    failed: int
    strange: int


def noting(dispatch_id: int, source: str, signs: Signs, window: int) -> sql.Statement:
    """What adds to the evidence and gives what `standing` reads. A bucket that holds half of `window` makes way for the
    next, so the figures are of the last half to whole window, or of the last batch where that is larger."""
    half = max(1, window // 2)
    return (
        "INSERT INTO campaigns_evidence (dispatch_id, source, tried, failed, tried_before, failed_before, strange, "
        "answer) VALUES (%s, %s, %s, %s, 0, 0, %s, %s) ON CONFLICT (dispatch_id, source) DO UPDATE SET "
        f"tried_before = CASE WHEN {_FULL} THEN campaigns_evidence.tried ELSE campaigns_evidence.tried_before END, "
        f"failed_before = CASE WHEN {_FULL} THEN campaigns_evidence.failed ELSE campaigns_evidence.failed_before END, "
        f"tried = CASE WHEN {_FULL} THEN excluded.tried ELSE campaigns_evidence.tried + excluded.tried END, "
        f"failed = CASE WHEN {_FULL} THEN excluded.failed ELSE campaigns_evidence.failed + excluded.failed END, "
        "strange = excluded.strange + CASE WHEN %s AND excluded.strange > 0 AND campaigns_evidence.answer = "
        "excluded.answer THEN campaigns_evidence.strange ELSE 0 END, answer = excluded.answer "
        "RETURNING tried, failed, tried_before, failed_before, strange",
        [
            dispatch_id, source, signs.tried, signs.failed, signs.strange, signs.answer[:200], half, half, half, half,
            not signs.readable,
        ],
    )  # fmt: skip


def standing(found: Sequence[Sequence[int]], window: int) -> Standing:
    """The rows that `noting` gave, read."""
    tried, failed, tried_before, failed_before, strange = found[0]
    if tried >= window:
        return Standing(tried, failed, strange)
    return Standing(tried + tried_before, failed + failed_before, strange)


def forget(dispatch_id: int) -> None:
    """A person has looked: what is held against the dispatch begins anew."""
    sql.run("DELETE FROM campaigns_evidence WHERE dispatch_id = %s", [dispatch_id])


def by_status(dispatch_id: int, last_batch: int) -> dict[str, int]:
    """People of the first batches up to `last_batch` by status: a canary, so few rows."""
    found = sql.rows(
        f"SELECT status, COUNT(*) FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no <= %s GROUP BY status",
        [dispatch_id, last_batch],
    )
    return {str(status): int(n) for status, n in found}
