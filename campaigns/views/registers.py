"""The register of campaigns at a provider: read, made, changed and deleted there."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.forms.registers import RegisterForm
from campaigns.models import ProviderAccount
from campaigns.providers.remote import RemoteCampaign
from campaigns.services.connecting import registers
from campaigns.views.screen import account_or_404
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, toast


@member("provider.view")
@require_GET
def index(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The register as it is now; what was read last when the provider cannot be asked."""
    account = _account(request, pk)
    problem = ""
    try:
        found = registers.read(account, timezone.now())
    except UserError as error:
        found, problem = registers.kept(account), str(error)
    context = {"account": account, "campaigns": found, "problem": problem}
    return render_page(request, "campaigns/accounts/register.html", context)


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = _account(request, pk)
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        made = registers.create(
            account, form.cleaned_data["name"], form.cleaned_data["alias"], request.user, timezone.now()
        )
        return _done(request, account, _("Campaign made at the provider"), made.name)
    return _ask(request, account, form, _("New campaign at the provider"), _("Create the campaign"))


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def change(request: WorkspaceRequest, pk: int, remote: int) -> HttpResponse:
    account = _account(request, pk)
    if request.method == "POST":
        form = RegisterForm(request.POST)
        if form.is_valid():
            name, alias = form.cleaned_data["name"], form.cleaned_data["alias"]
            changed = registers.change(account, remote, name, alias, request.user, timezone.now())
            return _done(request, account, _("Campaign changed at the provider"), changed.name)
    else:
        found = _campaign(account, remote)
        form = RegisterForm(initial={"name": found.name, "alias": found.alias})
    return _ask(request, account, form, _("Change the campaign at the provider"), _("Save the campaign"))


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def delete(request: WorkspaceRequest, pk: int, remote: int) -> HttpResponse:
    account = _account(request, pk)
    found = _campaign(account, remote)
    if request.method == "POST":
        registers.delete(account, found, request.user, timezone.now())
        return _done(request, account, _("Campaign deleted at the provider"), found.name)
    title = _("Delete “%(name)s” at the provider?") % {"name": found.name}
    template = "campaigns/accounts/register_delete.html"
    context = {"account": account, "campaign": found}
    return render_dialog(request, template, context, title=title, back=_url(account), keep=_("Keep it"))


def _account(request: WorkspaceRequest, pk: int) -> ProviderAccount:
    account = account_or_404(request, pk)
    if not registers.keeps(account):
        raise Http404("this provider keeps no campaigns")
    return account


def _campaign(account: ProviderAccount, remote: int) -> RemoteCampaign:
    found = registers.find(account, remote, timezone.now())
    if found is None:
        raise Http404("no such campaign at the provider")
    return found


def _ask(
    request: WorkspaceRequest, account: ProviderAccount, form: RegisterForm, title: str, button: str
) -> HttpResponse:
    context = {"form": form, "button": button}
    return render_dialog(
        request, "campaigns/accounts/register_form.html", context, title=title, back=_url(account),
        keep=_("Change nothing"), status=422 if form.is_bound else 200,
    )  # fmt: skip


def _done(request: WorkspaceRequest, account: ProviderAccount, title: str, name: str) -> HttpResponse:
    toast(request, "ok", title, name)
    return redirect(request, _url(account))


def _url(account: ProviderAccount) -> str:
    return reverse("account-campaigns", args=[account.workspace.slug, account.pk])
