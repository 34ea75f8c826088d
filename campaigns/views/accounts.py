"""Provider accounts: their health, their settings, and whether they answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.forms.account import AccountForm
from campaigns.models import ProviderAccount
from campaigns.providers import registry
from campaigns.services.connecting import account_health, account_settings, accounts, hooks, registers, training
from campaigns.services.connecting.account_health import Health
from campaigns.services.showing import figures
from campaigns.states import Reason
from campaigns.views.screen import account_or_404
from campaigns.wording import reason_advice, reason_sentence
from console import formats
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import is_fragment, redirect, render_dialog, render_page, toast


@member("provider.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Every account with its health; polled, because health changes by itself."""
    now = timezone.now()
    rows = account_health.of_workspace(request.workspace, now)
    context = {"now": now, "rows": [(row, _speed_bar(row)) for row in rows]}
    return render_page(request, "campaigns/accounts/list.html", context, partial="rows")


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """First the provider (`?provider=`), then its form."""
    slug = request.GET.get("provider", "")
    if slug not in registry.PROVIDERS:
        choice = {"vendors": [_vendor(slug) for slug in registry.PROVIDERS]}
        return render_page(request, "campaigns/accounts/choose.html", choice)
    form = AccountForm(request.POST or None, workspace=request.workspace, provider=slug)
    if request.method == "POST" and form.is_valid():
        account = account_settings.create(request.workspace, slug, form.settings(), request.user, timezone.now())
        toast(request, "ok", _("Account added"), _("Test the connection before you send with it."))
        return redirect(request, _url("account", account))
    context = {"form": form, "vendor": _vendor(slug)}
    return render_page(request, "campaigns/accounts/new.html", context, status=422 if form.is_bound else 200)


@member("provider.view")
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Settings of one account, its test, its callback addresses, and what it holds."""
    account = account_or_404(request, pk)
    now = timezone.now()
    may_edit = "provider.edit" in request.permissions
    posted = request.POST if request.method == "POST" and may_edit else None
    form = AccountForm(posted, workspace=request.workspace, provider=account.provider, account=account)
    if form.is_bound and form.is_valid():
        changed = account_settings.update(account, form.settings(), request.user, now)
        toast(request, "ok" if changed else "info", _("Account saved") if changed else _("Nothing was changed"))
        return redirect(request, _url("account", account))
    context = {**_page(account, now), "form": form, "may_edit": may_edit}
    return render_page(request, "campaigns/accounts/edit.html", context, status=422 if form.is_bound else 200)


@member("provider.edit")
@require_POST
def test(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A harmless call with the saved settings. Its outcome becomes the account's health."""
    account = account_or_404(request, pk)
    now = timezone.now()
    outcome = accounts.test_connection(account, now)
    account.refresh_from_db()
    if not is_fragment(request):
        left = _("%(sum)s left on the account") % {"sum": formats.money(outcome.balance)}
        toast(request, "ok" if outcome.ok else "bad", _("Connection works") if outcome.ok else _("Connection failed"),
              outcome.text if outcome.balance is None else left)  # fmt: skip
        return redirect(request, _url("account", account))
    context = {
        "account": account,
        "now": now,
        "outcome": outcome,
        # "Rejected" is a word for messages; here the answer itself says more.
        "sentence": "" if outcome.reason == Reason.REJECTED else reason_sentence(outcome.reason),
        "advice": "" if outcome.reason == Reason.REJECTED else reason_advice(outcome.reason),
        "last_callback": account_health.last_callback(account),
        "tested": True,
    }
    return render_page(request, "campaigns/accounts/edit.html", context, partial="test")


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def disable(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    if request.method == "GET":
        title = _("Disable %(name)s?") % {"name": account}
        return _confirm(request, account, "disable", title, _("Keep it in use"))
    account_settings.set_active(account, False, request.user, timezone.now())
    toast(request, "ok", _("Account disabled"), _("Nothing more leaves through it. What was to leave waits."))
    return redirect(request, _url("account", account))


@member("provider.edit")
@require_POST
def enable(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    account_settings.set_active(account, True, request.user, timezone.now())
    toast(request, "ok", _("Account enabled"))
    return redirect(request, _url("account", account))


@member("provider.edit")
@require_http_methods(["GET", "POST"])
def rotate(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    if request.method == "GET":
        title = _("Make new callback addresses for %(name)s?") % {"name": account}
        return _confirm(request, account, "rotate", title, _("Keep the addresses"))
    account_settings.rotate_token(account, request.user, timezone.now())
    toast(request, "ok", _("New callback addresses"), _("Copy them into the provider's portal now."), stay=True)
    return redirect(request, _url("account", account))


@member("provider.edit")
@require_POST
def register(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Enter the callback addresses at the provider."""
    account = account_or_404(request, pk)
    try:
        hooks.register(account, request.user, timezone.now())
    except UserError as error:
        toast(request, "bad", _("Callbacks not registered"), str(error), stay=True)
    else:
        text = _("The provider has the address and has been told that it is ours. The first callback shows here.")
        toast(request, "ok", _("Callbacks registered"), text)
    return redirect(request, _url("account", account))


@member("provider.edit")
@require_POST
def release(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The hold ends; dispatches that were held with it can be resumed."""
    account = account_or_404(request, pk)
    account_settings.release(account, request.user, timezone.now())
    held = account_settings.held_dispatches(account).count()
    text = ngettext("%(n)s held dispatch can be resumed now.", "%(n)s held dispatches can be resumed now.", held)
    toast(request, "ok", _("Account released"), text % {"n": formats.number(held)} if held else "")
    return redirect(request, _url("account", account))


def _vendor(slug: str) -> dict[str, Any]:
    """What templates show of a vendor. Not the class itself: a template would call it."""
    vendor = registry.provider_class(slug)
    return {"slug": slug, "label": vendor.label, "channels": vendor.channels}


def _speed_bar(row: Health) -> dict[str, Any]:
    """Tenths of messages per second, because a bar counts in whole numbers."""
    return {"parts": [("sent", round(row.rate * 10))], "total": round((row.account.messages_per_second or 0) * 10)}


def _page(account: ProviderAccount, now: datetime) -> dict[str, Any]:
    vendor = registry.provider_class(account.provider)
    held = list(account_settings.held_dispatches(account)[:20])
    waiting = figures.many(held, now) if held else {}
    return {
        "now": now,
        "account": account,
        "vendor": _vendor(account.provider),
        "health": account_health.many([account], now)[0],
        "held": [{"dispatch": dispatch, "people": waiting[dispatch.pk].not_sent} for dispatch in held],
        "registers_hooks": hooks.can_register(account),
        "hooks": [
            {"label": _(hook.label), "help": _(hook.help) if hook.help else "", "kind": hook.kind,
             "url": accounts.hook_url(account, hook.kind)}
            for hook in vendor.hook_urls
        ],
        "last_callback": account_health.last_callback(account),
        "keeps_campaigns": registers.keeps(account),
        "trains": training.available(account),
        "failures": [
            {"sentence": reason_sentence(reason), "advice": reason_advice(reason), "n": n}
            for reason, n in account_health.failures(account, now)
        ],
        "error_sentence": reason_sentence(account.last_error_reason),
    }  # fmt: skip


def _confirm(request: WorkspaceRequest, account: ProviderAccount, action: str, title: str, keep: str) -> HttpResponse:
    template = f"campaigns/accounts/{action}.html"
    return render_dialog(request, template, {"account": account}, title=title, back=_url("account", account), keep=keep)


def _url(name: str, account: ProviderAccount) -> str:
    return reverse(name, args=[account.workspace.slug, account.pk])
