"""How long pages take in a large workspace: the slowest of twenty, without network and templates compiled."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from campaigns.models import Dispatch
from tests.bench import ledger
from tests.bench import world as worlds
from tests.bench.measure import Figure, stopwatch

TIMES = 20


def figures(world: worlds.World, made: Dispatch, rows: int) -> list[Figure]:
    """p95 in milliseconds of the pages that people wait for. `made` has `rows` people."""
    client = Client()
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    slug = world.workspace.slug
    note = f"{world.everyone.size:,} contacts, {rows:,} ledger rows"
    people = reverse("recipient-list", args=[slug, made.pk])
    status, reason = ledger.RARE
    pages = {
        "home": reverse("home", args=[slug]),
        "contacts": reverse("contacts", args=[slug]),
        "contacts, search by phone": reverse("contacts", args=[slug]) + "?q=600+12+39",
        "contacts, search by a common name": reverse("contacts", args=[slug]) + "?q=nombre7",
        "campaigns": reverse("campaigns", args=[slug]),
        "live dispatch": reverse("dispatch", args=[slug, made.pk]),
        "report": reverse("report", args=[slug, made.pk]),
        "people of a dispatch": people,
        "people of a dispatch, delivered": f"{people}?state=delivered",
        "people of a dispatch, a rare reason": f"{people}?state={status}&reason={reason}",
        "admin, ledger": reverse("admin:campaigns_recipient_changelist"),
    }
    return [Figure(f"page: {name}", _p95(client, url), None, "ms", note) for name, url in pages.items()]


def _p95(client: Client, url: str) -> float:
    taken = []
    for _ in range(TIMES + 2):
        with stopwatch() as watch:
            response = client.get(url)
        if response.status_code != 200:
            raise RuntimeError(f"{url} answered {response.status_code}")
        taken.append(watch.seconds * 1_000)
    return sorted(taken[2:])[int(TIMES * 0.95) - 1]
