"""Which rows: ids of ledger rows by status, locked for a decision, or due for a look-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from campaigns.models import Dispatch, Recipient
from campaigns.querysets import shelves, sql
from campaigns.states import RecipientStatus


class Owned(NamedTuple):
    """What a reference to a ledger row is compared with."""

    dispatch_id: int
    key: str  # of the dispatch
    attempt: int


def of_account(account_id: int, ids: Sequence[int]) -> dict[int, Owned]:
    """Those of `ids` that were sent through the account.

    Two statements: for their join SQLite read the whole ledger of each of the account's dispatches.
    """
    if not ids:
        return {}
    listed, param = sql.among(ids)
    rows = sql.many("id, dispatch_id, attempt", f"FROM campaigns_recipient WHERE id {listed}", [param])
    found = {pk: (dispatch_id, attempt) for pk, dispatch_id, attempt in rows}
    own = Dispatch.objects.filter(pk__in={dispatch_id for dispatch_id, _ in found.values()}, account=account_id)
    keys = dict(own.values_list("pk", "key"))
    return {
        pk: Owned(dispatch_id, keys[dispatch_id], attempt)
        for pk, (dispatch_id, attempt) in found.items()
        if dispatch_id in keys
    }


def in_status(dispatch_id: int, *statuses: str, reasons: Sequence[str] | None = None) -> list[int]:
    """Ids in order, by the (dispatch, status, id) index."""
    found = Recipient.objects.filter(shelves.holds(*statuses), dispatch_id=dispatch_id)
    if reasons is not None:
        found = found.filter(reason__in=reasons)
    return list(found.order_by("id").values_list("id", flat=True))


def just_failed(dispatch_id: int, ids: Sequence[int], now: datetime) -> list[int]:
    """Those of `ids` that failed in the transaction of `now`."""
    found = Recipient.objects.filter(dispatch_id=dispatch_id, pk__in=ids, status=RecipientStatus.FAILED, final_at=now)
    return list(found.order_by("pk").values_list("pk", flat=True))


def lock(dispatch_id: int, ids: Sequence[int], sources: frozenset[str]) -> list[int]:
    """Those of `ids` that belong to the dispatch and are in one of `sources`, locked until commit."""
    found = Recipient.objects.select_for_update().filter(dispatch_id=dispatch_id, pk__in=ids, status__in=sources)
    return list(found.order_by("pk").values_list("pk", flat=True))


def next_attempt(ids: Sequence[int]) -> None:
    """A new logical send: the provider must not take it for the old one."""
    Recipient.objects.filter(pk__in=ids).update(
        attempt=F("attempt") + 1, provider_message_id="", handed_over_at=None, final_at=None
    )


def batches_with_unknown(dispatch_id: int) -> list[int]:
    found = Recipient.objects.filter(
        shelves.holds(RecipientStatus.UNKNOWN), dispatch_id=dispatch_id, batch_no__isnull=False
    )
    return [int(no) for no in found.order_by().values_list("batch_no", flat=True).distinct() if no is not None]


def _of_batch(dispatch_id: int, number: int) -> QuerySet[Recipient]:
    return Recipient.objects.filter(dispatch_id=RawSQL(sql.UNSEEN, [dispatch_id]), batch_no=number)  # noqa: S611


def unknown_rows(dispatch_id: int, number: int) -> list[tuple[int, int, int]]:
    """(id, attempt, parts) of a batch's rows whose outcome is unknown."""
    found = _of_batch(dispatch_id, number).filter(status=RecipientStatus.UNKNOWN)
    return list(found.order_by("id").values_list("id", "attempt", "parts"))


def of_ticket(dispatch_id: int, batch_no: int, ticket: str, sources: frozenset[str]) -> list[int]:
    """Ids of the rows that went to the vendor under this ticket and are in one of `sources`."""
    found = _of_batch(dispatch_id, batch_no).filter(provider_message_id=ticket, status__in=sources)
    return list(found.order_by("pk").values_list("pk", flat=True))


def give_reason(dispatch_id: int, recipient_id: int, reason: str) -> list[tuple[str, str]]:
    """Write a reason on a row that was handed over and is not final, status unchanged; (status, old reason) when
    that changed it."""
    open_rows = Recipient.objects.select_for_update().filter(
        dispatch_id=dispatch_id, pk=recipient_id, status__in=(RecipientStatus.ACCEPTED, RecipientStatus.SENT)
    )
    before = list(open_rows.exclude(reason=reason).values_list("status", "reason"))
    if before:
        Recipient.objects.filter(pk=recipient_id).update(reason=reason)
    return before
