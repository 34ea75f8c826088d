"""Replies: the inbox of a workspace, answers by hand, and the story of messages and answers of one contact."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.forms.replies import AnswerForm, ReplySettingsForm
from campaigns.models import Reply
from campaigns.services.settling import answers, reply_settings
from campaigns.services.showing import conversations
from campaigns.services.showing.conversations import Wanted
from campaigns.views.screen import shown
from console import formats
from console.access import WorkspaceRequest, can, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, toast
from console.paging import page_by_key
from contacts.models import Contact

SHOWS = ("", "unread", "opt-outs")


@member("report.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Newest first, narrowed by `show` (unread, opt-outs), `campaign` and `q`."""
    wanted = _wanted(request)
    context = {
        "now": timezone.now(),
        "page": page_by_key(request, conversations.replies(request.workspace, wanted)),
        "wanted": wanted,
        "narrowed": bool(wanted.show or wanted.q or wanted.campaign),
        "unread": conversations.unread(request.workspace),
        "campaigns": conversations.campaigns_answered(request.workspace),
    }
    return render_page(request, "campaigns/replies/list.html", context, partial="inbox")


@member("contact.edit")
@require_POST
def read(request: WorkspaceRequest) -> HttpResponse:
    """Mark as read what is ticked (`id`), or with `all` everything."""
    ids = None if "all" in request.POST else [int(i) for i in request.POST.getlist("id") if i.isdecimal()]
    marked = conversations.mark_read(request.workspace, ids, timezone.now())
    text = ngettext("%(n)s reply marked as read", "%(n)s replies marked as read", marked)
    toast(request, "ok" if marked else "info", text % {"n": formats.number(marked)})
    return redirect(request, reverse("replies", args=[request.workspace.slug]))


@member("campaign.send")
@require_http_methods(["GET", "POST"])
def answer(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Write back to the person, through the account that the reply came in by."""
    found = Reply.objects.for_workspace(request.workspace).select_related("account", "contact", "workspace")
    reply = get_object_or_404(found, pk=pk)
    back = reverse("replies", args=[request.workspace.slug])
    if not answers.can_answer(reply):
        raise UserError(_("This reply cannot be answered here: its account is not in use, or it is no SMS."))
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        answers.answer(reply, form.cleaned_data["text"], request.user, timezone.now())
        toast(request, "ok", _("Answer on its way"), _("It stands in the person's messages."))
        return redirect(request, back)
    title = _("Answer %(name)s") % {"name": reply.contact or reply.address}
    context = {"reply": reply, "form": form}
    status = 422 if form.is_bound else 200
    template = "campaigns/replies/answer.html"
    return render_dialog(request, template, context, title=title, back=back, keep=_("Do not answer"), status=status)


@member("workspace.view")
@require_http_methods(["GET", "POST"])
def settings(request: WorkspaceRequest) -> HttpResponse:
    """Opt-out words by language, and the confirmation: everybody reads them, an owner changes them."""
    editable = can(request.membership, "workspace.edit")
    posted = request.POST if editable and request.method == "POST" else None
    form = ReplySettingsForm(posted, choice=reply_settings.of(request.workspace))
    if form.is_bound and form.is_valid():
        changed = reply_settings.save(request.workspace, form.choice(), request.user, timezone.now())
        text = _("They apply from the next reply on.") if changed else ""
        toast(request, "ok" if changed else "info", _("Settings saved") if changed else _("Nothing was changed"), text)
        return redirect(request, reverse("reply-settings", args=[request.workspace.slug]))
    if not editable:
        for field in form.fields.values():
            field.disabled = True
    context = {"form": form, "editable": editable}
    return render_page(request, "campaigns/replies/settings.html", context, status=422 if form.errors else 200)


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


def _wanted(request: WorkspaceRequest) -> Wanted:
    show, campaign = request.GET.get("show", ""), request.GET.get("campaign", "")
    return Wanted(
        show=show if show in SHOWS else "",
        q=request.GET.get("q", "").strip()[:120],
        campaign=int(campaign) if campaign.isdecimal() and len(campaign) < 19 else None,
    )
