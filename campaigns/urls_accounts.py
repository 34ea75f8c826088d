"""Addresses of provider accounts, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from campaigns.views import accounts, number_checks, registers, training

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
    path("settings/providers/<int:pk>/campaigns/", registers.index, name="account-campaigns"),
    path("settings/providers/<int:pk>/campaigns/new/", registers.new, name="account-campaign-new"),
    path("settings/providers/<int:pk>/campaigns/<int:remote>/", registers.change, name="account-campaign"),
    path(
        "settings/providers/<int:pk>/campaigns/<int:remote>/delete/", registers.delete, name="account-campaign-delete"
    ),
    path("settings/providers/<int:pk>/training/", training.page, name="account-training"),
    path("settings/providers/<int:pk>/training/reset/", training.reset, name="account-training-reset"),
    path("contacts/<int:pk>/number/", number_checks.of_contact, name="contact-number"),
]
