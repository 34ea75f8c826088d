"""Settings of a workspace."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from console.access import WorkspaceRequest, can, member
from console.forms import WorkspaceForm
from console.htmx import redirect, render_page, toast
from console.models import Workspace
from console.services import workspaces as workspace_service


@member("workspace.view")
def edit(request: WorkspaceRequest) -> HttpResponse:
    """Everybody reads the settings, an owner changes them."""
    # A copy of its own: a refused form leaves its values on the instance, and the shell shows the workspace's name.
    workspace = Workspace.objects.get(pk=request.workspace.pk)
    editable = can(request.membership, "workspace.edit")
    form = WorkspaceForm(request.POST if editable and request.method == "POST" else None, instance=workspace)
    if request.method == "POST" and editable and form.is_valid():
        changed = workspace_service.edit(request.workspace, form.cleaned_data, actor=request.user, now=timezone.now())
        if changed:
            toast(request, "ok", _("Settings saved"), _("They apply from the next message on."))
        else:
            toast(request, "info", _("Nothing was changed"))
        return redirect(request, reverse("workspace_settings", args=[request.workspace.slug]))
    if not editable:
        for field in form.fields.values():
            field.disabled = True
    context = {"form": form, "editable": editable}
    return render_page(request, "console/workspace.html", context, status=422 if form.errors else 200)
