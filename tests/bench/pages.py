"""How long pages take in a large workspace: the slowest of twenty, without network and templates compiled."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.models import Dispatch, Recipient
from tests.bench import ledger
from tests.bench import world as worlds
from tests.bench.measure import Figure, stopwatch

TIMES = 20


def figures(world: worlds.World, made: Dispatch, rows: int) -> list[Figure]:
    """p95 in milliseconds of the pages that people wait for. `made` has `rows` people."""
    client = Client()
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    note = f"{world.everyone.size:,} contacts, {rows:,} ledger rows"
    found = [Figure("page: /metrics, first reading", _first(client, "/metrics"), None, "ms", note)]
    return found + [
        Figure(f"page: {name}", _p95(client, url), None, "ms", note)
        for name, url in [*_of_workspace(world), *_of_dispatch(world, made)]
    ]


def _of_workspace(world: worlds.World) -> list[tuple[str, str]]:
    slug = world.workspace.slug
    contacts = reverse("contacts", args=[slug])
    return [
        ("home", reverse("home", args=[slug])),
        ("contacts", contacts),
        ("contacts, search by phone", f"{contacts}?q=600+12+39"),
        ("contacts, search by a common name", f"{contacts}?q=nombre7"),
        ("campaigns", reverse("campaigns", args=[slug])),
        ("reports", reverse("reports", args=[slug])),
        ("operations", reverse("operations", args=[slug])),
        ("/metrics", reverse("metrics")),
        ("admin, ledger", reverse("admin:campaigns_recipient_changelist")),
    ]


def _of_dispatch(world: worlds.World, made: Dispatch) -> list[tuple[str, str]]:
    at = [world.workspace.slug, made.pk]
    people = reverse("recipient-list", args=at)
    last = Recipient.objects.filter(dispatch=made).order_by("-pk")[1_000]
    status, reason = ledger.RARE
    return [
        ("live dispatch", reverse("dispatch", args=at)),
        ("live dispatch, what is polled", reverse("dispatch-live", args=at)),
        ("report", reverse("report", args=at)),
        ("people of a dispatch", people),
        ("people of a dispatch, delivered", f"{people}?state=delivered"),
        ("people of a dispatch, a rare reason", f"{people}?state={status}&reason={reason}"),
        ("people of a dispatch, far down", f"{people}?after={last.pk}"),
        ("people of a dispatch, delivered, far down", f"{people}?state=delivered&after={last.pk}"),
        ("people of a dispatch, to verify", f"{people}?state=verify"),
        ("people of a dispatch, search by address", f"{people}?q=%2B{last.address[1:]}"),
        ("people of a dispatch, search by name", f"{people}?q=nombre7"),
        ("a person of a dispatch", reverse("recipient", args=[*at, last.pk])),
    ]


def _first(client: Client, url: str) -> float:
    """As a monitor that comes now and then: over a new connection to the database, in a process that runs."""
    client.get(url)
    connection.close()
    return _taken(client, url)


def _p95(client: Client, url: str) -> float:
    taken = [_taken(client, url) for _ in range(TIMES + 2)]
    return sorted(taken[2:])[int(TIMES * 0.95) - 1]


def _taken(client: Client, url: str) -> float:
    """Milliseconds. 286 is what a fragment answers that need not be polled any more."""
    with stopwatch() as watch:
        response = client.get(url)
    if response.status_code not in (200, 286):
        raise RuntimeError(f"{url} answered {response.status_code}")
    return watch.seconds * 1_000
