"""Addresses of the console's own pages below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from console.views import audit, home, people, workspace

urlpatterns = [
    path("", home.home, name="home"),
    path("settings/", workspace.edit, name="workspace_settings"),
    path("settings/people/", people.index, name="people"),
    path("settings/people/add/", people.add, name="people_add"),
    path("settings/people/<int:pk>/role/", people.change_role, name="people_role"),
    path("settings/people/<int:pk>/remove/", people.remove, name="people_remove"),
    path("settings/people/<int:pk>/link/", people.new_link, name="people_link"),
    path("settings/audit/", audit.index, name="audit"),
]
