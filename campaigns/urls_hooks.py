"""The addresses of providers' callbacks; `webhooks.DoorMiddleware` answers them."""

from django.urls import path

from campaigns import webhooks

urlpatterns = [path("hooks/<str:token>/<slug:kind>/", webhooks.receive, name="hook")]
