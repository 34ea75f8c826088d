"""Frames of templates: a stored version, or what is typed, as a contact gets it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from campaigns.views import email_frame, shown
from campaigns.views.templates import get_template, get_version
from console.access import WorkspaceRequest, member


@member("template.view")
@require_GET
@email_frame.framed
def email(request: WorkspaceRequest, pk: int, number: int) -> HttpResponse:
    """A version of an email template."""
    version = get_version(get_template(request, pk), number)
    if version.channel != "email":
        raise Http404("no email")
    return email_frame.stored(version, shown.contact(request, request.workspace).contact)


@member("template.view")
@require_POST
@email_frame.framed
def try_email(request: WorkspaceRequest) -> HttpResponse:
    """The fields of the editor, not saved."""
    person = shown.contact(request, request.workspace)
    return email_frame.typed(request, request.workspace, person.contact, None)
