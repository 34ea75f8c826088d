"""Replies: the inbox of a workspace, and the story of messages and answers of one contact."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.services import conversations
from campaigns.views.screen import shown
from console.access import WorkspaceRequest, member
from console.htmx import render_page
from console.paging import page_by_key
from contacts.models import Contact


@member("report.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Newest first; `?show=opt-outs` only those who said STOP."""
    opted_out = request.GET.get("show") == "opt-outs"
    context = {
        "now": timezone.now(),
        "page": page_by_key(request, conversations.replies(request.workspace, opted_out=opted_out)),
        "opted_out": opted_out,
    }
    return render_page(request, "campaigns/replies/list.html", context, partial="rows")


@member("contact.view")
@require_GET
def of_contact(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The fragment that a contact's page loads; a page of its own without script."""
    now = timezone.now()
    contact = get_object_or_404(Contact.objects.for_workspace(request.workspace), pk=pk)
    turns = [
        {"turn": turn, **(shown(turn.line.recipient.dispatch, turn.line) if turn.line else {})}
        for turn in conversations.of_contact(contact, now)
    ]
    context = {"now": now, "contact": contact, "turns": turns}
    return render_page(request, "campaigns/replies/contact.html", context, partial="contact-messages")
