"""The least that a program with a durable ledger must do: what the product's own way is compared with.

A table of its own with one row per message, batches cut beforehand. A claim is one conditional UPDATE of the batch
row; the intent is committed before the request leaves; the outcome of a batch is written set-wise with the end of the
batch, in one transaction. Nothing else: no opt-outs, counters, limits, checks, leases or pauses.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

import orjson
from django.db import connection, transaction

from campaigns.models import Dispatch, ProviderAccount
from campaigns.providers.base import Body, Channel, Message, Outgoing, Receipt
from campaigns.querysets import sql
from campaigns.services.connecting import accounts
from campaigns.services.sending.courier import Answer, Courier
from campaigns.services.writing import content

TABLES = (
    "CREATE TABLE bench_ledger (id bigint PRIMARY KEY, batch_no integer NOT NULL, address varchar(254) NOT NULL, "
    '"values" text NOT NULL, status varchar(11) NOT NULL, provider_message_id varchar(200) NOT NULL)',
    "CREATE INDEX bench_ledger_batch ON bench_ledger (batch_no)",
    "CREATE TABLE bench_batch (number integer PRIMARY KEY, status varchar(8) NOT NULL, tries integer NOT NULL)",
)


@dataclass(slots=True)
class _Flight:
    number: int
    ids: list[int]
    future: Future[Answer]


def write(made: Dispatch) -> int:
    """The messages of a prepared dispatch, as the prototype keeps them before it sends; gives their number."""
    for statement in TABLES:
        sql.run(statement, [])
    people = sql.run(
        "INSERT INTO bench_ledger SELECT id, batch_no, address, \"values\", 'queued', '' FROM campaigns_recipient "
        "WHERE dispatch_id = %s AND batch_no IS NOT NULL ORDER BY id",
        [made.pk],
    )
    sql.run("INSERT INTO bench_batch SELECT DISTINCT batch_no, 'ready', 0 FROM bench_ledger", [])
    return people


def drop() -> None:
    """Take the tables away. RuntimeError when a message was not accepted: then nothing was measured."""
    left = sql.rows("SELECT COUNT(*) FROM bench_ledger WHERE status <> 'accepted'", [])[0][0]
    for table in ("bench_ledger", "bench_batch"):
        sql.run(f"DROP TABLE {table}", [])
    if left:
        raise RuntimeError(f"prototype: {left} rows were not accepted")


def send(through: ProviderAccount, made: Dispatch, depth: int) -> None:
    """Send everything, `depth` batches in flight; the next is claimed and rendered while answers are awaited. The
    texts and the client are the product's."""
    with Courier(accounts.open_provider(through)) as courier:
        batches = _launched(courier, made)
        flying: list[_Flight] = []
        more = True
        while more or flying:
            if more and len(flying) < depth:
                flight = next(batches, None)
                more = flight is not None
                flying += [flight] if flight else []
            full = not more or len(flying) >= depth
            wait([f.future for f in flying], timeout=None if full else 0, return_when=FIRST_COMPLETED)
            for flight in [f for f in flying if f.future.done()]:
                flying.remove(flight)
                _write_outcome(flight)


def _launched(courier: Courier, made: Dispatch) -> Iterator[_Flight]:
    compiled = content.compiled(made.version_id)
    body = Body(Channel.SMS, sender=made.sender)
    while number := _claim():
        rows = sql.rows('SELECT id, address, "values" FROM bench_ledger WHERE batch_no = %s ORDER BY id', [number])
        messages = [
            Message(f"p{made.key}-{pk}", address, compiled.render("text", compiled.values(orjson.loads(values))))
            for pk, address, values in rows
        ]
        _move_batch(number, "claimed", "intent")
        future = courier.send(Outgoing(f"p{made.key}-{number}", body, messages))
        yield _Flight(number, [pk for pk, _, _ in rows], future)


def _claim() -> int | None:
    found = sql.rows(
        "UPDATE bench_batch SET status = 'claimed', tries = tries + 1 WHERE status = 'ready' AND number = "
        "(SELECT number FROM bench_batch WHERE status = 'ready' ORDER BY number LIMIT 1) RETURNING number",
        [],
    )
    return int(found[0][0]) if found else None


def _move_batch(number: int, before: str, after: str) -> None:
    sql.run("UPDATE bench_batch SET status = %s WHERE number = %s AND status = %s", [after, number, before])


def _write_outcome(flight: _Flight) -> None:
    receipts: list[Receipt] = flight.future.result()  # type: ignore[assignment]
    ids = [receipt.provider_message_id for receipt in receipts]
    with transaction.atomic():
        if connection.vendor == "postgresql":
            sql.run(
                "UPDATE bench_ledger AS r SET status = 'accepted', provider_message_id = j.pid "
                "FROM unnest(%s::bigint[], %s::text[]) AS j(id, pid) WHERE r.id = j.id AND r.status = 'queued'",
                [flight.ids, ids],
            )
        else:
            sql.run(
                "UPDATE bench_ledger AS r SET status = 'accepted', provider_message_id = j.pid "
                "FROM (SELECT value ->> 0 AS id, value ->> 1 AS pid FROM json_each(%s)) AS j "
                "WHERE r.id = +j.id AND r.status = 'queued'",
                [orjson.dumps(list(zip(flight.ids, ids, strict=True))).decode()],
            )
        _move_batch(flight.number, "intent", "done")
