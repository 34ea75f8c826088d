"""The audience, chunk by chunk, into the ledger: read before the transaction as far as the engine allows, then written
with one INSERT … SELECT."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from campaigns.querysets import sql
from campaigns.querysets.audience import REASONS, AudienceSpec, Fragment, address_column, members, own_reason, reason
from campaigns.states import Reason
from contacts.models import FIXED_FIELDS

# Nobody else writes the rows of this dispatch, so that only an address can be there already. One index to look at
# beforehand instead of three: a tenth of the time on PostgreSQL.
_UNLESS_DOUBLE = "ON CONFLICT (dispatch_id, address) WHERE batch_no IS NOT NULL DO NOTHING"
_COLUMNS = (
    '(dispatch_id, contact_id, batch_no, address, status, reason, detail, "values", attempt, parts, '
    "provider_message_id, final_at)"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The `people` of an audience with ids above the first of `bounds`, up to the second, as `read` found them.
    `sources`: `WITH a AS …`, the beginnings of the statements that write them; of `a` each row is a person with id,
    address, reason, frozen values, and `nth` of those who get it. `contacts`: all that there were in `bounds`, where
    people were read beforehand."""

    spec: AudienceSpec
    bounds: tuple[int, int]
    people: int
    sources: tuple[Fragment, ...]
    contacts: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """How a chunk is cut into batches of `size`, numbered from `first`. `alone` people are cut off from the others: the
    first batch is so short that one ends with them."""

    first: int
    size: int
    alone: int = 0


def next_bounds(spec: AudienceSpec, after: int, size: int) -> tuple[int, int] | None:
    """(contact id that ends the next chunk above `after`, people in it, at most `size`); None when nobody is left."""
    if spec.is_empty:
        return None
    if spec.everyone:
        ids, params = "id AS i FROM contacts_contact WHERE workspace_id = %s AND id", [spec.workspace_id]
    else:
        lists = f"contacts_groupmember WHERE group_id IN ({sql.marks(spec.include)})"
        ids, params = f"DISTINCT contact_id AS i FROM {lists} AND contact_id", list(spec.include)
    found = sql.rows(f"SELECT MAX(i), COUNT(i) FROM (SELECT {ids} > %s ORDER BY i LIMIT %s) a", [*params, after, size])
    last, people = found[0]
    return (int(last), int(people)) if people else None


def _frozen_values(spec: AudienceSpec, alias: str) -> Fragment:
    """JSON text of the field values that the content uses."""
    if not spec.names:
        return "'{}'", []
    pairs, params = [], []
    for name in spec.names:
        if name in FIXED_FIELDS:
            pairs.append(f"'{name}', {alias}.{name}")
        elif sql.is_postgres():
            pairs.append(f"%s::text, {alias}.attributes->%s")
            params += [name, name]
        else:
            pairs.append(f"%s, JSON_EXTRACT({alias}.attributes, %s)")
            params += [name, f'$."{name}"']
    if sql.is_postgres():
        return f"JSON_BUILD_OBJECT({', '.join(pairs)})::text", params
    return f"JSON_OBJECT({', '.join(pairs)})", params


def read(spec: AudienceSpec, bounds: tuple[int, int], people: int, *, exact: bool) -> Chunk:
    """The `people` in `bounds`, with reason and frozen values. `exact`: doubles, too, have their reason.

    On SQLite they are read here, into tables that only this connection has: its one writer need not wait for that. And
    they are numbered here, because a running count took a third of the statement that writes them. PostgreSQL's writers
    do not wait for each other, and one statement is quicker.
    """
    case, case_params = reason(spec) if exact else own_reason(spec, "c")
    where, where_params = members(spec, "c", bounds)
    frozen, frozen_params = _frozen_values(spec, "c")
    select = (
        f"SELECT c.id, c.{address_column(spec.channel)} AS address, {case} AS reason, {frozen} AS frozen "
        f"FROM contacts_contact c WHERE {where} ORDER BY c.id"
    )
    params = [*case_params, *frozen_params, *where_params]
    if sql.is_postgres():
        # MATERIALIZED: it would otherwise work the classification out again for each use of a reason.
        nth = "COUNT(*) FILTER (WHERE reason = '') OVER (ROWS UNBOUNDED PRECEDING)"
        source = f"WITH c AS MATERIALIZED ({select}), a AS (SELECT c.*, {nth} AS nth FROM c)"
        return Chunk(spec, bounds, people, ((source, params),))
    contacts = _contacts_in(bounds)
    _read_into_own_tables(select, params)
    reached = "SELECT chunk.*, nth FROM temp.reached CROSS JOIN temp.chunk WHERE chunk.id = reached.id"
    left_out = "SELECT *, 0 AS nth FROM temp.chunk WHERE reason <> ''"
    # Not UNION ALL: SQLite then hands each row on through a routine of its own, as for a running count.
    sources: tuple[Fragment, ...] = ((f"WITH a AS ({reached})", []), (f"WITH a AS ({left_out})", []))
    return Chunk(spec, bounds, people, sources, contacts)


def _read_into_own_tables(select: str, params: list[Any]) -> None:
    sql.run("CREATE TEMP TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, address, reason, frozen)", [])
    sql.run("CREATE TEMP TABLE IF NOT EXISTS reached (nth INTEGER PRIMARY KEY, id)", [])
    sql.run("DELETE FROM temp.chunk", [])
    sql.run("DELETE FROM temp.reached", [])
    sql.run(f"INSERT INTO temp.chunk {select}", params)
    sql.run("INSERT INTO temp.reached (id) SELECT id FROM temp.chunk WHERE reason = '' ORDER BY id", [])


