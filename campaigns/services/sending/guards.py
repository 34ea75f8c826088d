"""What makes a dispatch pause itself and call a person: too many failures, and answers that make no sense.

The evidence is counted by the transactions that write outcomes and receipts (`querysets.evidence`); here it is judged.
The budget and the canary have files of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Dispatch, DispatchKind
from campaigns.providers.base import Capabilities
from campaigns.querysets import evidence
from campaigns.querysets.evidence import Standing
from campaigns.services.sending import moves
from campaigns.states import Hold
from console.models import Workspace

_OF_ONE_ANSWER = re.compile(r"[\w.+-]+@[\w.-]+|[\w-]*\d[\w-]*")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold this dispatch for this reason: `failed` of the last `tried` messages."""

    dispatch: Dispatch
    reason: Hold
    failed: int
    tried: int


def is_watched(dispatch: Dispatch) -> bool:
    """Tests, answers and confirmations are a few messages that somebody looks at."""
    return dispatch.kind == DispatchKind.CAMPAIGN


def share_of(dispatch: Dispatch) -> int:
    """Failures in per cent at which it is held: the campaign's own figure, else the workspace's; 0 = never."""
    own = dispatch.failure_share
    return dispatch.workspace.failure_share if own is None else own


def waits(capabilities: Capabilities) -> bool:
    """Whether a message in doubt is no failure yet, because the vendor will be asked or gets the same request again.
    One answer that is lost on its way says nothing about the others, and most of such messages have arrived."""
    return bool(capabilities.look_up_after)


def judge(dispatch: Dispatch, standing: Standing) -> Verdict | None:
    """What the latest messages of a dispatch say about it."""
    workspace: Workspace = dispatch.workspace
    share = share_of(dispatch)
    if workspace.strange_answers and standing.strange >= workspace.strange_answers:
        return Verdict(dispatch, Hold.NONSENSE, standing.failed, standing.tried)
    enough = standing.tried >= workspace.failure_least
    if share and enough and standing.failed * 100 >= share * standing.tried:
        return Verdict(dispatch, Hold.FAILURES, standing.failed, standing.tried)
    return None


def enforce(verdicts: Iterable[Verdict], now: datetime) -> None:
    """Hold what was judged so; nothing happens to a dispatch that is already paused, held or over."""
    for verdict in verdicts:
        moves.hold(verdict.dispatch, verdict.reason, now, failed=verdict.failed, tried=verdict.tried)


def forget(dispatch: Dispatch) -> None:
    """A person has looked and lets it go on: the same evidence holds it no second time."""
    evidence.forget(dispatch.pk)


def likeness(text: str) -> str:
    """What two unreadable answers share when they are alike: their first words, without addresses, ids and times."""
    return _OF_ONE_ANSWER.sub("#", text).strip()[:80] or "?"
