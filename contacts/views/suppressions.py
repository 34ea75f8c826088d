"""The do-not-contact list."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from console import formats
from console.access import WorkspaceRequest, member
from console.htmx import redirect, render_dialog, render_page, toast
from console.paging import page_by_key
from contacts import phones, wording
from contacts.forms.suppressions import SuppressionForm
from contacts.models import Suppression
from contacts.querysets import CHANNELS
from contacts.services import consent, stops
from contacts.states import SuppressionReason

BY_THE_PERSON = (SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT)


@member("contact.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Newest first; `?q=` the beginning of an address, `?channel=`, `?reason=`."""
    q = request.GET.get("q", "").strip()[:254]
    channel, reason = request.GET.get("channel", ""), request.GET.get("reason", "")
    channel = channel if channel in CHANNELS else ""
    reason = reason if reason in set(SuppressionReason) else ""
    found = Suppression.objects.for_workspace(request.workspace).select_related("actor")
    if channel:
        found = found.filter(channel=channel)
    if reason:
        found = found.filter(reason=reason)
    page = page_by_key(request, found.filter(_beginning(q, request.workspace.default_country)) if q else found)
    context = {
        "page_title": _("Do not contact"),
        "now": timezone.now(),
        "page": page,
        "rows": [_row(stop) for stop in page.rows],
        "q": q,
        "channel": channel,
        "reason": reason,
        "reasons": wording.SUPPRESSION_REASONS.items(),
        "channels": wording.CHANNELS.items(),
        "nothing_yet": not (page.rows or q or channel or reason),
    }
    return render_page(request, "contacts/suppressions.html", context, partial="rows")


@member("suppression.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Add addresses by hand."""
    form = SuppressionForm(request.POST or None, country=request.workspace.default_country)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        added = stops.add(
            request.workspace, given["addresses"], given["reason"], given["note"], request.user, timezone.now()
        )
        n = {"n": formats.number(added)}
        toast(request, "ok", ngettext("%(n)s address was added", "%(n)s addresses were added", added) % n)
        return redirect(request, list_url(request))
    return render_dialog(
        request, "contacts/suppression_new.html", {"form": form}, title=_("Never write to these addresses again"),
        back=list_url(request), keep=_("Add none"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("suppression.edit")
@require_http_methods(["GET", "POST"])
def remove(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Take an address off the list, after a question."""
    stops_here = Suppression.objects.for_workspace(request.workspace).select_related("workspace")
    stop = get_object_or_404(stops_here, pk=pk)
    address = {"address": formats.phone(stop.address)}
    if request.method == "POST":
        consent.unsuppress(stop, request.user, timezone.now())
        toast(request, "ok", _("%(address)s may be written to again") % address, _("Consent has to be given again."))
        return redirect(request, list_url(request))
    return render_dialog(
        request, "contacts/suppression_remove.html",
        {"row": _row(stop), "by_the_person": stop.reason in BY_THE_PERSON},
        title=_("Take %(address)s off the list?") % address, back=list_url(request), keep=_("Keep it on the list"),
    )  # fmt: skip


def list_url(request: WorkspaceRequest) -> str:
    return reverse("suppressions", args=[request.workspace.slug])


def _row(stop: Suppression) -> dict[str, Any]:
    return {
        "stop": stop,
        "reason": wording.SUPPRESSION_REASONS[stop.reason],
        "source": wording.SOURCES[stop.source],
        "by_the_person": stop.reason in BY_THE_PERSON,
    }


def _beginning(q: str, country: str) -> Q:
    """A whole phone number however it is written, the first digits of one, or the beginning of an email address."""
    phone = phones.parse(q, country)
    if isinstance(phone, phones.Phone):
        return Q(address=phone.e164)
    digits = "".join(c for c in q if c.isascii() and c.isdigit())
    if digits and not any(c.isalpha() for c in q):
        prefix = digits.removeprefix("00") if digits.startswith("00") else digits
        return Q(address__startswith=f"+{prefix}")
    return Q(address__startswith=q.lower())
