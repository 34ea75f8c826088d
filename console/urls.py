"""All addresses. What belongs to a workspace lies below /w/<workspace>/."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from console.views import health, metrics

workspace_areas = [
    "console.urls_workspace",
    "contacts.urls",
    "campaigns.urls_templates",
    "campaigns.urls_campaigns",
    "campaigns.urls_dispatch",
    "campaigns.urls_accounts",
    "campaigns.urls_operations",
]

urlpatterns = [
    path("", include("console.urls_account")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("campaigns.urls_public")),
    *[path("w/<slug:workspace>/", include(area)) for area in workspace_areas],
]

handler400 = "console.views.errors.bad_request"
handler403 = "console.views.errors.forbidden"
handler404 = "console.views.errors.not_found"
handler500 = "console.views.errors.server_error"
