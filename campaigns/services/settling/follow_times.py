"""When a vendor is asked what became of a request that it accepted: by the clock, not by the number of tries, so that
late or lost polls catch up."""

from __future__ import annotations

from datetime import datetime, timedelta

from campaigns.providers.base import Capabilities

# A request that the vendor keeps for later: asked once soon, which proves that it is there, and again from its time on.
PROOF = timedelta(seconds=60)
AFTER_DUE = timedelta(seconds=30)
# A request that has just been accepted may not be visible yet.
GRACE = timedelta(seconds=60)


def next_at(capabilities: Capabilities, made_at: datetime, due_at: datetime | None, now: datetime) -> datetime | None:
    """The next moment after `now` at which to ask about a request that was accepted at `made_at`; `due_at`: when the
    vendor is to send it, if later. None when nothing can be asked, or when the time to ask is over."""
    if not capabilities.follow_after:
        return None
    begin, end = made_at, (due_at or made_at) + timedelta(seconds=capabilities.follow_for)
    if due_at is not None and due_at > made_at:
        begin = due_at + AFTER_DUE
        if now < made_at + PROOF < begin:
            return made_at + PROOF
        if now < begin:
            return begin
    if now >= end:
        return None
    return min(begin + timedelta(seconds=_offset_after(capabilities.follow_after, (now - begin).total_seconds())), end)


def may_be_invisible(made_at: datetime, now: datetime) -> bool:
    """Whether "not known" may only mean "not yet"."""
    return now - made_at < GRACE


def _offset_after(schedule: tuple[float, ...], age: float) -> float:
    """The first of the moments that lies after `age` (seconds); beyond the last one its distance repeats."""
    for moment in schedule:
        if moment > age:
            return moment
    gap = schedule[-1] - schedule[-2] if len(schedule) > 1 else schedule[-1]
    return schedule[-1] + gap * ((age - schedule[-1]) // gap + 1)
