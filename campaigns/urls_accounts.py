"""Addresses of provider accounts, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from campaigns.views import accounts

urlpatterns = [
    path("settings/providers/", accounts.index, name="providers"),
    path("settings/providers/new/", accounts.new, name="account-new"),
    path("settings/providers/<int:pk>/", accounts.edit, name="account"),
    path("settings/providers/<int:pk>/test/", accounts.test, name="account-test"),
    path("settings/providers/<int:pk>/disable/", accounts.disable, name="account-disable"),
    path("settings/providers/<int:pk>/enable/", accounts.enable, name="account-enable"),
    path("settings/providers/<int:pk>/callbacks/", accounts.rotate, name="account-rotate"),
    path("settings/providers/<int:pk>/callbacks/register/", accounts.register, name="account-register"),
    path("settings/providers/<int:pk>/release/", accounts.release, name="account-release"),
]
