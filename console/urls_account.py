"""Addresses outside a workspace: signing in and out, the first set-up, one's own profile."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from console.views import account, first_run

urlpatterns = [
    path("", account.workspaces, name="workspaces"),
    path("login/", account.LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("setup/", first_run.first_owner, name="setup"),
    path("profile/", account.profile, name="profile"),
    path("profile/password/", account.change_password, name="change_password"),
    path("profile/notices/", account.choose_notices, name="choose_notices"),
    path("profile/theme/", account.set_theme, name="theme"),
    path("language/", account.set_language, name="language"),
    path("invitation/<uidb64>/<token>/", account.InvitationView.as_view(), name="invitation"),
]
