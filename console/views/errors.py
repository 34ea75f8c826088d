"""Error pages in the look of the console; for htmx a toast that leaves the page as it is."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from console.htmx import is_fragment, only_toasts, toast

logger = logging.getLogger("console.errors")
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread on the phone


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the browser sent something that cannot be read."""
    return _answer(request, 400, _("The console could not read this request"), "400.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: a member whose role does not allow it."""
    return _answer(request, 403, _("Your role does not allow this"), "403.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such page, or it belongs to a workspace of others, which must look the same."""
    return _answer(request, 404, _("This is not here any more"), "404.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is older than the session."""
    return _answer(request, 403, _("This form is out of date. Load the page again."), "403_csrf.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with an id that is also in the log. Uses neither the database nor the session: they may be the fault."""
    error_id = _error_id()
    logger.error("unhandled error", exc_info=True, extra={"error_id": error_id, "path": request.path})
    page = render_to_string("500.html", {"error_id": error_id, "at": timezone.now(), "here": request.path})
    return HttpResponse(page, status=500)


def _answer(request: HttpRequest, status: int, sentence: str, template: str) -> HttpResponse:
    if is_fragment(request):
        toast(request, "bad", sentence)
        return only_toasts(request, status)
    return render(request, template, status=status)


def _error_id() -> str:
    """Eight letters to read out: "7K2F-Q419"."""
    text = "".join(secrets.choice(_LETTERS) for _place in range(8))
    return f"{text[:4]}-{text[4:]}"
