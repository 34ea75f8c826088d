"""Whose message a preview shows: the n-th person, somebody searched for, or one who stands out."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from campaigns.services.writing import sampling
from campaigns.services.writing.audience import AudienceSpec
from console.models import Workspace
from contacts.models import Contact
from contacts.services import finding

# Stepping by one reaches no further than anybody would click; beyond it there is the search.
FURTHEST = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """`n` of `total` people (0 = not counted from the front); `previous` and `following` are 0 at the ends."""

    contact: Contact | None
    n: int = 0
    total: int = 0
    previous: int = 0
    following: int = 0


def recipient(request: HttpRequest, spec: AudienceSpec, total: int) -> Shown:
    """The n-th of the people who will receive it (`?n=`, counted from 1), or the one named by `?contact=`."""
    chosen = _by_id(request, spec.workspace_id)
    if chosen:
        return Shown(chosen, total=total)
    reachable = min(total, FURTHEST)
    if not reachable:
        return Shown(None, total=total)
    n = min(_n(request), reachable)
    return Shown(
        contact=sampling.nth(spec, n),
        n=n,
        total=total,
        previous=n - 1,
        following=n + 1 if n < reachable else 0,
    )


def contact(request: HttpRequest, workspace: Workspace, query: str = "") -> Shown:
    """The n-th contact of the workspace, newest first, among those that `query` finds."""
    chosen = _by_id(request, workspace.pk)
    if chosen:
        return Shown(chosen)
    n = min(_n(request), FURTHEST)
    found = finding.newest(workspace, finding.People(q=query), n + 1)
    if not found:
        return Shown(None)
    n = min(n, len(found))
    return Shown(found[n - 1], n=n, previous=n - 1, following=n + 1 if n < len(found) and n < FURTHEST else 0)


def _n(request: HttpRequest) -> int:
    """`?n=`, at least 1."""
    written = request.GET.get("n") or request.POST.get("n") or "1"
    return max(1, int(written)) if written.isdecimal() and len(written) < 10 else 1


def _by_id(request: HttpRequest, workspace_id: int) -> Contact | None:
    written = request.GET.get("contact", "")
    if not written.isdecimal() or len(written) > 18:
        return None
    found: Contact | None = Contact.objects.filter(workspace_id=workspace_id, pk=int(written)).first()
    return found
