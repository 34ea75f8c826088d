"""Naming a request that nobody knows the outcome of, by the id that the provider's own console shows."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from campaigns.forms.ticket import TicketForm
from campaigns.services.settling import unanswered
from campaigns.views.screen import dispatch_or_404
from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, toast


@member("dispatch.control")
@require_http_methods(["GET", "POST"])
def name(request: WorkspaceRequest, pk: int, number: int) -> HttpResponse:
    """Ask for the id of request `number`; a POST carries it as `value`."""
    dispatch = dispatch_or_404(request, pk)
    found = unanswered.request_of(dispatch, number)
    if found is None:
        raise UserError(_("These messages have been settled in the meantime; there is nothing to decide."))
    back = reverse("dispatch", args=[dispatch.workspace.slug, dispatch.pk])
    form = TicketForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            people = unanswered.enter(dispatch, found, form.cleaned_data["value"], request.user, timezone.now())
        except UserError as error:
            form.add_error("value", str(error))
        else:
            toast(request, "ok", _done(people))
            return redirect(request, back)
    title = ngettext(
        "What does the provider call the request with %(n)s message?",
        "What does the provider call the request with %(n)s messages?",
        found.people,
    ) % {"n": formats.number(found.people)}
    return render_dialog(
        request, "campaigns/dispatch/name_request.html", {"dispatch": dispatch, "found": found, "form": form},
        title=title, back=back, keep=_("Decide later"), status=422 if form.is_bound else 200,
    )  # fmt: skip


def _done(people: int) -> str:
    text = ngettext(
        "The provider is asked about %(n)s message from now on",
        "The provider is asked about %(n)s messages from now on",
        people,
    )
    return text % {"n": formats.number(people)}
