"""Opens and clicks that providers report: kept once per person, counted per dispatch and per link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.models import Engagement, EngagementTally, ProviderAccount, Recipient
from campaigns.models.engagement import URL_LENGTH
from campaigns.providers.base import Event, EventKind
from campaigns.querysets import engagement, ledger_ids
from campaigns.querysets.engagement import Row
from campaigns.services.sending.flights import recipient_of

OPENED, CLICKED = "opened", "clicked"
KINDS = (OPENED, CLICKED)
LINKS = 10  # of a report, those that most people followed
_KIND = {EventKind.OPENED: OPENED, EventKind.CLICKED: CLICKED}


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a message, without its query, and how many people followed it."""

    url: str
    people: int


def take(account: ProviderAccount, events: Sequence[Event], now: datetime) -> int:
    """Keep opens and clicks of this account's messages; gives how many were new. Of any attempt: whoever opened what
    was sent has opened it."""
    wanted: dict[int, list[tuple[str, Event]]] = {}
    for event in events:
        parts = recipient_of(event.reference) if event.kind in _KIND else None
        if parts:
            wanted.setdefault(parts[1], []).append((parts[0], event))
    if not wanted:
        return 0
    rows = {
        row
        for pk, owned in ledger_ids.of_account(account.pk, list(wanted)).items()
        for given, event in wanted[pk]
        if given == owned.key
        for row in _rows(owned.dispatch_id, pk, event, now)
    }
    return engagement.insert(_earliest(rows)) if rows else 0


def people(dispatch_id: int) -> dict[str, int]:
    """How many people opened and clicked; a kind that nobody did is left out."""
    found = EngagementTally.objects.filter(dispatch=dispatch_id, url="", people__gt=0)
    return dict(found.values_list("kind", "people"))


def links(dispatch_id: int) -> list[Link]:
    """The links that most people followed."""
    found = EngagementTally.objects.filter(dispatch=dispatch_id, kind=CLICKED).exclude(url="")
    return [Link(*row) for row in found.order_by("-people", "url").values_list("url", "people")[:LINKS]]


def of_recipient(recipient: Recipient) -> Mapping[str, datetime]:
    """When a person first opened and first clicked."""
    return dict(Engagement.objects.filter(recipient=recipient.pk, url="").values_list("kind", "at"))


def _rows(dispatch_id: int, recipient_id: int, event: Event, now: datetime) -> list[Row]:
    kind, at = _KIND[event.kind], event.at or now
    rows = [Row(dispatch_id, recipient_id, kind, "", at)]
    url = _link(event.text) if kind == CLICKED else ""
    return [*rows, Row(dispatch_id, recipient_id, kind, url, at)] if url else rows


def _link(text: str) -> str:
    """The address without query and fragment, which are often each person's own; "" for our unsubscribe links."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    url = parts._replace(query="", fragment="").geturl()
    return "" if not parts.hostname or url.startswith(f"{settings.PUBLIC_URL}/u/") else url[:URL_LENGTH]


def _earliest(rows: set[Row]) -> list[Row]:
    """Of several for the same thing the first."""
    first: dict[tuple[int, str, str], Row] = {}
    for row in rows:
        key = (row.recipient_id, row.kind, row.url)
        if key not in first or row.at < first[key].at:
            first[key] = row
    return list(first.values())
