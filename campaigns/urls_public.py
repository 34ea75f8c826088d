"""Addresses that are open to everybody: providers' callbacks and people's unsubscribe links."""

from django.urls import path

from campaigns import webhooks
from campaigns.views import unsubscribe

urlpatterns = [
    path("hooks/<str:token>/<slug:kind>/", webhooks.receive, name="hook"),
    path("u/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
