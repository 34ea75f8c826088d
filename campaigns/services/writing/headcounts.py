"""Audience counts for screens: exact at once where that is quick, remembered for a minute where it is not.

Counting a million people by reason takes seconds; a page may not. What is promised (the number on the button, the
schedule) is always counted afresh by `audience.count`.
"""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.db.models import Sum

from campaigns.querysets.audience import AudienceSpec
from campaigns.services.writing import audience
from campaigns.services.writing.audience import Counts
from contacts.models import Contact, Group

QUICK = 50_000  # people that are counted while the page waits
REMEMBER = 60  # seconds


def of(spec: AudienceSpec) -> Counts | None:
    """The counts for a page; None when they would take too long and nobody asked for them lately."""
    if at_most(spec) <= QUICK:
        return audience.count(spec)
    remembered: Counts | None = cache.get(_key(spec))
    return remembered


def counted(spec: AudienceSpec) -> Counts:
    """The counts, however long they take; remembered for the pages that follow."""
    counts = audience.count(spec)
    if counts.total > QUICK:
        cache.set(_key(spec), counts, REMEMBER)
    return counts


def at_most(spec: AudienceSpec) -> int:
    """More people than this are surely not in the audience. Reads counters and index ends, never the people."""
    if spec.everyone:
        lowest, highest = id_range(spec.workspace_id)
        return highest - lowest + 1 if highest else 0
    groups = Group.objects.filter(workspace_id=spec.workspace_id, pk__in=spec.include)
    return int(groups.aggregate(people=Sum("size"))["people"] or 0)


def id_range(workspace_id: int) -> tuple[int, int]:
    """(lowest, highest) contact id of a workspace, (0, 0) without contacts. Two questions: asked for both ends at
    once, SQLite reads the whole index."""
    ids = Contact.objects.filter(workspace_id=workspace_id).values_list("pk", flat=True)
    return ids.order_by("pk").first() or 0, ids.order_by("-pk").first() or 0


def _key(spec: AudienceSpec) -> str:
    return f"headcount:{hashlib.sha256(repr(spec).encode()).hexdigest()}"
