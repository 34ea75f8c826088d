"""Points of a batch's way at which a process stops and waits to be killed.

The harness writes the name of a point into the file `stop`; the first process to get there takes the file, leaves a
note with its process id and does nothing more. So exactly one process stops, once, at exactly that line.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaigns.querysets import chunks, claims
from campaigns.services.sending import lanes, outcomes
from campaigns.services.sending.courier import Courier
from campaigns.services.settling import receipts, settle

ORDER, REACHED = "stop", "reached"

IN_PREPARE = "in the transaction that writes the audience"
AFTER_CLAIM = "after the claim is committed"
AHEAD = "when it has taken a batch ahead"
BEFORE_INTENT = "before the intent is committed"
AFTER_INTENT = "after the intent is committed"
AFTER_ANSWER = "after the answer, before anything is written"
BEFORE_OUTCOME = "in the transaction of the outcome, before its commit"
IN_SWEEP = "in the transaction that sweeps a dead worker's batch"
IN_LOOK_UP = "after a look-up was asked, before it is written"
IN_RECEIPTS = "in the transaction that applies receipts"


def order(folder: Path, point: str) -> None:
    """Let the next process that comes to `point` stop there."""
    (folder / REACHED).unlink(missing_ok=True)
    new = folder / f"{ORDER}.new"
    new.write_text(point)
    new.rename(folder / ORDER)


def cancel(folder: Path) -> None:
    (folder / ORDER).unlink(missing_ok=True)
    (folder / REACHED).unlink(missing_ok=True)


def reached_by(folder: Path) -> int | None:
    """The id of the process that stands at the point; None while none does."""
    try:
        return int((folder / REACHED).read_text() or 0) or None
    except FileNotFoundError:
        return None


def install(folder: Path) -> None:
    """Wrap the engine's own functions. One that has gone fails loudly: the harness must know where it stops."""

    def at(point: str) -> None:
        _stop_at(folder, point)

    _wrap(chunks, "write", after=lambda: at(IN_PREPARE))
    _wrap(claims, "take_batches", after=lambda: at(AFTER_CLAIM))
    _wrap(lanes._Slice, "_claim_ahead", after=lambda: at(AHEAD))
    _wrap(claims, "write_intent", before=lambda: at(BEFORE_INTENT))
    _wrap(Courier, "send", before=lambda: at(AFTER_INTENT))
    _wrap(outcomes, "settle_flights", before=lambda: at(AFTER_ANSWER))
    _wrap(outcomes, "note_tickets", after=lambda: at(BEFORE_OUTCOME))
    _wrap(claims, "lose_rows", after=lambda: at(IN_SWEEP))
    _wrap(settle, "_after_look_up", before=lambda: at(IN_LOOK_UP))
    _wrap(receipts, "_move_rows", after=lambda: at(IN_RECEIPTS))


def _wrap(
    owner: Any, name: str, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None
) -> None:
    wrapped = getattr(owner, name)

    def run(*args: Any, **kwargs: Any) -> Any:
        if before:
            before()
        result = wrapped(*args, **kwargs)
        if after:
            after()
        return result

    setattr(owner, name, run)


def _stop_at(folder: Path, point: str) -> None:
    file = folder / ORDER
    try:
        if file.read_text() != point:
            return
        file.rename(folder / f"{ORDER}.taken")  # only one process succeeds
    except FileNotFoundError:
        return
    note = folder / f"{REACHED}.new"
    note.write_text(str(os.getpid()))
    note.rename(folder / REACHED)
    while True:  # SIGKILL ends this
        time.sleep(60)
