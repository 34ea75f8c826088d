"""Writes the decisions about a chunk, set by set: the fastest way that each engine has.

SQLite: statements of many rows, because every statement flushes the search index, and because other threads
go on while one runs. PostgreSQL: COPY, and one UPDATE from one JSON text. Ids are taken beforehand, so that memberships
and consents can be written for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection

from console.models import Workspace
from contacts import phones, words
from contacts.services.importing.matching import Known
from contacts.services.importing.rows import Candidate

_TEXTS = (
    "key", "email", "phone", "phone_type", "first_name", "last_name", "country", "language", "time_zone",
)  # fmt: skip
_COLUMNS = (
    "id", "workspace_id", *_TEXTS, "attributes", "search", "created_at", "updated_at", "email_consent", "sms_consent",
)  # fmt: skip
_SEARCHED = frozenset({"key", "email", "phone", "first_name", "last_name"})
_texts_of = attrgetter(*_TEXTS)
_ROWS_PER_STATEMENT = 1_900  # SQLite takes 32,766 parameters


def insert(
    workspace: Workspace, people: Sequence[Candidate], consents: Sequence[Mapping[str, str]], now: datetime
) -> list[int]:
    """New contacts; `consents` are their states per channel. The ids, in the order of `people`."""
    if not people:
        return []
    ids = _next_ids(len(people))
    at = connection.ops.adapt_datetimefield_value(now)
    rows = [
        (
            pk,
            workspace.pk,
            *_texts_of(person),
            _json(person.attributes),
            person.search,
            at,
            at,
            consent["email"],
            consent["sms"],
        )
        for pk, person, consent in zip(ids, people, consents, strict=True)
    ]
    if connection.vendor == "postgresql":
        _copy(rows)
    else:
        _insert_values(rows)
    return ids


def update(people: Sequence[Known], changed: Collection[str], now: datetime) -> None:
    """Contacts as they have become. `changed`: columns that differ for at least one; the others are not touched,
    since every column that is named costs its indexes."""
    if not people:
        return
    at = connection.ops.adapt_datetimefield_value(now)
    columns = [name for name in _TEXTS if name in changed]
    postgresql = connection.vendor == "postgresql"
    with_attributes, with_search = "attributes" in changed, not _SEARCHED.isdisjoint(changed)
    rows = [
        (
            one.id,
            at,
            *(getattr(one, name) for name in columns),
            *((one.attributes if postgresql else _json(one.attributes),) if with_attributes else ()),
            *((_search(one),) if with_search else ()),
        )
        for one in people
    ]
    names = ["id", "updated_at", *columns, *["attributes"] * with_attributes, *["search"] * with_search]
    if postgresql:
        _update_from_json(names, rows)
    else:
        _update_from_values(names, rows)


def _search(one: Known) -> str:
    phone = phones.parse(one.phone, "") if one.phone else None
    national = phone.national if isinstance(phone, phones.Phone) else ""
    return words.search_text(one.key, one.email, one.first_name, one.last_name, one.phone, national)


def refresh_statistics() -> None:
    """Tell PostgreSQL's planner that the table has grown. It believes in the few rows of before otherwise, and reads
    the whole table for each chunk (measured: 370 ms instead of 45)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE contacts_contact")


def _json(attributes: Mapping[str, str]) -> str:
    return orjson.dumps(attributes).decode()


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _next_ids(n: int) -> list[int]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) FROM generate_series(1, %s)", [n]
            )
            return [pk for (pk,) in cursor.fetchall()]
        # Nobody else writes meanwhile: transactions on SQLite begin with the write lock.
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'contacts_contact'")
        last: int = cursor.fetchone()[0]
        return list(range(last + 1, last + 1 + n))


def _copy(rows: Sequence[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY contacts_contact ({_quoted(_COLUMNS)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert_values(rows: Sequence[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        for some in _statements(rows):
            marks, values = _values(some)
            cursor.execute(f"INSERT INTO contacts_contact ({_quoted(_COLUMNS)}) VALUES {marks}", values)


def _update_from_values(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    assignments = ", ".join(f'"{name}" = v."{name}"' for name in names[1:])
    with connection.cursor() as cursor:
        for some in _statements(rows):
            marks, values = _values(some)
            # The plus sign keeps SQLite from looking through the values for every contact.
            cursor.execute(
                f"WITH v({_quoted(names)}) AS (VALUES {marks}) "
                f"UPDATE contacts_contact SET {assignments} FROM v WHERE contacts_contact.id = +v.id",
                values,
            )


def _statements(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        yield rows[start : start + _ROWS_PER_STATEMENT]


def _values(rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
    return ", ".join([one] * len(rows)), list(chain.from_iterable(rows))


def _update_from_json(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    types = {"id": "bigint", "updated_at": "timestamptz", "attributes": "jsonb"}
    definition = ", ".join(f'"{name}" {types.get(name, "text")}' for name in names)
    assignments = ", ".join(f'"{name}" = v."{name}"' for name in names[1:])
    values = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE contacts_contact c SET {assignments} "
            f"FROM json_to_recordset(%s::json) AS v({definition}) WHERE c.id = v.id",
            [values],
        )
