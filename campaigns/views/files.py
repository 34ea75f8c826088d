"""Files of emails, to be looked at by those who may see the content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import NONE
from csp.decorators import csp
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from campaigns.models import Attachment
from console.access import WorkspaceRequest, member


def sandboxed(view: Callable[..., Any]) -> Callable[..., Any]:
    """No script, no origin, nothing loaded, should a browser show the file after all."""
    return csp({"default-src": [NONE], "sandbox": True})(view)


@member("template.view")
@require_GET
@sandboxed
def download(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Always as a download: what people attach is never run as a page of the console."""
    file = get_object_or_404(Attachment.objects.for_workspace(request.workspace), pk=pk)
    response = HttpResponse(bytes(file.data), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
