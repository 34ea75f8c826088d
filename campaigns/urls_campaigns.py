"""Addresses of campaigns and their composer, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from campaigns.views import campaign_actions, campaigns, composer, composer_message, composer_review, composer_samples

urlpatterns = [
    path("campaigns/", campaigns.index, name="campaigns"),
    path("campaigns/pulse/", campaigns.pulse, name="campaign-pulse"),
    path("campaigns/new/", campaigns.new, name="campaign-new"),
    path("campaigns/<int:pk>/", campaigns.show, name="campaign"),
    path("campaigns/<int:pk>/rename/", campaign_actions.rename, name="campaign-rename"),
    path("campaigns/<int:pk>/clone/", campaign_actions.clone, name="campaign-clone"),
    path("campaigns/<int:pk>/archive/", campaign_actions.archive, name="campaign-archive"),
    path("campaigns/<int:pk>/unschedule/", campaign_actions.unschedule, name="campaign-unschedule"),
    path("campaigns/<int:pk>/delete/", campaign_actions.delete, name="campaign-delete"),
    path("campaigns/<int:pk>/audience/", composer.audience_step, name="composer-audience"),
    path("campaigns/<int:pk>/audience/count/", composer.audience_count, name="composer-audience-count"),
    path("campaigns/<int:pk>/people/", composer_samples.people, name="composer-people"),
    path("campaigns/<int:pk>/message/", composer_message.message_step, name="composer-message"),
    path("campaigns/<int:pk>/message/check/", composer_message.check, name="composer-check"),
    path("campaigns/<int:pk>/message/try/", composer_message.try_email, name="composer-try"),
    path("campaigns/<int:pk>/preview/", composer_samples.preview_step, name="composer-preview"),
    path("campaigns/<int:pk>/preview/email/", composer_samples.email, name="composer-email"),
    path("campaigns/<int:pk>/schedule/", composer.schedule_step, name="composer-schedule"),
    path("campaigns/<int:pk>/schedule/check/", composer.schedule_check, name="composer-schedule-check"),
    path("campaigns/<int:pk>/review/", composer_review.review_step, name="composer-review"),
    path("campaigns/<int:pk>/test/", composer_review.test, name="composer-test"),
]
