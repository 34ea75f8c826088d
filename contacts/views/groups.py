"""Lists and tags: names, sizes, and the way to their people."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_dialog, render_page, toast
from console.paging import page_by_key
from contacts.forms.groups import GroupForm, NewGroupForm
from contacts.models import Group
from contacts.services import groups
from contacts.states import GroupKind
from contacts.words import pattern

TABS = ("all", GroupKind.LIST.value, GroupKind.TAG.value)


@member("group.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """By name; `?kind=list` or `?kind=tag`, `?q=` a part of the name."""
    kind, q = request.GET.get("kind", "all"), request.GET.get("q", "").strip()[:80]
    kind = kind if kind in TABS else "all"
    everything = Group.objects.for_workspace(request.workspace)
    wanted = everything if kind == "all" else everything.filter(kind=kind)
    page = page_by_key(request, wanted.filter(name__iregex=pattern(q)) if q else wanted, order=("name", "id"))
    context = {
        "page_title": _("Lists and tags"),
        "kind": kind,
        "tabs": [("all", _("All")), (GroupKind.LIST, _("Lists")), (GroupKind.TAG, _("Tags"))],
        "q": q,
        "page": page,
        "nothing_yet": not page.rows and not q and kind == "all",
    }
    return render_page(request, "contacts/groups.html", context, partial="rows")


@member("group.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Make an empty list or tag."""
    form = NewGroupForm(request.POST or None, initial={"kind": request.GET.get("kind", GroupKind.LIST)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            group = groups.create(
                request.workspace, given["kind"], given["name"], request.user, timezone.now(), given["description"]
            )
        except UserError as error:
            form.add_error(error.field, str(error))
        else:
            toast(
                request, "ok", _("%(name)s was created") % {"name": group}, _("Add people from the list of contacts.")
            )
            return redirect(request, groups_url(request))
    return render_dialog(
        request, "contacts/group_new.html", {"form": form}, title=_("New list or tag"), back=groups_url(request),
        keep=_("Create none"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("group.edit")
@require_http_methods(["GET", "POST"])
def rename(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Another name or description."""
    group = _group(request, pk)
    name = str(group)
    form = GroupForm(request.POST or None, initial={"name": group.name, "description": group.description})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            groups.rename(group, given["name"], given["description"], request.user, timezone.now())
        except UserError as error:
            form.add_error(error.field, str(error))
        else:
            toast(request, "ok", _("%(name)s was saved") % {"name": group})
            return redirect(request, groups_url(request))
    return render_dialog(
        request, "contacts/group_rename.html", {"form": form}, title=_("Rename %(name)s") % {"name": name},
        back=groups_url(request), keep=_("Keep the name"), status=422 if form.errors else 200,
    )  # fmt: skip


@member("group.edit")
@require_http_methods(["GET", "POST"])
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Remove a list or tag, not its people, after a question."""
    group = _group(request, pk)
    name = str(group)
    if request.method == "POST":
        groups.delete(group, request.user, timezone.now())
        toast(request, "ok", _("%(name)s was deleted") % {"name": name}, _("Its people are still there."))
        return redirect(request, groups_url(request))
    return render_dialog(
        request, "contacts/group_delete.html", {"group": group, "uses": groups.uses(group)},
        title=_("Delete %(name)s?") % {"name": name}, back=groups_url(request), keep=_("Keep it"),
    )  # fmt: skip


def groups_url(request: WorkspaceRequest) -> str:
    return reverse("groups", args=[request.workspace.slug])


def _group(request: WorkspaceRequest, pk: int) -> Group:
    found: Group = get_object_or_404(Group.objects.for_workspace(request.workspace).select_related("workspace"), pk=pk)
    return found
