"""The list of templates, their versions, and what one button does to them."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from campaigns.forms.content import problem_sentence
from campaigns.models import Dispatch, DispatchKind, Template, TemplateVersion
from campaigns.rendering import TemplateError
from campaigns.services.writing import attachments, compose, content, preview
from campaigns.services.writing import templates as services
from campaigns.views import shown
from console.access import WorkspaceRequest, member
from console.errors import UserError
from console.htmx import redirect, render_page, toast
from console.models import Workspace
from console.paging import page_by_key
from contacts.words import pattern

# tab -> (its name, the templates in it)
TABS = {
    "all": (gettext_lazy("All"), Q(archived_at=None)),
    "sms": (gettext_lazy("SMS"), Q(archived_at=None, channel="sms")),
    "email": (gettext_lazy("Email"), Q(archived_at=None, channel="email")),
    "archived": (gettext_lazy("Archived"), Q(archived_at__isnull=False)),
}


@member("template.view")
@require_GET
def index(request: WorkspaceRequest) -> HttpResponse:
    """Templates by tab, with search in name and text."""
    tab = request.GET.get("tab", "all")
    tab = tab if tab in TABS else "all"
    query = request.GET.get("q", "").strip()
    context = {
        "page_title": _("Templates"),
        "now": timezone.now(),
        "tab": tab,
        "tabs": [{"key": key, "name": name} for key, (name, _where) in TABS.items()],
        "q": query,
        "page": page_by_key(request, _found(request.workspace, tab, query), order=("name", "id")),
        "nothing_yet": not Template.objects.for_workspace(request.workspace).exists(),
    }
    return render_page(request, "campaigns/templates/list.html", context, partial="rows")


def _found(workspace: Workspace, tab: str, query: str) -> QuerySet[Template]:
    runs = Dispatch.objects.filter(campaign__template=OuterRef("pk"), kind=DispatchKind.CAMPAIGN).order_by("-id")
    found: QuerySet[Template] = Template.objects.for_workspace(workspace).filter(TABS[tab][1])
    if query:
        wanted = pattern(query)
        in_text = Q(current__text__iregex=wanted) | Q(current__subject__iregex=wanted)
        found = found.filter(Q(name__iregex=wanted) | in_text)
    return found.select_related("current").annotate(last_used=Subquery(runs.values("planned_at")[:1]))


# -- versions --------------------------------------------------------------------------------------


@member("template.view")
@require_GET
def versions(request: WorkspaceRequest, pk: int) -> HttpResponse:
    template = get_template(request, pk)
    found = template.versions.select_related("created_by")
    context = {
        "page_title": _("Versions of %(name)s") % {"name": template.name},
        "now": timezone.now(),
        "template": template,
        "page": page_by_key(request, found, order=("-number",)),
    }
    return render_page(request, "campaigns/templates/versions.html", context, partial="rows")


@member("template.view")
@require_GET
def version(request: WorkspaceRequest, pk: int, number: int) -> HttpResponse:
    """One version as it was, with the message of a contact."""
    template = get_template(request, pk)
    found = get_version(template, number)
    person = shown.contact(request, request.workspace)
    context = {
        "page_title": _("%(name)s, version %(n)s") % {"name": template.name, "n": number},
        "now": timezone.now(),
        "template": template,
        "version": found,
        "files": attachments.of_version(found),
        "shown": person,
        "preview": preview.of_version(found, person.contact),
        "preheader": preview.filled(found.preheader, person.contact),
    }
    return render_page(request, "campaigns/templates/version.html", context)


@member("template.edit")
@require_POST
def restore(request: WorkspaceRequest, pk: int, number: int) -> HttpResponse:
    """The content of an old version as the newest one."""
    template = get_template(request, pk)
    old = get_version(template, number)
    source = compose.source_of(old)
    try:
        built = compose.build(source, content.known_names(request.workspace))
    except TemplateError as error:
        first = error.problems[0]
        sentence = problem_sentence(first, getattr(source, first.part or "text"))
        raise UserError(
            _("Version %(n)s does not fit any more. %(sentence)s") % {"n": number, "sentence": sentence}
        ) from error
    if services.restore(template, old, built, request.user, timezone.now()):
        values = {"old": number, "new": template.current.number if template.current else number}
        toast(request, "ok", _("Version %(old)s is version %(new)s now") % values)
    else:
        toast(request, "info", _("The current version is the same already"))
    return redirect(request, reverse("template", args=[request.workspace.slug, pk]))


# -- one button -------------------------------------------------------------------------------------


@member("template.edit")
@require_POST
def duplicate(request: WorkspaceRequest, pk: int) -> HttpResponse:
    copy = services.duplicate(get_template(request, pk), request.user, timezone.now())
    toast(request, "ok", _("“%(name)s” was made") % {"name": copy.name})
    return redirect(request, reverse("template", args=[request.workspace.slug, copy.pk]))


@member("template.edit")
@require_POST
def archive(request: WorkspaceRequest, pk: int) -> HttpResponse:
    template = get_template(request, pk)
    services.archive(template, request.user, timezone.now())
    toast(
        request,
        "ok",
        _("“%(name)s” is archived") % {"name": template.name},
        _("Campaigns that use it keep their text."),
    )
    return redirect(request, reverse("templates", args=[request.workspace.slug]))


@member("template.edit")
@require_POST
def unarchive(request: WorkspaceRequest, pk: int) -> HttpResponse:
    template = get_template(request, pk)
    services.unarchive(template, request.user, timezone.now())
    toast(request, "ok", _("“%(name)s” can be used again") % {"name": template.name})
    return redirect(request, reverse("template", args=[request.workspace.slug, pk]))


def get_template(request: WorkspaceRequest, pk: int) -> Template:
    """The template of this workspace with its current version; 404 for another's."""
    found = Template.objects.for_workspace(request.workspace).select_related("current", "workspace")
    template: Template = get_object_or_404(found, pk=pk)
    return template


def get_version(template: Template, number: int) -> TemplateVersion:
    found: TemplateVersion = get_object_or_404(template.versions.select_related("created_by"), number=number)
    return found