def _contacts_in(bounds: tuple[int, int]) -> int:
    return int(sql.rows("SELECT COUNT(*) FROM contacts_contact WHERE id > %s AND id <= %s", bounds)[0][0])


def _drop_who_was_deleted() -> None:
    """To look for each, every time, took an eighth of the statement that writes them."""
    sql.run("DELETE FROM temp.chunk WHERE NOT EXISTS (SELECT 1 FROM contacts_contact c WHERE c.id = chunk.id)", [])


def write(chunk: Chunk, dispatch_id: int, cut: Cut, now: datetime, *, doubles: bool) -> int:
    """The people of `chunk` into the ledger: queued and in batches, or skipped with the reason. Gives the number of
    rows written. `doubles`: whether the dispatch has had some already.

    Doubles are found by the index that allows an address once in a dispatch: who collides is written by a second
    statement, so that nobody is left out, and the batch is short by so many. To look for an earlier person with the
    same phone, for each, took a tenth of the time on SQLite and a quarter on PostgreSQL; that is done only where some
    go alone, so that it is exactly so many. As long as there was no double, none is expected: PostgreSQL looks into the
    index twice for each row that may collide, which takes a third of the time.
    """
    if chunk.contacts is not None and _contacts_in(chunk.bounds) < chunk.contacts:
        _drop_who_was_deleted()
    if doubles:
        return _write_with_doubles(chunk, dispatch_id, cut, now)
    try:
        with transaction.atomic():
            return _insert(chunk, dispatch_id, cut, now, "")
    except IntegrityError:
        return _write_with_doubles(chunk, dispatch_id, cut, now)


def _insert(chunk: Chunk, dispatch_id: int, cut: Cut, now: datetime, on_conflict: str) -> int:
    missing = -cut.alone % cut.size
    return sum(
        sql.run(
            f"INSERT INTO campaigns_recipient {_COLUMNS} {source} "
            "SELECT %s, a.id, CASE WHEN a.reason = '' THEN %s + (a.nth - 1 + %s) / %s END, a.address, "
            "CASE WHEN a.reason = '' THEN 'queued' ELSE 'skipped' END, "
            "a.reason, '', CASE WHEN a.reason = '' THEN a.frozen ELSE '' END, 1, 0, '', "
            f"CASE WHEN a.reason = '' THEN NULL ELSE {_time_mark()} END "
            f"FROM a WHERE true {on_conflict}",
            [*params, dispatch_id, cut.first, missing, cut.size, sql.stamp(now)],
        )
        for source, params in chunk.sources
    )


def _write_with_doubles(chunk: Chunk, dispatch_id: int, cut: Cut, now: datetime) -> int:
    written = _insert(chunk, dispatch_id, cut, now, _UNLESS_DOUBLE)
    if written >= chunk.people:
        return written
    where, where_params = members(chunk.spec, "c", chunk.bounds)
    return written + sql.run(
        f"INSERT INTO campaigns_recipient {_COLUMNS} "
        f"SELECT %s, c.id, NULL, c.{address_column(chunk.spec.channel)}, 'skipped', '{Reason.DUPLICATE}', '', '', "
        f"1, 0, '', {_time_mark()} FROM contacts_contact c WHERE {where} "
        "AND NOT EXISTS (SELECT 1 FROM campaigns_recipient r "
        "WHERE r.contact_id = c.id AND r.contact_id > %s AND r.contact_id <= %s AND r.dispatch_id = %s)",
        [dispatch_id, sql.stamp(now), *where_params, *chunk.bounds, dispatch_id],
    )


def _time_mark() -> str:
    return "%s::timestamptz" if sql.is_postgres() else "%s"


def counts(dispatch_id: int, batches: tuple[int, int], after_id: int) -> list[tuple[int | None, str, int]]:
    """(batch_no, reason, people) of the rows that the caller's transaction has just written: in the numbers `batches`,
    both included, and those above `after_id` who are left out.

    Two questions, each with an index of its own: for one by id alone PostgreSQL read the whole ledger for each chunk,
    and without the second number it would for the first chunks.
    """
    queued = sql.rows(
        f"SELECT batch_no, '', COUNT(*) FROM campaigns_recipient WHERE {sql.DISPATCH} AND batch_no BETWEEN %s AND %s "
        "GROUP BY batch_no",
        [dispatch_id, *batches],
    )
    left_out = sql.rows(
        # The last condition is the index's own, word for word, as SQLite wants it.
        f"SELECT NULL, reason, COUNT(*) FROM campaigns_recipient WHERE {sql.DISPATCH} "
        f"AND reason IN ({sql.marks(REASONS)}) AND id > %s AND NOT (reason = '') GROUP BY reason",
        [dispatch_id, *REASONS, after_id],
    )
    return [(no, str(why), int(n)) for no, why, n in [*queued, *left_out]]


def last_recipient_id() -> int:
    return int(sql.rows("SELECT COALESCE(MAX(id), 0) FROM campaigns_recipient", [])[0][0])


def refresh_statistics() -> None:
    """Tell PostgreSQL's planner of a dispatch that was just written. It takes it for empty otherwise, and reads all of
    it for each page of a list, until the server looks by itself."""
    if sql.is_postgres():
        sql.run("ANALYZE campaigns_recipient", [])
