"""What is done to a campaign by one button: renamed, copied, taken back, put away, deleted."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms.campaign import RenameForm
from campaigns.services.writing import lifecycle
from campaigns.views.campaigns import get_campaign
from console.access import WorkspaceRequest, member
from console.htmx import redirect, render_dialog, toast


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def rename(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign = get_campaign(request, pk)
    form = RenameForm(request.POST or None, initial={"name": campaign.name})
    back = reverse("campaign", args=[request.workspace.slug, pk])
    if request.method == "POST" and form.is_valid():
        lifecycle.rename(campaign, form.cleaned_data["name"], request.user, timezone.now())
        return redirect(request, back)
    return render_dialog(
        request, "campaigns/campaigns/rename.html", {"form": form}, title=_("Rename this campaign"), back=back,
        keep=_("Keep the name"), status=422 if form.is_bound else 200,
    )  # fmt: skip


@member("campaign.edit")
@require_POST
def clone(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A copy as a new draft; the same button pressed twice makes one."""
    seen = request.POST.get("seen", "")
    copy = lifecycle.clone(
        get_campaign(request, pk), int(seen) if seen.isdecimal() else None, request.user, timezone.now()
    )
    toast(request, "ok", _("“%(name)s” is a new draft") % {"name": copy.name})
    return redirect(request, reverse("composer-audience", args=[request.workspace.slug, copy.pk]))


@member("campaign.send")
@require_POST
def unschedule(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign = get_campaign(request, pk)
    lifecycle.unschedule(campaign, request.user, timezone.now())
    toast(request, "ok", _("“%(name)s” is a draft again") % {"name": campaign.name}, _("Nothing will be sent."))
    return redirect(request, reverse("composer-review", args=[request.workspace.slug, pk]))


@member("campaign.edit")
@require_POST
def archive(request: WorkspaceRequest, pk: int) -> HttpResponse:
    campaign = get_campaign(request, pk)
    lifecycle.archive(campaign, request.user, timezone.now())
    toast(request, "ok", _("“%(name)s” is archived") % {"name": campaign.name}, _("Its report stays."))
    return redirect(request, reverse("campaigns", args=[request.workspace.slug]))


@member("campaign.edit")
@require_http_methods(["GET", "POST"])
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asked once more, since a deleted draft does not come back."""
    campaign = get_campaign(request, pk)
    back = reverse("campaign", args=[request.workspace.slug, pk])
    if request.method == "POST":
        lifecycle.delete(campaign, request.user, timezone.now())
        toast(request, "ok", _("“%(name)s” was deleted") % {"name": campaign.name})
        return redirect(request, reverse("campaigns", args=[request.workspace.slug]))
    return render_dialog(
        request, "campaigns/campaigns/delete.html", {"campaign": campaign}, back=back, keep=_("Keep the draft"),
        title=_("Delete “%(name)s”?") % {"name": campaign.name},
    )  # fmt: skip
