"""Ledger rows as they stand, for what happens to them outside a lane: a repetition, or a campaign on a remote list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from campaigns.models import Recipient
from campaigns.querysets import claims, sql
from campaigns.querysets.claims import ClaimedRow
from campaigns.states import Reason, RecipientStatus

_COLUMNS = ("id", "batch_no", "address", "values", "attempt", "contact_id")


def rows(dispatch_id: int, number: int, status: str) -> list[ClaimedRow]:
    """Rows of one batch in a status, in id order."""
    found = Recipient.objects.filter(dispatch_id=dispatch_id, batch_no=number, status=status).order_by("pk")
    return [ClaimedRow(*row) for row in found.values_list(*_COLUMNS)]


def writable_ids(
    dispatch_id: int, number: int, status: str, *, channel: str, workspace_id: int, marketing: bool, test: bool
) -> set[int]:
    """Those of a batch's rows in a status who may be written to at this moment."""
    still, params = claims.writable(channel, workspace_id, marketing, test)
    found = sql.rows(
        "SELECT id FROM campaigns_recipient WHERE dispatch_id = %s AND batch_no = %s AND status = %s AND " + still,
        [dispatch_id, number, status, *params],
    )
    return {int(pk) for (pk,) in found}


def skip_unwanted(
    dispatch_id: int, first: int, last: int, *, channel: str, workspace_id: int, marketing: bool, now: datetime
) -> list[str]:
    """queued → skipped for the rows of batches `first` to `last` who may not be written to any more; their reasons."""
    still, params = claims.writable(channel, workspace_id, marketing, test=False)
    found = sql.rows(
        "UPDATE campaigns_recipient SET status = 'skipped', final_at = %s, reason = CASE "
        "WHEN EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.workspace_id = %s AND s.channel = %s "
        f"AND s.address = campaigns_recipient.address) THEN '{Reason.SUPPRESSED}' "
        "WHEN NOT EXISTS (SELECT 1 FROM contacts_contact c WHERE c.id = campaigns_recipient.contact_id) "
        f"THEN '{Reason.CONTACT_DELETED}' ELSE '{Reason.OPTED_OUT}' END "
        f"WHERE dispatch_id = %s AND batch_no BETWEEN %s AND %s AND status = 'queued' AND NOT ({still}) "
        "RETURNING reason",
        [sql.stamp(now), workspace_id, channel, dispatch_id, first, last, *params],
    )
    return [str(why) for (why,) in found]


def note_parts(parts: Mapping[int, int]) -> None:
    """Write how many parts rows have, id -> parts, before they leave; one statement for each number of parts."""
    by_parts: dict[int, list[int]] = {}
    for pk, n in parts.items():
        by_parts.setdefault(n, []).append(pk)
    for n, ids in sorted(by_parts.items()):
        Recipient.objects.filter(pk__in=ids).update(parts=n)


def count(dispatch_id: int, last: int, *statuses: str) -> int:
    """Rows of the batches up to `last` in one of the statuses."""
    return Recipient.objects.filter(dispatch_id=dispatch_id, batch_no__lte=last, status__in=statuses).count()


def skipped_addresses(dispatch_id: int, last: int) -> list[str]:
    """Addresses of rows of the batches up to `last` that will not be written to after all."""
    found = Recipient.objects.filter(dispatch_id=dispatch_id, batch_no__lte=last, status=RecipientStatus.SKIPPED)
    return list(found.order_by("pk").values_list("address", flat=True))


def move_all(
    dispatch_id: int, sources: Sequence[tuple[str, str]], target: str, **fields: object
) -> dict[tuple[str, str], int]:
    """All rows with a batch from (status, reason) `sources` to `target`, with `fields`; how many came from each.
    Whoever moves to a target that has no reason loses the one before."""
    moved = {}
    for status, reason in sources:
        found = Recipient.objects.filter(dispatch_id=dispatch_id, batch_no__isnull=False, status=status, reason=reason)
        moved[status, reason] = found.update(**{"reason": "", **fields, "status": target})
    return moved


def ticket_rows(wanted: Mapping[int, Sequence[str]]) -> list[Recipient]:
    """Rows with a batch by dispatch and addresses, with their dispatch's key."""
    conditions = [Q(dispatch_id=dispatch_id, address__in=addresses) for dispatch_id, addresses in wanted.items()]
    return _any_of(conditions)


def ticketless_rows(batches: Sequence[tuple[int, int]], addresses: Sequence[str]) -> list[Recipient]:
    """Rows of these (dispatch, batch number) that the vendor has or may have, under a ticket that nobody knows."""
    by_dispatch: dict[int, list[int]] = {}
    for dispatch_id, number in batches:
        by_dispatch.setdefault(dispatch_id, []).append(number)
    found = _any_of(
        [Q(dispatch_id=pk, address__in=addresses, batch_no__in=numbers) for pk, numbers in by_dispatch.items()]
    )
    mine = (RecipientStatus.ACCEPTED, RecipientStatus.UNKNOWN, RecipientStatus.QUEUED)  # queued: under way
    return [row for row in found if row.status in mine and not row.provider_message_id]


def _any_of(conditions: Sequence[Q]) -> list[Recipient]:
    if not conditions:
        return []
    found = Recipient.objects.filter(reduce(or_, conditions), batch_no__isnull=False).select_related("dispatch")
    return list(
        found.only(
            "pk", "batch_no", "address", "attempt", "status", "provider_message_id", "dispatch__key", "dispatch_id"
        )
    )
