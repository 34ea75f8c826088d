"""Addresses of notices and of the operations page, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from campaigns.views import notices, operations

urlpatterns = [
    path("notices/", notices.index, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/<int:pk>/open/", notices.open_one, name="notice-open"),
    path("notices/<int:pk>/read/", notices.read_one, name="notice-read"),
    path("settings/operations/", operations.index, name="operations"),
]
