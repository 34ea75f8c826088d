"""Is there anything to do? One statement, written once, in front of everything that looks every second.

Most installations are idle most of the time, and then this and a sign of life are all that a second costs. Each line
may say yes too often, never too seldom: what it stands for asks again, exactly.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.querysets import sql
from campaigns.states import BEFORE_LAUNCH, BatchStatus, CampaignStatus, DispatchStatus, RecipientStatus
from console.models import JobStatus


class Agenda(NamedTuple):
    """What the second `now` has work for."""

    clock: bool  # a sign of life lies ahead of us: the clock was set back
    callbacks: bool  # in the inbox, to be applied
    jobs: bool  # waiting, or left by a dead worker
    dispatches: bool  # a start that is due, something being prepared or sent, a dead lane, a request to ask about


_BEFORE_LAUNCH = ", ".join(f"'{status}'" for status in BEFORE_LAUNCH)
# Statuses are written out, not parameters: only so does SQLite take the partial indexes.
_DISPATCHES = (
    f"SELECT 1 FROM campaigns_campaign WHERE status = '{CampaignStatus.SCHEDULED}' AND start_at <= %s",
    f"SELECT 1 FROM campaigns_dispatch WHERE status IN ('{DispatchStatus.PREPARING}', '{DispatchStatus.SENDING}')",
    f"SELECT 1 FROM campaigns_batch WHERE status = '{BatchStatus.CLAIMED}' AND lease_until < %s",
    "SELECT 1 FROM campaigns_ticket WHERE follow_at <= %s",
    "SELECT 1 FROM campaigns_listrun WHERE next_at <= %s",
    "SELECT 1 FROM campaigns_dispatch d JOIN campaigns_listrun r ON r.dispatch_id = d.id "
    f"WHERE d.status = '{DispatchStatus.STOPPED}' AND r.status IN ({_BEFORE_LAUNCH})",
    "SELECT 1 FROM campaigns_dispatch d JOIN campaigns_tally t ON t.dispatch_id = d.id "
    f"WHERE d.status = '{DispatchStatus.STOPPED}' AND t.status = '{RecipientStatus.QUEUED}' AND t.n > 0",
)
_QUESTIONS = (
    ("SELECT 1 FROM console_heartbeat WHERE name = 'beat' AND at > %s",),
    ("SELECT 1 FROM campaigns_providerevent WHERE applied_at IS NULL AND (retry_at IS NULL OR retry_at <= %s)",),
    (
        f"SELECT 1 FROM console_job WHERE status = '{JobStatus.WAITING}'",
        f"SELECT 1 FROM console_job WHERE status = '{JobStatus.RUNNING}' AND lease_until < %s",
    ),
    _DISPATCHES,
)
_SQL = "SELECT " + ", ".join(" OR ".join(f"EXISTS ({one})" for one in parts) for parts in _QUESTIONS)
_TIMES = _SQL.count("%s") - 1


def of(now: datetime, clock_margin: timedelta) -> Agenda:
    """What there is to do now. `clock_margin`: how far ahead a sign of life may lie."""
    found = sql.rows(_SQL, [sql.stamp(now + clock_margin), *[sql.stamp(now)] * _TIMES])
    return Agenda._make(map(bool, found[0]))
