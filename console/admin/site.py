"""The site of the administration: its door and its titles."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin has no login of its own: the product's page has the limits on guessing. Somebody who is logged in
    and no admin is refused."""
    if request.user.is_authenticated:
        raise PermissionDenied("admins only")
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


admin.site.login = login  # type: ignore[method-assign]
admin.site.site_header = _("Despacho administration")
admin.site.site_title = "Despacho"
admin.site.index_title = _("Everything in the database")
admin.site.unregister(Group)  # permissions come from roles in workspaces (console.access)
