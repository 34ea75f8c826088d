"""What every request knows: the person's language and zone, the workspace of the URL, errors for people."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation

from console.access import perms_of
from console.errors import UserError
from console.htmx import render_user_error
from console.models import Membership

GetResponse = Callable[[HttpRequest], HttpResponse]


class PersonMiddleware:
    """Language and time zone of the person who is logged in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        try:
            zone = zoneinfo.ZoneInfo(user.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo("UTC")
        with timezone.override(zone):
            return self.get_response(request)


class WorkspaceMiddleware:
    """Sets `request.workspace`, `.membership` and `.permissions` for URLs below /w/<workspace>/.

    A workspace that the person does not belong to is 404, so that a guessed name tells nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.workspace = request.membership = None
        request.permissions = frozenset()
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        slug = kwargs.get("workspace")
        if slug is None or not request.user.is_authenticated:
            return
        membership = Membership.objects.select_related("workspace").filter(user=request.user, workspace__slug=slug)
        request.membership = membership.first()
        if request.membership is None:
            raise Http404("no such workspace")
        request.workspace = request.membership.workspace
        request.permissions = perms_of(request.membership)


class UserErrorMiddleware:
    """A UserError that a view let through becomes a 409: a toast for htmx, a page otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return render_user_error(request, error) if isinstance(error, UserError) else None
