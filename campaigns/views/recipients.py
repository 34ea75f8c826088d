"""The people of a dispatch: the list behind every number, and one person's row."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from campaigns import wording
from campaigns.models import Dispatch, Recipient
from campaigns.rendering import MissingValue
from campaigns.services.settling import engagement, unanswered
from campaigns.services.showing import figures, recipients
from campaigns.services.showing.figures import Figures
from campaigns.services.showing.recipients import Line, Listing, Wanted
from campaigns.services.writing import attachments, content
from campaigns.services.writing.content import Rendered
from campaigns.states import RECIPIENT_MOVES, By, RecipientStatus, actions_from
from campaigns.views import email_frame
from campaigns.views.screen import dispatch_or_404, head_of, people_url, recipient_or_404, shown, word_of
from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import render_page
from console.paging import Page

DECIDABLE = ("verify", "failed")  # states in which a person may decide about several people at once


@member("dispatch.view")
@require_GET
def index(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """`?state=` and `?reason=` filter, `?q=` searches, `?after=` and `?before=` page by row id."""
    now = timezone.now()
    dispatch = dispatch_or_404(request, pk)
    found = figures.of(dispatch, now)
    wanted = Wanted.read(request.GET)
    text = request.GET.get("q", "").strip()
    listing = recipients.search(dispatch, text, now) if text else _listing(request, dispatch, wanted)
    context = {
        **head_of(dispatch, now, found),
        "figures": found,
        "wanted": wanted,
        "q": text,
        "tabs": _tabs(dispatch, found, wanted, text),
        "reasons": _reasons(found, wanted),
        "lines": [shown(dispatch, line) for line in listing.lines],
        "page": _page(request, listing),
        "count_text": _count_text(dispatch, found, wanted, text, len(listing.lines)),
        "actions": _bulk_actions(request, wanted, text),
        "here": people_url(dispatch, state=wanted.state, reason=wanted.reason),
        "without_reason": people_url(dispatch, state=wanted.state),
    }
    return render_page(request, "campaigns/dispatch/recipients.html", context, partial="people")


@member("dispatch.view")
@require_GET
def detail(request: WorkspaceRequest, pk: int, recipient_pk: int) -> HttpResponse:
    """One person: the exact text, what became of it, the request it travelled in, answers."""
    now = timezone.now()
    dispatch = dispatch_or_404(request, pk)
    recipient = recipient_or_404(dispatch, recipient_pk)
    line = recipients.line_of(recipient, now)
    context = {
        **head_of(dispatch, now),
        **shown(dispatch, line),
        "reference": recipients.reference_of(recipient),
        "engagement": engagement.of_recipient(recipient),
        "advice": wording.reason_advice(recipient.reason),
        "message": _message(recipient),
        "files": [file for file in attachments.of_version(dispatch.version) if not file.inline],
        "batch": recipients.batch_of(recipient),
        "may_be_named": recipient.status == RecipientStatus.UNKNOWN and unanswered.may_be_named(dispatch),
        "replies": recipients.replies_of(recipient),
        "decide": bool(actions_from(RECIPIENT_MOVES, recipient.status, By.PERSON)),
    }
    return render_page(request, "campaigns/dispatch/recipient.html", context)


@member("dispatch.view")
@require_GET
@email_frame.framed
def html(request: WorkspaceRequest, pk: int, recipient_pk: int) -> HttpResponse:
    """The HTML part of an email exactly as it left, to be framed by `detail`."""
    dispatch = dispatch_or_404(request, pk)
    message = _message(recipient_or_404(dispatch, recipient_pk))
    if message is None or not message.html:
        raise Http404("no HTML")
    return email_frame.finished(message, content.attachments_of(dispatch.version))


def _message(recipient: Recipient) -> Rendered | None:
    """What left, or would leave; None when a value was missing, so that there is no text."""
    try:
        return content.text_of(recipient)
    except MissingValue:
        return None


def _listing(request: WorkspaceRequest, dispatch: Dispatch, wanted: Wanted) -> Listing:
    cursors = {name: int(value) for name in ("after", "before") if (value := request.GET.get(name, "")).isdecimal()}
    if "before" in cursors:
        cursors.pop("after", None)
    return recipients.page(dispatch, wanted, timezone.now(), **cursors)


def _page(request: WorkspaceRequest, listing: Listing) -> Page:
    lines = listing.lines

    def url(name: str, line: Line) -> str:
        query = {key: value for key, value in request.GET.items() if key not in ("after", "before")}
        return f"{request.path}?{urlencode({**query, name: line.recipient.pk})}"

    return Page(
        rows=lines,
        previous_url=url("before", lines[0]) if lines and listing.has_previous else "",
        next_url=url("after", lines[-1]) if lines and listing.has_next else "",
        size=recipients.ROWS,
    )


def _tabs(dispatch: Dispatch, found: Figures, wanted: Wanted, text: str) -> list[dict[str, Any]]:
    """Everyone and each state that somebody is in, with how many."""
    shown = [state for state, n in found.states.items() if n or state == wanted.state]
    groups = [wanted.state] if wanted.state in figures.GROUPS else []
    states = [("", _("Everyone"), found.total)]
    states += [(state, word_of(dispatch, state), found.people(state)) for state in groups + shown]
    states += [(kind, word_of(dispatch, kind), n) for kind, n in engagement.people(dispatch.pk).items()]
    return [
        {"word": word, "n": n, "url": people_url(dispatch, state=state), "current": state == wanted.state and not text}
        for state, word, n in states
    ]


def _reasons(found: Figures, wanted: Wanted) -> list[dict[str, Any]]:
    """The reasons in the chosen state, for the filter."""
    cells = [cell for cell in found.reasons(wanted.state) if cell.reason] if wanted.state in figures.STATES else []
    return [{"value": cell.reason, "n": cell.n, "sentence": wording.reason_sentence(cell.reason)} for cell in cells]


def _count_text(dispatch: Dispatch, found: Figures, wanted: Wanted, text: str, rows: int) -> str:
    if text:
        if rows >= recipients.SEARCHED_CONTACTS:
            return _("The first %(n)s that fit. Type more to see others.") % {"n": formats.number(rows)}
        people = rows
    else:
        people = recipients.number_of(dispatch, wanted, found)
    return ngettext("%(n)s person", "%(n)s people", people) % {"n": formats.number(people)}


def _bulk_actions(request: WorkspaceRequest, wanted: Wanted, text: str) -> list[tuple[str, str]]:
    """(action, label) of the buttons for ticked people; none where nothing is to decide."""
    if text or wanted.state not in DECIDABLE or "dispatch.control" not in request.permissions:
        return []
    again = ("send_again", _("Send again"))
    if wanted.state == "failed":
        return [again]
    return [("mark_sent", _("Mark as sent")), ("mark_not_sent", _("Mark as not sent")), again]
