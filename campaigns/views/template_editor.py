"""Writing a template: new, changed, and looked at while it is typed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms.attachments import CHOSEN, Tray
from campaigns.forms.content import FORMS as CONTENT_FORMS
from campaigns.forms.content import ContentForm
from campaigns.forms.template import FORMS, TemplateForm
from campaigns.models import Template
from campaigns.rendering import TemplateError, parse
from campaigns.services.writing import compose, content, preview, sms_check
from campaigns.services.writing import templates as services
from campaigns.views import email_frame, shown
from campaigns.views.templates import get_template
from console.access import WorkspaceRequest, can, member
from console.errors import UserError
from console.htmx import redirect, render_page, toast
from contacts.services import finding

FOUND = 8  # people that a search in the preview offers


@member("template.edit")
@require_http_methods(["GET", "POST"])
def new(request: WorkspaceRequest, channel: str) -> HttpResponse:
    if channel not in FORMS:
        raise Http404("no such channel")
    if request.method == "POST" and Tray.is_asked(request.POST):
        return _page(request, _form(request, channel, request.POST), None)
    if request.method == "POST" and "fix" not in request.POST:
        form = _form(request, channel, request.POST)
        if form.is_valid() and (made := _created(request, form)):
            return redirect(request, reverse("template", args=[request.workspace.slug, made.pk]))
        return _page(request, form, None, status=422)
    data = _replaced(request) if request.method == "POST" else None
    return _page(request, _form(request, channel, data), None)


@member("template.view")
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Saving makes a new version, and none when nothing changed. Without the right to edit it only shows."""
    template = get_template(request, pk)
    if request.method == "GET":
        return _page(request, _form(request, template.channel, None, template), template)
    if not can(request.membership, "template.edit"):
        raise PermissionDenied("template.edit")
    if Tray.is_asked(request.POST):
        return _page(request, _form(request, template.channel, request.POST, template), template)
    if "fix" in request.POST:
        return _page(request, _form(request, template.channel, _replaced(request), template), template)
    form = _form(request, template.channel, request.POST, template)
    if form.is_valid() and _saved(request, template, form):
        return redirect(request, reverse("template", args=[request.workspace.slug, pk]))
    return _page(request, form, template, status=422)


@member("template.view")
@require_POST
def check(request: WorkspaceRequest, channel: str) -> HttpResponse:
    """What is typed as a contact gets it: problems, length, notes. Nothing is saved."""
    if channel not in CONTENT_FORMS:
        raise Http404("no such channel")
    tray = Tray(request.workspace, timezone.now(), data=request.POST) if channel == "email" else None
    form = CONTENT_FORMS[channel](request.POST, known=content.known_names(request.workspace), tray=tray)
    form.is_valid()
    context = {"form": form, "live": True, "now": timezone.now()} | _look(request, form)
    return render_page(request, f"campaigns/templates/edit_{channel}.html", context, partial="check")


# -- form --------------------------------------------------------------------------------------------


def _form(
    request: WorkspaceRequest, channel: str, data: QueryDict | None, template: Template | None = None
) -> TemplateForm:
    initial: dict[str, Any] = {}
    current = template.current if template else None
    if template and current:
        initial = asdict(compose.source_of(current)) | {"name": template.name}
    tray = None
    if channel == "email":
        chosen = request.FILES.getlist(CHOSEN)
        tray = Tray(request.workspace, timezone.now(), version=current, data=data, chosen=chosen)
        # Only files were meant: what is typed stays, and is not judged yet.
        if data is not None and Tray.is_asked(data):
            initial, data = data.dict(), None
    known = content.known_names(request.workspace)
    return FORMS[channel](data, known=known, tray=tray, workspace=request.workspace, template=template, initial=initial)


def _created(request: WorkspaceRequest, form: TemplateForm) -> Template | None:
    """None when the name was taken while it was typed; the form says so then."""
    assert form.built is not None
    try:
        template = services.create(
            request.workspace, form.cleaned_data["name"], form.built, request.user, timezone.now()
        )
    except UserError as error:
        form.add_error(error.field, error.message)
        return None
    toast(request, "ok", _("“%(name)s” is saved") % {"name": template.name})
    return template


def _saved(request: WorkspaceRequest, template: Template, form: TemplateForm) -> bool:
    assert form.built is not None
    try:
        changed = services.save(template, form.cleaned_data["name"], form.built, request.user, timezone.now())
    except UserError as error:
        form.add_error(error.field, error.message)
        return False
    if changed and template.current:
        text = _("Campaigns that were planned before keep the version they have.")
        toast(request, "ok", _("Saved as version %(n)s") % {"n": template.current.number}, text)
    else:
        toast(request, "info", _("The text is what it was"), _("No new version was made."))
    return True


def _replaced(request: WorkspaceRequest) -> QueryDict:
    """What was posted, with the letters that force Unicode replaced; saved only when the person saves."""
    data: QueryDict = request.POST.copy()
    try:
        data["text"] = sms_check.in_plain_letters(data.get("text", ""), content.known_names(request.workspace))
    except TemplateError:  # said below the field when the form is checked
        return data
    toast(request, "info", _("The letters were replaced"), _("Read the text once more, then save it."))
    return data


# -- what the page shows -----------------------------------------------------------------------------


def _page(request: WorkspaceRequest, form: TemplateForm, template: Template | None, status: int = 200) -> HttpResponse:
    now: datetime = timezone.now()
    query = request.GET.get("q", "").strip()
    context = {
        "page_title": template.name if template else _("New template"),
        "now": now,
        "template": template,
        "form": form,
        "may_edit": can(request.membership, "template.edit"),
        "q": query,
        "found": finding.newest(request.workspace, finding.People(q=query), FOUND) if query else [],
    } | _look(request, form)
    return render_page(request, f"campaigns/templates/edit_{form.channel}.html", context, status=status)


def _look(request: WorkspaceRequest, form: ContentForm) -> dict[str, Any]:
    """The content of `form` as the contact beside it gets it."""
    known, source = form.known, form.source()
    person = shown.contact(request, request.workspace)
    context: dict[str, Any] = {"shown": person, "names": known, "channel": form.channel, "tray": form.tray}
    if form.channel == "email":
        found = email_frame.look(source, known, person.contact, None)
        empty = not (source.subject or source.html or source.text)
        return context | {
            "preview": found.preview,
            "preheader": found.preheader,
            "note_sentences": found.sentences,
            "no_opt_out": not empty and found.built is not None and content.UNSUBSCRIBE not in found.built.names,
        }
    context["marks"] = sms_check.marks(source.text, known)
    try:
        canonical = parse(source.text, known).canonical
    except TemplateError:
        return context | {"check": None, "preview": None}
    return context | {
        "check": sms_check.check(source.text, known, person.contact),
        "preview": preview.of_source("sms", person.contact, text=canonical),
    }
