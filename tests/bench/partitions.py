"""What partitioning the ledger by dispatch would change: the same rows in one table and in partitions, side by side.

PostgreSQL only, on tables of its own that are made from the ledger's. Fifty dispatches at first, of which ten share a
partition (as a month would); the partition key has to be in every unique index, so the primary key becomes
(dispatch_id, id). `console/docs/scale.md` says what follows from the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

from django.db import transaction

from campaigns.querysets import shelves, sql
from tests.bench.measure import Figure, stopwatch

DISPATCHES, SHARING, CHUNK, BATCH, TIMES = 50, 10, 20_000, 1_000, 15
PLAIN, PARTED = "bench_plain", "bench_parted"
_INDEXES = (
    "CREATE UNIQUE INDEX ON {} (dispatch_id, address) WHERE batch_no IS NOT NULL",
    "CREATE UNIQUE INDEX ON {} (contact_id, dispatch_id)",
    "CREATE INDEX ON {} (dispatch_id, batch_no)",
    "CREATE INDEX ON {} (dispatch_id, shelf, id)",
    "CREATE INDEX ON {} (dispatch_id, reason, id) WHERE NOT reason = ''",
)
_COLUMNS = 'dispatch_id, contact_id, batch_no, address, status, reason, detail, "values", attempt, parts, ' + (
    "provider_message_id"
)


def figures(rows: int) -> list[Figure]:
    """`ours` is the plain table, `bare` the partitioned one; sizes and times, so a ratio above 1 speaks for parts."""
    people = rows // DISPATCHES
    _make()
    written = {table: [_insert(table, n, people) for n in range(1, DISPATCHES + 1)] for table in (PLAIN, PARTED)}
    sql.run("ANALYZE", [])
    newest = DISPATCHES
    found = [
        _pair("insert, first million", lambda t: _rows_per_second(written[t][:SHARING], people), "/s"),
        _pair("insert, last million", lambda t: _rows_per_second(written[t][-SHARING:], people), "/s"),
        _pair("WAL of an inserted row", lambda t: sum(wal for _, wal in written[t]) / rows, "B"),
        _pair("rows on disk", lambda t: _size(t, "pg_table_size") / rows, "B"),
        _pair("their indexes", lambda t: _size(t, "pg_indexes_size") / rows, "B"),
        _pair("claim of 1,000 rows", lambda t: _often(lambda n: _claim(t, newest, n)), "ms"),
        _pair("outcome of 1,000 rows by id", lambda t: _often(lambda n: _outcome(t, newest, n)), "ms"),
        _pair(
            "outcome of 1,000 rows by dispatch and id",
            lambda t: _often(lambda n: _outcome(t, newest, n, " AND r.dispatch_id = %s")),
            "ms",
        ),
        _pair("WAL of a claimed and accepted row", lambda t: _life(t, newest), "B"),
        *(_pair(name, partial(_read, query, params), "ms") for name, query, params in _reads(newest)),
    ]  # fmt: skip
    found.append(_taken_away(people * SHARING))
    for table in (PLAIN, PARTED):
        sql.run(f"DROP TABLE {table}", [])
    return found


def _reads(dispatch: int) -> list[tuple[str, str, list[Any]]]:
    """What pages ask."""
    walk = "SELECT id FROM {} WHERE dispatch_id = %s AND shelf = %s AND id > %s ORDER BY id LIMIT 51"
    return [
        ("page of a status", walk, [dispatch, shelves.OPEN, 0]),
        ("one row by id", "SELECT * FROM {} WHERE id = %s", [12_345]),
        ("one row by dispatch and id", "SELECT * FROM {} WHERE dispatch_id = %s AND id = %s", [1, 12_345]),
        (
            "messages of a person, all dispatches",
            "SELECT id FROM {} WHERE contact_id = %s ORDER BY id DESC LIMIT 21",
            [777],
        ),
        (
            "address in a dispatch",
            "SELECT id FROM {} WHERE dispatch_id = %s AND address = %s AND batch_no IS NOT NULL",
            [dispatch, "+34600000777"],
        ),
    ]


def _read(query: str, params: list[Any], table: str) -> float:
    return _often(lambda _: sql.rows(query.format(table), params))


def _make() -> None:
    like = "LIKE campaigns_recipient INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING CONSTRAINTS"
    sql.run(f"CREATE TABLE {PLAIN} ({like}, PRIMARY KEY (id))", [])
    sql.run(f"CREATE TABLE {PARTED} ({like}, PRIMARY KEY (dispatch_id, id)) PARTITION BY RANGE (dispatch_id)", [])
    for first in range(1, DISPATCHES + 1, SHARING):
        sql.run(
            f"CREATE TABLE {PARTED}_{first} PARTITION OF {PARTED} FOR VALUES FROM ({first}) TO ({first + SHARING})", []
        )
    for index in _INDEXES:
        for table in (PLAIN, PARTED):
            sql.run(index.format(table), [])


def _insert(table: str, dispatch: int, people: int) -> tuple[float, int]:
    """One dispatch as `prepare` writes it, to people spread over all contacts; (seconds, bytes of WAL)."""
    before = _wal()
    with stopwatch() as watch:
        for start in range(0, people, CHUNK):
            sql.run(
                f"INSERT INTO {table} ({_COLUMNS}) SELECT %s, i * 5 + %s, 1 + i / {BATCH}, "
                "'+34' || (600000000 + i), 'queued', '', '', '{\"puntos\": 1}', 1, 0, '' "
                "FROM generate_series(%s::int, %s::int) i",
                [dispatch, dispatch % 5, start, min(start + CHUNK, people) - 1],
            )
    return watch.seconds, _wal() - before


def _claim(table: str, dispatch: int, batch: int) -> None:
    sql.rows(
        f'SELECT id, batch_no, address, "values", attempt, contact_id FROM {table} '
        f"WHERE {sql.DISPATCH} AND batch_no = %s AND (status || '') = 'queued'",
        [dispatch, batch],
    )


def _outcome(table: str, dispatch: int, batch: int, narrow: str = "") -> None:
    """claimed → accepted for the rows of a batch: the ids are found beforehand, unmeasured work of 1 ms."""
    ids = [
        pk for (pk,) in sql.rows(f"SELECT id FROM {table} WHERE dispatch_id = %s AND batch_no = %s", [dispatch, batch])
    ]
    sql.run(
        f"UPDATE {table} AS r SET status = 'accepted', provider_message_id = j.pid, parts = 1, handed_over_at = now() "
        f"FROM unnest(%s::bigint[], %s::text[]) AS j(id, pid) WHERE r.id = j.id{narrow}",
        [ids, [f"id-{pk}" for pk in ids], *([dispatch] if narrow else [])],
    )


def _life(table: str, dispatch: int) -> float:
    """Bytes of WAL of a message from queued to accepted, committed."""
    before = _wal()
    for batch in range(1, TIMES + 1):
        _claim(table, dispatch - 1, batch)
        _outcome(table, dispatch - 1, batch)
    return (_wal() - before) / (TIMES * BATCH)


def _taken_away(rows: int) -> Figure:
    """The rows of the oldest dispatches: deleted from the one, dropped with their part from the other."""
    taken, wal = [], []
    for statement in (f"DELETE FROM {PLAIN} WHERE dispatch_id <= {SHARING}", f"DROP TABLE {PARTED}_1"):
        before = _wal()
        with stopwatch() as watch:
            sql.run(statement, [])
        taken.append(watch.seconds * 1_000)
        wal.append((_wal() - before) / 2**20)
    with stopwatch() as watch:
        sql.run(f"VACUUM {PLAIN}", [])
    note = f"WAL {wal[0]:,.0f} and {wal[1]:,.2f} MiB; VACUUM afterwards {watch.seconds:,.1f} s and none"
    return Figure(f"ledger: DELETE of {rows:,} rows, or DROP", taken[0], taken[1], "ms", note)


def _pair(name: str, measure: Callable[[str], float], unit: str) -> Figure:
    return Figure(f"ledger: {name}", measure(PLAIN), measure(PARTED), unit)


def _often(work: Callable[[int], object]) -> float:
    """Milliseconds, the median of several, each on another batch and taken back."""
    taken = []
    for n in range(1, TIMES + 1):
        with transaction.atomic():
            with stopwatch() as watch:
                work(n)
            transaction.set_rollback(True)
        taken.append(watch.seconds * 1_000)
    return median(taken)


def _rows_per_second(pieces: Sequence[tuple[float, int]], people: int) -> float:
    return len(pieces) * people / sum(seconds for seconds, _ in pieces)


def _size(table: str, function: str) -> int:
    """Bytes of a table or of all its parts."""
    parts = "SELECT %s::regclass AS part UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = %s::regclass"
    return int(sql.rows(f"SELECT SUM({function}(part)) FROM ({parts}) p", [table, table])[0][0])


def _wal() -> int:
    return int(sql.rows("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')", [])[0][0])
