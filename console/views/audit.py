"""The audit log of a workspace: who did what, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from console.access import WorkspaceRequest, member
from console.htmx import render_page
from console.models import AuditEvent, User
from console.paging import page_by_key
from console.views.audit_details import Line, Reader, kind_of, label_of, model_of
from console.views.audit_words import THINGS, sentence

MACHINE = "machine"
# model -> (its page, who may open it, does the address hold the id or is it the query of a list)
_PAGES: dict[str, tuple[str, str, str]] = {
    "campaign": ("campaign", "campaign.view", ""),
    "contact": ("contact", "contact.view", ""),
    "dispatch": ("dispatch", "dispatch.view", ""),
    "group": ("contacts", "contact.view", "?group={pk}"),
    "provideraccount": ("account", "provider.view", ""),
    "template": ("template", "template.view", ""),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as the page shows it. `url` is "" for what is gone, has no page, or may not be opened."""

    event: AuditEvent
    sentence: str
    kind: str
    label: str
    url: str
    lines: Sequence[Line]


@member("audit.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Filter by person (`?who=`, an id or "machine") and by thing (`?what=`)."""
    who, what = request.GET.get("who", ""), request.GET.get("what", "")
    events = AuditEvent.objects.for_workspace(request.workspace).select_related("actor")
    if who == MACHINE:
        events = events.filter(actor=None)
    elif who.isdecimal():
        events = events.filter(actor_id=int(who))
    if what in THINGS:
        events = events.filter(action__startswith=f"{what}.")
    page = page_by_key(request, events)
    context = {
        "now": timezone.now(),
        "page": page,
        "entries": entries_of(request, page.rows),
        "who": who,
        "what": what,
        "people": User.objects.filter(memberships__workspace=request.workspace).order_by("name", "email"),
        "things": THINGS.items(),
        "machine": MACHINE,
    }
    return render_page(request, "console/audit.html", context, partial="rows")


def entries_of(request: WorkspaceRequest, events: Sequence[AuditEvent]) -> list[Entry]:
    """The events in words, with links to what still exists: a query a kind of thing, however many events."""
    reader, urls = Reader(events, timezone.now()), _urls(request, {event.target for event in events})
    return [
        Entry(
            event,
            sentence(event.action),
            kind_of(event.target),
            label_of(event),
            urls.get(event.target, ""),
            reader.lines(event),
        )
        for event in events
    ]


def _urls(request: WorkspaceRequest, targets: Iterable[str]) -> dict[str, str]:
    """target -> the page of that thing."""
    ids: dict[str, list[int]] = {}
    for target in targets:
        name, _, pk = target.partition(":")
        if name in _PAGES and pk.isdecimal() and _PAGES[name][1] in request.permissions:
            ids.setdefault(name, []).append(int(pk))
    return {
        f"{name}:{pk}": _url(request, name, pk)
        for name, wanted in ids.items()
        for pk in _existing(request, name, wanted)
    }


def _existing(request: WorkspaceRequest, name: str, ids: list[int]) -> list[int]:
    manager: Any = model_of(name)._default_manager  # type: ignore[union-attr]
    return list(manager.for_workspace(request.workspace).filter(pk__in=ids).values_list("pk", flat=True))


def _url(request: WorkspaceRequest, name: str, pk: int) -> str:
    page, _, query = _PAGES[name]
    slug = request.workspace.slug
    return reverse(page, args=[slug]) + query.format(pk=pk) if query else reverse(page, args=[slug, pk])
