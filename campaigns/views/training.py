"""The fault dial of a demonstration account: what the sandbox does wrong, and what to watch for."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms.registers import DialForm
from campaigns.models import ProviderAccount
from campaigns.services.connecting import training
from campaigns.views.screen import account_or_404
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_page, toast


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The dial and what is set; POST turns it to `fault` for the next `times` requests."""
    account = _account(request, pk)
    if request.method == "POST":
        form = DialForm(request.POST)
        if not form.is_valid():
            raise UserError(_("Choose a fault, and from 1 to 1,000 requests."))
        chosen = training.FAULTS.get(form.cleaned_data["fault"])
        times = form.cleaned_data["times"] or (chosen.times if chosen else 1)
        fault = training.turn_on(account, form.cleaned_data["fault"], times, request.user, timezone.now())
        toast(request, "ok", _("%(fault)s is on") % {"fault": fault.name}, str(fault.watch))
        return redirect(request, _url(account))
    problem, on = "", []
    try:
        on = training.on(account)
    except UserError as error:
        problem = str(error)
    context = {"account": account, "faults": training.offered(account), "on": on, "problem": problem}
    return render_page(request, "campaigns/accounts/training.html", context, partial="on")


@member("provider.edit")
@require_POST
def reset(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = _account(request, pk)
    training.reset(account, request.user, timezone.now())
    toast(request, "ok", _("The sandbox behaves again"))
    return redirect(request, _url(account))


def _account(request: WorkspaceRequest, pk: int) -> ProviderAccount:
    """404 for every account that is not a demonstration's."""
    account = account_or_404(request, pk)
    if not training.available(account):
        raise Http404("no sandbox behind this account")
    return account


def _url(account: ProviderAccount) -> str:
    return reverse("account-training", args=[account.workspace.slug, account.pk])
