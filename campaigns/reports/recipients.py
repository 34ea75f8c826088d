"""A dispatch's people as a stream, in chunks by key: memory does not grow with the dispatch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from django.db.models import Q

from campaigns.models import Dispatch, Recipient
from campaigns.querysets import in_flight, reading
from campaigns.reports import columns
from campaigns.reports.spreadsheet import open_table
from campaigns.services.showing import figures
from campaigns.services.showing.recipients import Wanted, ids_of

CHUNK = 5_000  # ledger ids per query
FORMATS = ("csv", "jsonl")

Ledger = list[tuple[Any, ...]]


def write(
    dispatch: Dispatch, wanted: Wanted, file: TextIO, kind: str, now: datetime, *, bom: bool = False
) -> Iterator[int]:
    """Write the people that `wanted` means to `file`, as "csv" or "jsonl"; gives the rows written so far after each
    chunk, so that the caller reports progress and may stop."""
    table = open_table(file, kind, bom=bom)
    table.head(columns.COLUMNS)
    done = 0
    for chunk in chunks(dispatch, wanted, now):
        table.rows(columns.rows(dispatch, chunk))
        done += len(chunk)
        yield done


def chunks(dispatch: Dispatch, wanted: Wanted, now: datetime) -> Iterator[Ledger]:
    """The ledger rows in id order, `columns.FIELDS` of each. Every row comes once, also while the dispatch runs."""
    if wanted == Wanted():
        yield from _everyone(dispatch)
    else:
        yield from _some(dispatch, wanted, now)


def _everyone(dispatch: Dispatch) -> Iterator[Ledger]:
    """By windows of the primary key: no index names a dispatch's rows in id order, but they lie close together."""
    ends = reading.bounds(dispatch.pk)
    if ends is None:
        return
    first, last = ends
    for start in range(first, last + 1, CHUNK):
        chunk = _read(dispatch, Q(pk__gte=start, pk__lt=start + CHUNK))
        if chunk:
            yield chunk


def _some(dispatch: Dispatch, wanted: Wanted, now: datetime) -> Iterator[Ledger]:
    situation, beyond = figures.circumstances(dispatch, now), None
    while ids := ids_of(dispatch, wanted, situation, now, beyond=beyond, limit=CHUNK):
        yield _read(dispatch, Q(pk__in=ids))
        beyond = ids[-1]


def _read(dispatch: Dispatch, condition: Q) -> Ledger:
    found = Recipient.objects.filter(condition, dispatch=dispatch).annotate(status_now=in_flight.status())
    return list(found.order_by("pk").values_list(*columns.FIELDS))
