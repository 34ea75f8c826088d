"""The few words in which SQLite and PostgreSQL differ."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

# The id of a dispatch in statements that look for the rows of a batch. PostgreSQL judges `= 27` by what it has seen of
# 27; of a dispatch that was just prepared it has seen nothing, takes it for empty and reads the whole of it, for every
# batch. Of a value inside a subquery it assumes the average, and takes the index that fits. Not where rows are walked
# in order up to a LIMIT: there the average would make the walk through everybody's rows look short.
UNSEEN = "SELECT %s"
DISPATCH = f"dispatch_id = ({UNSEEN})"

Statement = tuple[str, Sequence[Any]]  # and its parameters

FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.000_125, 0.001


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def stamp(at: datetime | None) -> Any:
    """A time as the engine stores it, for raw SQL."""
    return None if at is None else connection.ops.adapt_datetimefield_value(at)


def among(ids: Iterable[int]) -> tuple[str, Any]:
    """A condition behind a column, with its one parameter: it holds one of these ids. For hundreds of them, because
    the engines read a mark for each more slowly than they find its row."""
    if is_postgres():
        return "= ANY(%s::bigint[])", array(ids)
    return "IN (SELECT value FROM json_each(%s))", orjson.dumps(list(ids)).decode()


def array(numbers: Iterable[int | None]) -> str:
    """A parameter of PostgreSQL's that is cast to an array: its driver takes several times as long to quote a list."""
    return f"{{{','.join('NULL' if number is None else str(number) for number in numbers)}}}"


def marks(values: Sequence[Any]) -> str:
    """`%s, %s, …` for an IN list. At least one value."""
    return ", ".join(["%s"] * len(values))


def run(sql: str, params: Sequence[Any]) -> int:
    """Execute and give the number of rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Execute and give all rows (of a SELECT or of RETURNING)."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def together(statements: Sequence[Statement]) -> list[Any]:
    """Execute one after the other in a transaction; gives for each its rows, of one that has none how many it touched.

    PostgreSQL gets them in one message, of which it makes a transaction by itself: where each message is a request, a
    lane shares the interpreter with its courier, and every answer that it waits for costs more than the statement did.
    (The driver's pipelines, which would do that too, cost nearly what they save.)
    """
    if not statements:
        return []
    if not is_postgres():
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            return [_result(cursor, *statement) for statement in statements]
    with connection.cursor() as cursor:
        texts = "; ".join(text for text, _ in statements)
        results = [_result(cursor, texts, [param for _, params in statements for param in params])]
        while cursor.nextset():
            results.append(_read(cursor))
        return results


def _result(cursor: Any, sql: str, params: Sequence[Any]) -> Any:
    cursor.execute(sql, params)
    return _read(cursor)


def _read(cursor: Any) -> Any:
    return list(cursor.fetchall()) if cursor.description else int(cursor.rowcount)


def many(columns: str, rest: str, params: Sequence[Any]) -> list[Sequence[Any]]:
    """As `rows` of `SELECT columns rest`, for thousands at once: numbers and texts only.

    SQLite makes one JSON text of them: its driver gives up the interpreter's lock for each row that it fetches, and
    waits until the courier's thread lets go of it. PostgreSQL's driver has no such trouble.
    """
    if is_postgres():
        return list(rows(f"SELECT {columns} {rest}", params))
    return list(orjson.loads(rows(f"SELECT json_group_array(json_array({columns})) {rest}", params)[0][0]))


def straight(sql: str, params: Sequence[Any]) -> Any:
    """Execute past Django's cursor, outside of a transaction; gives the driver's cursor.

    For a small statement that runs for every single message: Django's cursor translates its marks each time on SQLite,
    and writes the values into its text on PostgreSQL, which took a fifth of the time of a callback.
    """
    own = connections[DEFAULT_DB_ALIAS]  # through `connection` each attribute would be looked up anew for the thread
    own.close_if_health_check_failed()
    own.ensure_connection()
    driver = own.connection
    with own.wrap_database_errors:
        if is_postgres():
            return psycopg.Cursor(driver).execute(sql, params)
        return _once_free(driver, sql.replace("%s", "?"), params)


def _once_free(driver: Any, sql: str, params: Sequence[Any]) -> Any:
    """Execute on SQLite, and look for its write lock at first after an eighth of a millisecond, then ever later, up to
    every millisecond. By itself it looks after 1, 2, 5 … 100 ms, and what is written in a tenth of one waited for many;
    callbacks came in half as fast while a campaign was sent."""
    patience = connection.settings_dict["OPTIONS"]["timeout"]
    end = time.monotonic() + patience
    pause = FIRST_LOOK_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                return driver.execute(sql, params)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")


@contextmanager
def in_order() -> Iterator[None]:
    """PostgreSQL walks the index that has the wanted order, and sorts nothing. For the first few of what may be a
    handful or a million: it judges by the handful that its statistics know, and would read and sort the million for
    each bite."""
    if not is_postgres():
        yield
        return
    with transaction.atomic():
        run("SET LOCAL enable_sort = off", [])
        yield
        run("SET LOCAL enable_sort = on", [])


@contextmanager
def durable(*, single: bool = False) -> Iterator[None]:
    """A transaction that is on the disk once it is committed, so that it outlives a power cut: for an intent, because
    what may have left must never look as if it had not. PostgreSQL's all are. SQLite leaves its WAL to the operating
    system (synchronous NORMAL), which outlives any process; to wait for the disk at each commit would halve the rest.

    `single`: of one statement, which PostgreSQL makes a transaction of by itself (see `together`).
    """
    if single and is_postgres():
        yield
        return
    if is_postgres() or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    run("PRAGMA synchronous=FULL", [])
    try:
        with transaction.atomic():
            yield
    finally:
        run("PRAGMA synchronous=NORMAL", [])
