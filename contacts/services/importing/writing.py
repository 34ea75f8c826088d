"""Writes the decisions about a chunk, set by set: the fastest way that each engine has.

SQLite: one INSERT … SELECT from a temporary table (each statement of an executemany would flush the search index),
one executemany of updates. PostgreSQL: COPY, and one UPDATE … FROM unnest. Ids are taken beforehand, so that
memberships and consents can be written for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from console.models import Workspace
from contacts import phones, words
from contacts.services.importing.matching import Known
from contacts.services.importing.rows import Candidate

_CHANGED = (
    "key", "email", "phone", "phone_type", "first_name", "last_name", "country", "language", "time_zone",
    "attributes", "search", "updated_at",
)  # fmt: skip
_COLUMNS = ("id", "workspace_id", *_CHANGED, "created_at", "email_consent", "sms_consent")
_STAGE = "contacts_import_stage"


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
            *_texts(person),
            json.dumps(person.attributes, ensure_ascii=False),
            _search(person, person.national),
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
        _insert_through_stage(rows)
    return ids


def update(changed: Sequence[Known], now: datetime) -> None:
    """Contacts as they have become."""
    if not changed:
        return
    at = connection.ops.adapt_datetimefield_value(now)
    rows = [
        (*_texts(one), json.dumps(one.attributes, ensure_ascii=False), _search(one, _national(one)), at, one.id)
        for one in changed
    ]
    if connection.vendor == "postgresql":
        _update_from_arrays(rows)
        return
    assignments = ", ".join(f'"{column}" = %s' for column in _CHANGED)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE contacts_contact SET {assignments} WHERE id = %s", rows)


def _texts(one: Candidate | Known) -> tuple[str, ...]:
    """The values of `_CHANGED` up to the time zone."""
    return (
        one.key, one.email, one.phone, one.phone_type, one.first_name, one.last_name, one.country, one.language,
        one.time_zone,
    )  # fmt: skip


def _search(one: Candidate | Known, national: str) -> str:
    return words.search_text(one.key, one.email, one.first_name, one.last_name, one.phone, national)


def _national(one: Known) -> str:
    phone = phones.parse(one.phone, "") if one.phone else None
    return phone.national if isinstance(phone, phones.Phone) else ""


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


def _insert_through_stage(rows: Sequence[Sequence[Any]]) -> None:
    marks = ", ".join(["%s"] * len(_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_STAGE} ({_quoted(_COLUMNS)})")
        cursor.executemany(f"INSERT INTO {_STAGE} VALUES ({marks})", rows)
        cursor.execute(f"INSERT INTO contacts_contact ({_quoted(_COLUMNS)}) SELECT * FROM {_STAGE}")
        cursor.execute(f"DELETE FROM {_STAGE}")


def _update_from_arrays(rows: Sequence[Sequence[Any]]) -> None:
    types = {"attributes": "text", "updated_at": "timestamptz", "id": "bigint"}
    columns = (*_CHANGED, "id")
    arrays = ", ".join(f"%s::{types.get(column, 'text')}[]" for column in columns)
    casts = {"attributes": "j.attributes::jsonb"}
    assignments = ", ".join(f'"{column}" = {casts.get(column, f"j.{column}")}' for column in _CHANGED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE contacts_contact c SET {assignments} FROM unnest({arrays}) AS j({_quoted(columns)}) "
            "WHERE c.id = j.id",
            [list(column) for column in zip(*rows, strict=True)],
        )
