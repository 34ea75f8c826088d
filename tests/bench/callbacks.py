"""Callbacks: how many pass the real door a second, one event a call and many, and how many are applied.

The door is the whole web application, called as a web server calls it; HTTP itself is not in the figures. The bare
loops write the same bodies, and the same statuses, without looking at them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import orjson
from django.db import connection
from django.utils import timezone

from campaigns.models import ProviderAccount, ProviderEvent, Recipient
from campaigns.querysets import tallies
from campaigns.services.sending import prepare
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import inbox
from console.wsgi import application
from tests.bench import world as worlds
from tests.bench.measure import Figure, rate

T = TypeVar("T")
IN_ONE_CALL = 100  # as of a vendor that collects them (messaging-service contract, section 9)
HOST = "127.0.0.1"


def figures(world: worlds.World, events: int) -> list[Figure]:
    """`events`: people whose messages are reported on, once as sent by single calls and once as delivered in lists."""
    through = worlds.account(world, "http://127.0.0.1:9", "callbacks")
    made = worlds.dispatch(world, through, "callbacks")
    prepare.CHUNK = min(20_000, events)
    worlds.write_audience(made, events)
    rows = list(Recipient.objects.filter(dispatch=made, status="queued").order_by("pk").values_list("pk", "address"))
    rows = rows[:events]
    _accept(made.pk, [pk for pk, _ in rows])
    references = [(reference_of(made.key, pk, 1), address) for pk, address in rows]
    single = [orjson.dumps(_sent(*found)) for found in references]
    lists = [orjson.dumps([_delivered(*found) for found in some]) for some in batched(references, IN_ONE_CALL)]
    bare = rate(len(single), lambda: _bare_store(single))
    one = rate(len(single), lambda: _call(through, "status", single))
    applied = rate(len(single), _apply)
    many = rate(len(rows), lambda: _call(through, "delivery", lists))
    applied_lists = rate(len(rows), _apply)
    _check(made.pk, len(rows))
    bare_apply = rate(len(rows), lambda: _bare_apply([pk for pk, _ in rows]))
    return [
        Figure("callbacks stored, one event a call", one, bare, note="the whole application, without HTTP"),
        Figure(f"callbacks stored, {IN_ONE_CALL} events a call", many, note="events"),
        Figure("callbacks applied, one event a call", applied, bare_apply, note="parse, match, write, counters"),
        Figure(f"callbacks applied, {IN_ONE_CALL} events a call", applied_lists, bare_apply, note="events"),
    ]


def _accept(dispatch_id: int, ids: Sequence[int]) -> None:
    """As if the provider had taken these messages."""
    for some in batched(ids, 500):
        Recipient.objects.filter(pk__in=some).update(status="accepted")
    tallies.shift(dispatch_id, {("queued", ""): -len(ids), ("accepted", ""): len(ids)})


def _sent(reference: str, address: str) -> dict[str, Any]:
    return {
        "id": f"id-{reference}", "correlationId": reference, "carrierId": 1, "carrierName": "VIVO",
        "destination": address[1:], "sentStatusCode": 2, "sentStatus": "SENT_SUCCESS", "sentAt": 1773147605000,
        "sentDate": "2026-03-10T13:00:05Z", "campaignId": "64", "extraInfo": "",
    }  # fmt: skip


def _delivered(reference: str, address: str) -> dict[str, Any]:
    more = {"deliveredStatusCode": 4, "deliveredStatus": "DELIVERED_SUCCESS", "deliveredAt": 1773147641000}
    return {**_sent(reference, address), **more}


def _call(through: ProviderAccount, kind: str, bodies: Sequence[bytes]) -> None:
    path = f"/hooks/{through.callback_token}/{kind}/"
    for body in bodies:
        said: list[str] = []
        response = application(_environment(path, body), lambda status, headers, said=said: said.append(status))
        response.close()
        if not said[0].startswith("200"):
            raise RuntimeError(f"the door answered {said[0]}")


def _environment(path: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "SERVER_NAME": HOST,
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": HOST, "HTTP_HOST": HOST,
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip


def _apply() -> None:
    while inbox.apply_next(timezone.now()):
        pass


def _check(dispatch_id: int, events: int) -> None:
    delivered = Recipient.objects.filter(dispatch_id=dispatch_id, status="delivered").count()
    waiting = ProviderEvent.objects.filter(applied_at=None).count()
    if delivered != events or waiting:
        raise RuntimeError(f"{delivered} of {events} are delivered, {waiting} callbacks wait")


def _bare_store(bodies: Sequence[bytes]) -> None:
    """One INSERT and one commit each."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_inbox (body text)")
        for body in bodies:
            cursor.execute("INSERT INTO bare_inbox (body) VALUES (%s)", [body.decode()])
        cursor.execute("DROP TABLE bare_inbox")


def _bare_apply(ids: Sequence[int]) -> None:
    """The same rows written in bites of the same size."""
    for some in batched(ids, inbox.CHUNK):
        Recipient.objects.filter(pk__in=some).update(status="delivered", final_at=timezone.now())


def batched(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]
