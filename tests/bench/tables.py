"""Preparation: rows per second, beside the same rows written bare."""

from __future__ import annotations

from django.db import connection

from campaigns.models import Dispatch
from tests.bench import world as worlds
from tests.bench.measure import Figure, rate


def preparing(world: worlds.World, made: Dispatch) -> Figure:
    """Audience → ledger with reasons, values and batches, beside a plain INSERT … SELECT of ids and addresses.
    `made` has nothing written yet, and everybody afterwards."""
    people = world.everyone.size
    ours = rate(people, lambda: worlds.write_audience(made))
    return Figure("prepare, rows", ours, rate(people, _bare_insert), note=f"{people:,} people")


def _bare_insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bare (id integer primary key, contact_id bigint, address varchar(254))")
        cursor.execute("INSERT INTO bare (id, contact_id, address) SELECT id, id, phone FROM contacts_contact")
        cursor.execute("DROP TABLE bare")
