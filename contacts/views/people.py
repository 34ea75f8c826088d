"""The list of contacts: search, filters, pages by key."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import is_fragment, render_page
from console.paging import ROWS, Page
from contacts import wording
from contacts.models import Contact
from contacts.services import finding
from contacts.states import GroupKind
from contacts.views.screen import (
    choices_by_kind,
    count_text,
    groups_of,
    of_kind,
    pairs_of,
    people_of,
    query_of,
    rows_of,
    wanted_groups,
)

LONGEST_ID = 18  # digits of an id that any database takes


@member("contact.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """`?q=` words, `?group=` (several) membership, `?sms=` and `?email=` consent, `?reach=` who can get something."""
    offered = groups_of(request.workspace)
    named = wanted_groups(request.GET, request.workspace)
    groups = offered + [group for group in named if group not in offered]
    people = people_of(request.GET, groups)
    page = page_of(request, people)
    count = finding.count(request.workspace, people)
    whole = not is_fragment(request)
    context = {
        "page_title": _("Contacts"),
        "now": timezone.now(),
        "people": people,
        "page": page,
        "rows": rows_of(page.rows, request.workspace),
        "count": count,
        "count_text": count_text(count),
        "select_all": _select_all(count) if page.previous_url or page.next_url else "",
        "lists": of_kind(groups, GroupKind.LIST),
        "tags": of_kind(groups, GroupKind.TAG),
        "choices": choices_by_kind(groups),
        "consents": [(state, word) for state, (word, _css, _icon) in wording.CONSENT.items()],
        "pairs": pairs_of(people),
        "query": query_of(people),
        "facts": _facts(request, people, count) if whole else [],
        "nobody_yet": people.is_everyone and not page.rows,
        "whole": whole,
    }
    return render_page(request, "contacts/list.html", context, partial="rows")


def page_of(request: WorkspaceRequest, people: finding.People) -> Page:
    """The page that `?after=` and `?before=` ask for: ids of the last and first row of a neighbour."""
    below, above = _id(request, "after"), _id(request, "before")
    if above is not None:
        below = None
    found = finding.newest(request.workspace, people, ROWS + 1, below=below, above=above)
    more = len(found) > ROWS
    rows = found[-ROWS:] if above is not None else found[:ROWS]
    has_previous, has_next = (more, True) if above is not None else (below is not None, more)
    return Page(
        rows=rows,
        previous_url=_page_url(request, "before", rows[0]) if rows and has_previous else "",
        next_url=_page_url(request, "after", rows[-1]) if rows and has_next else "",
        size=ROWS,
    )


def _id(request: WorkspaceRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= LONGEST_ID else None


def _page_url(request: WorkspaceRequest, name: str, contact: Contact) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    query.pop("before", None)
    query[name] = str(contact.pk)
    return f"{request.path}?{query.urlencode()}"


def _select_all(count: finding.Count) -> str:
    if count.capped:
        return _("Select everybody who fits")
    return _("Select all %(n)s") % {"n": formats.number(count.n)}


def _facts(request: WorkspaceRequest, people: finding.People, count: finding.Count) -> list[dict[str, Any]]:
    """How many there are, and how many of them can be reached, for the line below the heading."""
    everyone = count if people.is_everyone else finding.count(request.workspace, finding.People())
    sentences = {"sms": _("%(people)s reachable by SMS"), "email": _("%(people)s reachable by email")}
    icons = {"sms": "message", "email": "mail"}
    facts = [{"text": count_text(everyone), "icon": "", "reach": ""}] if everyone.n else []
    for channel, sentence in sentences.items() if everyone.n else ():
        reachable = finding.count(request.workspace, finding.People(reach=channel))
        n = formats.number(reachable.n) + ("+" if reachable.capped else "")
        facts.append({"text": sentence % {"people": n}, "icon": icons[channel], "reach": channel})
    return facts
