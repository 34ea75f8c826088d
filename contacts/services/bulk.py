"""The one statement that Django's ORM does not spell: INSERT … SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet


def insert_from(
    model: type[Model], columns: Sequence[str], rows: QuerySet[Any, Any], *, ignore_conflicts: bool = False
) -> int:
    """Insert what `rows` (a `values_list` in the order of `columns`, with a filter) selects; how many were new."""
    try:
        select, params = rows.order_by().query.sql_with_params()
    except EmptyResultSet:  # a filter that nothing can fulfil, such as ids out of an empty list
        return 0
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    tail = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({quoted}) {select}{tail}", params)
        return int(cursor.rowcount)
