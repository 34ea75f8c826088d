"""What a contact's phone number is, asked at a provider: billed, so by a button that says so."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.services.connecting import number_checks
from campaigns.views.screen import account_or_404
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import is_fragment, redirect, render_page, toast
from contacts.models import Contact


@member("contact.view")
@require_http_methods(["GET", "POST"])
def of_contact(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The card that a contact's page loads, with the last answer; POST with `account` orders a check."""
    contact = get_object_or_404(Contact.objects.for_workspace(request.workspace).select_related("workspace"), pk=pk)
    if request.method == "POST":
        _order(request, contact)
        if not is_fragment(request):
            return redirect(request, reverse("contact", args=[request.workspace.slug, contact.pk]))
    checking = number_checks.accounts_that_check(request.workspace) if contact.phone else []
    context = {
        "contact": contact,
        "now": timezone.now(),
        "last": number_checks.last_of(contact),
        "choices": [{"account": account, "price": number_checks.price_of(account)} for account in checking],
        "may_order": "campaign.send" in request.permissions,
    }
    return render_page(request, "campaigns/accounts/number.html", context, partial="contact-number")


def _order(request: WorkspaceRequest, contact: Contact) -> None:
    pk = request.POST.get("account", "")
    account = account_or_404(request, int(pk) if pk.isdecimal() else 0)
    if "campaign.send" not in request.permissions or not contact.phone:
        raise UserError(_("This number cannot be checked here."))
    if account not in number_checks.accounts_that_check(request.workspace):
        raise UserError(_("This account cannot check numbers."))
    answer = number_checks.check(contact, account, request.user, timezone.now())
    text = _("It belongs to a mobile network.") if answer.active else _("No mobile network has it.")
    toast(request, "ok" if answer.active else "warn", _("Number checked"), text)
