"""Members of a workspace and their roles."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.forms import MemberForm, RoleForm
from console.htmx import redirect, render_dialog, render_page, toast
from console.models import Membership, Role
from console.services import people as people_service

ROLE_SENTENCES = {
    Role.OWNER: gettext_lazy("Everything, also people and workspace settings"),
    Role.MANAGER: gettext_lazy("Sends, and looks after providers, exclusions and the audit log"),
    Role.SENDER: gettext_lazy("Writes and sends campaigns, pauses and stops them"),
    Role.EDITOR: gettext_lazy("Writes campaigns and keeps contacts, but does not send"),
    Role.ANALYST: gettext_lazy("Reads everything, changes nothing"),
}


@member("workspace.view")
def index(request: WorkspaceRequest) -> HttpResponse:
    """The members, and what each role may do."""
    members = Membership.objects.for_workspace(request.workspace).select_related("user").order_by("created_at", "pk")
    roles = [(role.label, sentence) for role, sentence in ROLE_SENTENCES.items()]
    return render_page(request, "console/people.html", {"members": members, "roles": roles})


@member("people.edit")
def add(request: WorkspaceRequest) -> HttpResponse:
    """Add somebody by email; a link for a new account is shown once, in this very answer."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            membership, invitation = people_service.add(
                request.workspace,
                given["email"],
                given["role"],
                actor=request.user,
                now=timezone.now(),
                name=given["name"],
            )
        except UserError as error:
            form.add_error(error.field, str(error))
        else:
            if invitation is not None:
                return _show_link(request, invitation)
            toast(request, "ok", _("%(person)s was added") % {"person": membership.user}, _("They sign in as before."))
            return redirect(request, _people_url(request))
    title = _("Add a person")
    return render_dialog(
        request, "console/people_add.html", {"form": form, "roles": ROLE_SENTENCES}, title=title,
        back=_people_url(request), keep=_("Add nobody"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("people.edit")
def change_role(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Another role, after a question that says what the roles mean."""
    membership = _membership(request, pk)
    form = RoleForm(request.POST or None, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        people_service.change_role(membership, form.cleaned_data["role"], actor=request.user, now=timezone.now())
        toast(request, "ok", _("%(person)s is now: %(role)s") % _names(membership))
        return redirect(request, _people_url(request))
    context = {"form": form, "roles": ROLE_SENTENCES, "member": membership}
    return render_dialog(
        request, "console/people_role.html", context, title=_("Role of %(person)s") % _names(membership),
        back=_people_url(request), keep=_("Keep the role"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("people.edit")
def remove(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Take somebody out of the workspace, after a question."""
    membership = _membership(request, pk)
    if request.method == "POST":
        people_service.remove(membership, actor=request.user, now=timezone.now())
        toast(request, "ok", _("%(person)s was removed from the workspace") % _names(membership))
        myself = membership.user_id == request.user.pk
        return redirect(request, reverse("workspaces") if myself else _people_url(request))
    return render_dialog(
        request, "console/people_remove.html", {"member": membership},
        title=_("Remove %(person)s from this workspace?") % _names(membership),
        back=_people_url(request), keep=_("Keep the person"),
    )  # fmt: skip


@member("people.edit")
@require_POST
@sensitive_variables("invitation")
def new_link(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A new one-time link, shown once, for somebody who cannot sign in."""
    invitation = people_service.invite_again(_membership(request, pk), actor=request.user, now=timezone.now())
    return _show_link(request, invitation)


def _membership(request: WorkspaceRequest, pk: int) -> Membership:
    members = Membership.objects.for_workspace(request.workspace).select_related("user", "workspace")
    return get_object_or_404(members, pk=pk)


def _names(membership: Membership) -> dict[str, Any]:
    return {"person": membership.user, "role": membership.get_role_display()}


def _people_url(request: WorkspaceRequest) -> str:
    return reverse("people", args=[request.workspace.slug])


def _show_link(request: WorkspaceRequest, invitation: people_service.Invitation) -> HttpResponse:
    """The only time the link is seen: it is kept nowhere, not even in a cache of the browser."""
    path = reverse("invitation", args=[invitation.uid, invitation.token])
    context = {"member": invitation.membership, "link": request.build_absolute_uri(path)}
    title = _("Link for %(person)s") % _names(invitation.membership)
    back = _people_url(request)
    response = render_dialog(request, "console/people_link.html", context, title=title, back=back, keep=_("Done"))
    response.headers["Cache-Control"] = "no-store"
    return response
