"""How a lane takes batches, writes its intent, and gives back what it did not send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from campaigns.querysets import in_flight, shelves, sql, tallies
from campaigns.states import Reason, RecipientStatus
from contacts.states import Consent

# The rows of a batch are found by its number. The expression keeps the planners off the index by status, which holds
# everything that waits.
_QUEUED = "(status || '') = 'queued'"

_TAKE = (
    "UPDATE campaigns_batch SET status = 'claimed', token = %s, lease_until = %s, started_at = NULL, tries = tries + 1 "
    "WHERE status = 'ready' AND id IN (SELECT id FROM next) "
    'RETURNING id, number, "key", size, tries, resubmission, (SELECT COUNT(*) FROM campaigns_recipient r '
    "WHERE r.dispatch_id = campaigns_batch.dispatch_id AND r.batch_no = campaigns_batch.number "
    "AND (r.status || '') = 'queued') AS people"
)
# `tallies.shift` for the people of `taken`.
_COUNT = (
    "INSERT INTO campaigns_tally (dispatch_id, status, reason, n) SELECT %s, v.status, '', v.sign * t.n "
    "FROM (SELECT SUM(people) AS n FROM taken) t, (VALUES ('claimed', 1), ('queued', -1)) v (status, sign) "
    f"WHERE t.n > 0 ORDER BY v.status {tallies.ADDING}"
)
_SENDING = "EXISTS (SELECT 1 FROM campaigns_dispatch d WHERE d.id = %s AND d.status = 'sending')"


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """`people`: who waited in it when a lane took it."""

    id: int
    number: int
    key: UUID
    size: int
    tries: int
    resubmission: bool
    people: int = 0


class ClaimedRow(NamedTuple):
    """A ledger row in a lane's hands. `values` is the frozen JSON text. (A tuple: made in a fifth of the time.)"""

    id: int
    batch_no: int
    address: str
    values: str
    attempt: int
    contact_id: int | None


def take_batches(
    dispatch_id: int, limit: int, token: str, now: datetime, lease_until: datetime, last: int | None = None
) -> list[ClaimedBatch]:
    """Claim the next ready batches of a dispatch, and count their people as claimed, in one transaction; lowest numbers
    first, none above `last`, and none of a dispatch that is not being sent. Whoever stops a dispatch closes its ready
    batches: a batch is his or ours, never both's.

    Notes that a lane serves the dispatch, and so locks it before its batches and its counters, as everybody does who
    writes them, also who stops it: two would else wait for each other.
    """
    turn = "UPDATE campaigns_dispatch SET last_claim_at = %s WHERE id = %s AND status = 'sending'"
    until = "" if last is None else f"AND number <= {int(last)} "
    skip_locked = " FOR UPDATE SKIP LOCKED" if sql.is_postgres() else ""
    # MATERIALIZED: PostgreSQL may otherwise run a locking subquery again for each row, and take more than `limit`.
    following = (
        "WITH next AS MATERIALIZED (SELECT id FROM campaigns_batch WHERE dispatch_id = %s AND status = 'ready' "
        f"AND not_before <= %s {until}AND {_SENDING} ORDER BY number LIMIT %s{skip_locked})"
    )
    params = [dispatch_id, sql.stamp(now), dispatch_id, limit, token, sql.stamp(lease_until)]
    first = (turn, [sql.stamp(now), dispatch_id])
    if sql.is_postgres():  # in one statement, because the counters would be an answer more to wait for
        take = f"{following}, taken AS ({_TAKE}), counted AS ({_COUNT}) SELECT * FROM taken"
        _, found = sql.together([first, (take, [*params, dispatch_id])])
    else:
        with transaction.atomic():
            _, found = sql.together([first, (f"{following} {_TAKE}", params)])
            people = sum(row[-1] for row in found)
            tallies.shift(dispatch_id, {(RecipientStatus.QUEUED, ""): -people, (RecipientStatus.CLAIMED, ""): people})
    batches = [
        ClaimedBatch(pk, number, key if isinstance(key, UUID) else UUID(key), size, tries, bool(again), people)
        for pk, number, key, size, tries, again, people in found
    ]
    return sorted(batches, key=lambda batch: batch.number)


def writable(channel: str, workspace_id: int, marketing: bool, test: bool) -> tuple[str, list[object]]:
    """A condition on ledger rows, with its parameters: who may be written to at this moment."""
    still = (
        "NOT EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.workspace_id = %s AND s.channel = %s "
        "AND s.address = campaigns_recipient.address)"
    )
    if not test:
        wanted = f"= '{Consent.GRANTED}'" if marketing else f"<> '{Consent.WITHDRAWN}'"
        # A value, not EXISTS: that would be a join, which PostgreSQL may begin with the contacts.
        still += (
            f" AND COALESCE((SELECT c.{channel}_consent FROM contacts_contact c "
            f"WHERE c.id = campaigns_recipient.contact_id), '{Consent.WITHDRAWN}') {wanted}"
        )
    return still, [workspace_id, channel]


def take_rows(
    dispatch_id: int,
    numbers: Sequence[int],
    *,
    channel: str,
    workspace_id: int,
    marketing: bool,
    test: bool,
    confirmation: bool = False,
) -> list[ClaimedRow]:
    """The rows of these claimed batches who may still be written to, in id order. They are the caller's, so this needs
    no transaction: SQLite's one writer need not wait until they are read.

    Suppression and consent are asked here again (DESIGN §5.5): somebody may have opted out since `prepare`.
    A test goes to addresses that a person has typed, which belong to no contact; the confirmation of an opt-out to
    somebody who is on the do-not-contact list because of it.
    """
    still, params = ("1 = 1", []) if confirmation else writable(channel, workspace_id, marketing, test)
    found = sql.many(
        'id, batch_no, address, "values", attempt, contact_id',
        f"FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no IN ({sql.marks(numbers)}) "
        f"AND {_QUEUED} AND {still}",
        [dispatch_id, *numbers, *params],
    )
    return [ClaimedRow._make(row) for row in sorted(found, key=itemgetter(0))]


