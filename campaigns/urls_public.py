"""Addresses that are open to everybody: providers' callbacks and people's unsubscribe links."""

from django.urls import include, path

from campaigns.views import unsubscribe

urlpatterns = [
    path("", include("campaigns.urls_hooks")),
    path("u/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
