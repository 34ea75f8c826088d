"""Who is in an audience, and why somebody in it will not get the message.

One classification serves the live count, the preview and `prepare`, so that the three cannot disagree; doubles, which
`prepare` leaves to an index of the ledger, are by it the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.querysets import sql
from campaigns.states import Reason
from contacts.models import FIXED_FIELDS
from contacts.states import Consent


@dataclass(frozen=True, slots=True)
class AudienceSpec:
    """Everything the classification depends on. `include` and `exclude` are group ids; `required`: names of
    placeholders that have no default; `names`: all names the content uses, frozen into the ledger row."""

    workspace_id: int
    channel: str
    marketing: bool
    everyone: bool = False
    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    required: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.everyone and not self.include


# The order of the funnel, which is the order of the tests: the first that fits is the reason on the row.
REASONS = (
    Reason.NO_ADDRESS,
    Reason.NOT_MOBILE,
    Reason.EXCLUDED_GROUP,
    Reason.OPTED_OUT,
    Reason.SUPPRESSED,
    Reason.NO_CONSENT,
    Reason.MISSING_VALUE,
    Reason.DUPLICATE,
)

Fragment = tuple[str, list[Any]]  # SQL and its parameters, always together


def address_column(channel: str) -> str:
    return "phone" if channel == "sms" else "email"


def members(spec: AudienceSpec, alias: str, bounds: tuple[int, int] | None = None) -> Fragment:
    """Condition: the contact `alias` is in the audience. `bounds`: ids above the first, up to the second."""
    text, params = f"{alias}.workspace_id = %s", [spec.workspace_id]
    if bounds:
        text += f" AND {alias}.id > %s AND {alias}.id <= %s"
        params += bounds
    if not spec.everyone:
        # Bounded inside as well: a short list in a large workspace is then read from its own index alone.
        inner = f"SELECT m.contact_id FROM contacts_groupmember m WHERE m.group_id IN ({sql.marks(spec.include)})"
        params += spec.include
        if bounds:
            inner += " AND m.contact_id > %s AND m.contact_id <= %s"
            params += bounds
        text += f" AND {alias}.id IN ({inner})"
    return text, params


def is_member(spec: AudienceSpec, alias: str) -> Fragment:
    """As `members`, for one contact that is already at hand: looks into that contact's memberships, never through
    the lists. (Given `id IN (list)` SQLite tries every member of the list for every contact: a quarter of a million
    people took minutes.)"""
    text, params = f"{alias}.workspace_id = %s", [spec.workspace_id]
    if spec.everyone:
        return text, params
    groups = f"y.contact_id = {alias}.id AND y.group_id IN ({sql.marks(spec.include)})"
    return f"{text} AND EXISTS (SELECT 1 FROM contacts_groupmember y WHERE {groups})", [*params, *spec.include]


def _value_is_missing(name: str, alias: str) -> Fragment:
    if name in FIXED_FIELDS:
        return f"TRIM({alias}.{name}) = ''", []
    if sql.is_postgres():
        return f"COALESCE(TRIM({alias}.attributes->>%s), '') = ''", [name]
    return f"COALESCE(TRIM(JSON_EXTRACT({alias}.attributes, %s)), '') = ''", [f'$."{name}"']


def own_reason(spec: AudienceSpec, alias: str) -> Fragment:
    """CASE expression: the reason why `alias` itself does not get it, '' when it does (doubles apart)."""
    address, consent = address_column(spec.channel), f"{spec.channel}_consent"
    cases: list[tuple[Reason, str, list[Any]]] = [(Reason.NO_ADDRESS, f"{alias}.{address} = ''", [])]
    if spec.channel == "sms":
        cases.append((Reason.NOT_MOBILE, f"{alias}.phone_type = 'fixed'", []))
    if spec.exclude:
        cases.append(
            (
                Reason.EXCLUDED_GROUP,
                f"EXISTS (SELECT 1 FROM contacts_groupmember x WHERE x.contact_id = {alias}.id "
                f"AND x.group_id IN ({sql.marks(spec.exclude)}))",
                list(spec.exclude),
            )
        )
    cases += [
        (Reason.OPTED_OUT, f"{alias}.{consent} = '{Consent.WITHDRAWN}'", []),
        (
            Reason.SUPPRESSED,
            "EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.workspace_id = %s "
            f"AND s.channel = %s AND s.address = {alias}.{address})",
            [spec.workspace_id, spec.channel],
        ),
    ]
    if spec.marketing:
        cases.append((Reason.NO_CONSENT, f"{alias}.{consent} <> '{Consent.GRANTED}'", []))
    for name in spec.required:
        missing, params = _value_is_missing(name, alias)
        cases.append((Reason.MISSING_VALUE, missing, params))
    text = "CASE " + " ".join(f"WHEN {when} THEN '{reason}'" for reason, when, _ in cases) + " ELSE '' END"
    return text, [param for _, _, params in cases for param in params]


def reason(spec: AudienceSpec, alias: str = "c") -> Fragment:
    """`own_reason`, plus: an earlier person of the same audience gets it at the same address.

    Emails are unique in a workspace, so only phones can be shared.
    """
    own, own_params = own_reason(spec, alias)
    if spec.channel != "sms":
        return own, own_params
    earlier, earlier_params = is_member(spec, "d")
    theirs, their_params = own_reason(spec, "d")
    text = (
        f"CASE WHEN ({own}) <> '' THEN ({own}) "
        f"WHEN EXISTS (SELECT 1 FROM contacts_contact d WHERE {earlier} AND d.phone = {alias}.phone "
        f"AND d.id < {alias}.id AND ({theirs}) = '') THEN '{Reason.DUPLICATE}' ELSE '' END"
    )
    return text, [*own_params, *own_params, *earlier_params, *their_params]


def count_by_reason(spec: AudienceSpec) -> dict[str, int]:
    """People of the audience by reason; '' = will receive it."""
    if spec.is_empty:
        return {}
    case, case_params = reason(spec)
    where, where_params = members(spec, "c")
    found = sql.rows(
        f"SELECT reason, COUNT(*) FROM (SELECT {case} AS reason FROM contacts_contact c WHERE {where}) a "
        "GROUP BY reason",
        [*case_params, *where_params],
    )
    return {str(why): int(n) for why, n in found}


def reachable_ids(spec: AudienceSpec, after: int, limit: int, why: str = "") -> list[int]:
    """Contact ids above `after`, in order, of those who will receive it (or who are left out for `why`)."""
    if spec.is_empty:
        return []
    case, case_params = reason(spec)
    where, where_params = members(spec, "c")
    found = sql.rows(
        f"SELECT c.id FROM contacts_contact c WHERE {where} AND c.id > %s AND ({case}) = %s ORDER BY c.id LIMIT %s",
        [*where_params, after, *case_params, why, limit],
    )
    return [int(pk) for (pk,) in found]


def next_chunk(spec: AudienceSpec, after: int, size: int) -> tuple[int, int] | None:
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


def read_chunk(spec: AudienceSpec, bounds: tuple[int, int], *, exact: bool) -> Fragment:
    """The people in `bounds`, with reason and frozen values, as the beginning of the statement that `write_chunk` makes
    of them: `WITH a AS …`. `exact`: doubles, too, have their reason.

    On SQLite they are read here, into a table that only this connection has: its one writer need not wait for that.
    PostgreSQL's do not wait for each other, and one statement is quicker.
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
        # MATERIALIZED: it would otherwise work the classification out again for each use of a.reason.
        return f"WITH a AS MATERIALIZED ({select})", params
    sql.run("CREATE TEMP TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, address, reason, frozen)", [])
    sql.run("DELETE FROM temp.chunk", [])
    sql.run(f"INSERT INTO temp.chunk {select}", params)
    # Somebody may have been deleted since.
    still_there = "EXISTS (SELECT 1 FROM contacts_contact c WHERE c.id = chunk.id)"
    return f"WITH a AS (SELECT * FROM temp.chunk WHERE {still_there})", []


