"""Figures as the parts of state bars and legends, and ledger rows as badges: words, colours, links."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns import wording
from campaigns.models import Dispatch, DispatchKind, ProviderAccount, Purpose, Recipient
from campaigns.providers import registry
from campaigns.services.showing.figures import STANDING, Figures
from campaigns.services.showing.overview import dispatch_badge
from campaigns.services.showing.recipients import Line
from console.access import WorkspaceRequest
from console.charts import Part

# The words of the state table (design guide §6), and of the two sums of states that can be listed.
WORDS: dict[str, Any] = {
    "delivered": _("Delivered"),
    "receipt": _("Sent, no receipt"),
    "sent": _("Sent"),
    "sending": _("Handing over"),
    "retry": _("Retrying"),
    "waiting": _("Waiting"),
    "held": _("Held for hours"),
    "verify": _("To verify"),
    "failed": _("Failed"),
    "excluded": _("Excluded"),
    "handed": _("Handed over"),
    "left": _("Still to be handed over"),
    "opened": _("Opened"),
    "clicked": _("Clicked"),
}
_NUMBERED: dict[str, Any] = {
    DispatchKind.TEST: _("Test send %(n)s"),
    DispatchKind.ANSWER: _("Answer %(n)s"),
    DispatchKind.CONFIRMATION: _("Confirmation %(n)s"),
}
HELD = _("Held")  # paused, or held by a problem: not for hours, but until a person acts
_OF_SCREEN = frozenset({"receipt", "retry", "held"})  # states that the row's own status does not name


def dispatch_or_404(request: WorkspaceRequest, pk: int) -> Dispatch:
    """A dispatch of the request's workspace with what every page shows of it."""
    found = Dispatch.objects.for_workspace(request.workspace).filter(pk=pk)
    dispatch = found.select_related("campaign", "account", "workspace", "created_by", "version__template").first()
    if dispatch is None:
        raise Http404("no such dispatch")
    return dispatch


def account_or_404(request: WorkspaceRequest, pk: int) -> ProviderAccount:
    """A provider account of the request's workspace, of a vendor that is still known."""
    account = ProviderAccount.objects.for_workspace(request.workspace).filter(pk=pk).select_related("workspace").first()
    if account is None or account.provider not in registry.PROVIDERS:
        raise Http404("no such account")
    return account


def recipient_or_404(dispatch: Dispatch, pk: int) -> Recipient:
    """A ledger row of `dispatch`."""
    recipient = Recipient.objects.filter(dispatch=dispatch, pk=pk).select_related("contact").first()
    if recipient is None:
        raise Http404("no such recipient")
    recipient.dispatch = dispatch
    return recipient


def people_url(dispatch: Dispatch, **filters: str) -> str:
    """The list of the dispatch's people, filtered by `state`, `reason` or `q`."""
    url = reverse("recipient-list", args=[dispatch.workspace.slug, dispatch.pk])
    wanted = {name: value for name, value in filters.items() if value}
    return f"{url}?{urlencode(wanted)}" if wanted else url


def word_of(dispatch: Dispatch, state: str) -> Any:
    return HELD if state == "held" and dispatch.status in STANDING else WORDS[state]


def parts(dispatch: Dispatch, found: Figures) -> list[Part]:
    """The figures for `{% state_bar %}`, `{% legend %}` and `{% sum_line %}`; every number opens its people."""
    return [
        Part(state, n, word_of(dispatch, state), people_url(dispatch, state=state)) for state, n in found.states.items()
    ]


def shown(dispatch: Dispatch, line: Line) -> dict[str, Any]:
    """A ledger row for a template: line, recipient, colour class and word of its badge, address of its page."""
    status = line.recipient.status
    word = word_of(dispatch, line.state) if line.state in _OF_SCREEN else wording.status_word(status)
    url = reverse("recipient", args=[dispatch.workspace.slug, dispatch.pk, line.recipient.pk])
    return {"line": line, "recipient": line.recipient, "css": line.state, "word": word, "url": url}


def heading_of(dispatch: Dispatch) -> str:
    """ "Dispatch 2", or "Test send 1" for a message to typed addresses."""
    words = _NUMBERED.get(dispatch.kind, _("Dispatch %(n)s"))
    return words % {"n": dispatch.number}


def head_of(dispatch: Dispatch, now: datetime, found: Figures | None = None) -> dict[str, Any]:
    """What the header of every page about a dispatch needs."""
    css, icon, word = dispatch_badge(dispatch, found)
    channel = _("SMS") if dispatch.channel == "sms" else _("Email")
    purpose = _("marketing") if dispatch.purpose == Purpose.MARKETING else _("service")
    return {
        "now": now,
        "dispatch": dispatch,
        "heading": heading_of(dispatch),
        "kind_words": f"{channel}, {purpose}",
        "state": (css, icon),
        "state_word": word,
    }