def leftovers(
    dispatch_id: int, numbers: Sequence[int], taken: Iterable[ClaimedRow], *, channel: str, workspace_id: int
) -> list[tuple[int, int, str]]:
    """(batch number, id, reason) of the rows of these batches that `take_rows` left."""
    all_of_them = sql.rows(
        f"SELECT id FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no IN ({sql.marks(numbers)}) AND {_QUEUED}",
        [dispatch_id, *numbers],
    )
    # By their ids: asked once more, somebody taken may have opted out in between.
    left = sorted({int(pk) for (pk,) in all_of_them} - {row.id for row in taken})
    if not left:
        return []
    listed, param = sql.among(left)
    found = sql.rows(
        "SELECT r.batch_no, r.id, CASE "
        "WHEN EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.workspace_id = %s AND s.channel = %s "
        f"AND s.address = r.address) THEN '{Reason.SUPPRESSED}' "
        "WHEN NOT EXISTS (SELECT 1 FROM contacts_contact c WHERE c.id = r.contact_id) "
        f"THEN '{Reason.CONTACT_DELETED}' ELSE '{Reason.OPTED_OUT}' END "
        f"FROM campaigns_recipient r WHERE r.id {listed} ORDER BY r.id",
        [workspace_id, channel, param],
    )
    return [(int(no), int(pk), str(why)) for no, pk, why in found]


def write_intent(batch_ids: Sequence[int], token: str, dispatch_id: int, now: datetime) -> list[int]:
    """The last thing committed before requests leave. Gives the batches that may go: still ours, and their
    dispatch still sending, so that a pause or stop in the meantime keeps them here."""
    found = sql.rows(
        f"UPDATE campaigns_batch SET started_at = %s WHERE id IN ({sql.marks(batch_ids)}) AND token = %s "
        f"AND status = 'claimed' AND {_SENDING} RETURNING id",
        [sql.stamp(now), *batch_ids, token, dispatch_id],
    )
    return [int(pk) for (pk,) in found]


def still_held(batch_ids: Sequence[int], token: str) -> set[int]:
    """Those of these batches that are still in the hands of `token`, locked until commit. A lane that stalled for
    longer than its lease has lost them: they are swept, and perhaps another lane has sent them."""
    locking = " FOR UPDATE" if sql.is_postgres() else ""
    found = sql.rows(
        f"SELECT id FROM campaigns_batch WHERE id IN ({sql.marks(batch_ids)}) AND token = %s AND status = 'claimed' "
        f"ORDER BY id{locking}",
        [*batch_ids, token],
    )
    return {int(pk) for (pk,) in found}


def renew_leases(token: str, lease_until: datetime) -> int:
    return sql.run(
        "UPDATE campaigns_batch SET lease_until = %s WHERE token = %s AND status = 'claimed'",
        [sql.stamp(lease_until), token],
    )


def give_back_batch(
    batch_id: int, not_before: datetime, http_status: int | None = None, excerpt: str = "", *, tried: bool = True
) -> int:
    """claimed → ready. `tried`: the provider was asked; what never left has cost no try."""
    return sql.run(
        "UPDATE campaigns_batch SET status = 'ready', token = '', lease_until = NULL, started_at = NULL, "
        "tries = tries - %s, not_before = %s, http_status = %s, excerpt = %s WHERE id = %s AND status = 'claimed'",
        [0 if tried else 1, sql.stamp(not_before), http_status, excerpt[:500], batch_id],
    )


def lose_rows(dispatch_id: int, number: int, reason: Reason) -> int:
    """claimed → unknown: the request perhaps arrived."""
    return sql.run(
        f"UPDATE campaigns_recipient SET status = 'unknown', reason = %s WHERE {sql.DISPATCH} AND batch_no = %s "
        f"AND {_QUEUED}",
        [reason, dispatch_id, number],
    )


def closing(
    batch_id: int, status: str, now: datetime, *, http_status: int | None, excerpt: str, look_up_at: datetime | None
) -> sql.Statement:
    """claimed → `status`."""
    return (
        "UPDATE campaigns_batch SET status = %s, token = '', lease_until = NULL, finished_at = %s, http_status = %s, "
        "excerpt = %s, look_up_at = %s WHERE id = %s AND status = 'claimed'",
        [status, sql.stamp(now), http_status, excerpt[:500], sql.stamp(look_up_at), batch_id],
    )


def cancel_queued(dispatch_id: int, limit: int, now: datetime) -> int:
    """queued → cancelled for up to `limit` rows of a stopped dispatch that no lane is handing over: chunks, so that no
    writer waits long. The last first: on PostgreSQL those who were accepted stand before them (`shelves`)."""
    index = shelves.column()
    return sql.run(
        f"UPDATE campaigns_recipient SET status = 'cancelled', reason = '{Reason.STOPPED}', final_at = %s "
        f"WHERE id IN (SELECT r.id FROM campaigns_recipient r WHERE r.dispatch_id = %s AND r.{index} = %s "
        f"AND r.status = 'queued' AND NOT {in_flight.HELD} ORDER BY r.{index} DESC, r.id DESC LIMIT %s) "
        "AND status = 'queued'",
        [sql.stamp(now), dispatch_id, shelves.of(RecipientStatus.QUEUED), limit],
    )