def write_chunk(
    spec: AudienceSpec,
    dispatch_id: int,
    bounds: tuple[int, int],
    people: int,
    chunk: Fragment,
    first_batch: int,
    batch_size: int,
    now: datetime,
    alone: int = 0,
) -> int:
    """INSERT … SELECT of the `people` in `bounds`, as `read_chunk` gave them, into the ledger: queued and cut into
    batches numbered from `first_batch`, or skipped with the reason. `alone` people are cut off from the others: the
    first batch is so short that one ends with them. Gives the number of rows written.

    Doubles are found by the index that allows an address once in a dispatch: who collides is written by the second
    statement, so that nobody is left out, and the batch is short by so many. To look for an earlier person with the
    same phone, for each, took a tenth of the time on SQLite and a quarter on PostgreSQL; that is done only where some
    go alone, so that it is exactly so many.
    """
    a, params = chunk
    where, where_params = members(spec, "c", bounds)
    missing = -alone % batch_size
    address = address_column(spec.channel)
    columns = (
        '(dispatch_id, contact_id, batch_no, address, status, reason, detail, "values", attempt, parts, '
        "provider_message_id, final_at)"
    )
    written = sql.run(
        # A running count, not a number within those who get it: one sort less.
        f"INSERT INTO campaigns_recipient {columns} {a} "
        "SELECT %s, a.id, CASE WHEN a.reason = '' THEN %s + (COUNT(*) FILTER (WHERE a.reason = '') OVER ("
        "ROWS UNBOUNDED PRECEDING) - 1 + %s) / %s END, a.address, "
        "CASE WHEN a.reason = '' THEN 'queued' ELSE 'skipped' END, "
        "a.reason, '', CASE WHEN a.reason = '' THEN a.frozen ELSE '' END, 1, 0, '', "
        f"CASE WHEN a.reason = '' THEN NULL ELSE {_time_mark()} END "
        "FROM a WHERE true ON CONFLICT DO NOTHING",
        [*params, dispatch_id, first_batch, missing, batch_size, sql.stamp(now)],
    )
    if written >= people:
        return written
    return written + sql.run(
        f"INSERT INTO campaigns_recipient {columns} "
        f"SELECT %s, c.id, NULL, c.{address}, 'skipped', '{Reason.DUPLICATE}', '', '', 1, 0, '', {_time_mark()} "
        f"FROM contacts_contact c WHERE {where} AND NOT EXISTS (SELECT 1 FROM campaigns_recipient r "
        "WHERE r.contact_id = c.id AND r.contact_id > %s AND r.contact_id <= %s AND r.dispatch_id = %s) "
        "ON CONFLICT DO NOTHING",
        [dispatch_id, sql.stamp(now), *where_params, *bounds, dispatch_id],
    )


def _time_mark() -> str:
    return "%s::timestamptz" if sql.is_postgres() else "%s"


def chunk_counts(dispatch_id: int, batches: tuple[int, int], after_id: int) -> list[tuple[int | None, str, int]]:
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
