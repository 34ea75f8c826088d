"""Addresses of dispatches, their people, reports, exports and replies, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from campaigns.views import decisions, dispatch, exports, kept, list_run, recipients, replies, report, unanswered
from console.views import home

urlpatterns = [
    path("home/running/", home.running, name="home-running"),
    path("home/providers/", home.providers, name="home-providers"),
    path("dispatches/<int:pk>/", dispatch.page, name="dispatch"),
    path("dispatches/<int:pk>/live/", dispatch.polled, name="dispatch-live"),
    path("dispatches/<int:pk>/events/", dispatch.events, name="dispatch-events"),
    path("dispatches/<int:pk>/pause/", dispatch.pause, name="dispatch-pause"),
    path("dispatches/<int:pk>/resume/", dispatch.resume, name="dispatch-resume"),
    path("dispatches/<int:pk>/budget/", dispatch.budget, name="dispatch-budget"),
    path("dispatches/<int:pk>/stop/", dispatch.stop, name="dispatch-stop"),
    path("dispatches/<int:pk>/kept/", kept.page, name="dispatch-kept"),
    path("dispatches/<int:pk>/list/approve/", list_run.approve, name="dispatch-list-approve"),
    path("dispatches/<int:pk>/retry/", dispatch.retry, name="dispatch-retry"),
    path("dispatches/<int:pk>/requests/<int:number>/", unanswered.name, name="request-name"),
    path("dispatches/<int:pk>/people/", recipients.index, name="recipient-list"),
    path("dispatches/<int:pk>/people/verify/", decisions.everybody, name="recipient-decide-all"),
    path("dispatches/<int:pk>/people/decide/", decisions.some, name="recipient-decide-some"),
    path("dispatches/<int:pk>/people/<int:recipient_pk>/", recipients.detail, name="recipient"),
    path("dispatches/<int:pk>/people/<int:recipient_pk>/html/", recipients.html, name="recipient-html"),
    path("dispatches/<int:pk>/people/<int:recipient_pk>/decide/", decisions.one, name="recipient-decide"),
    path("reports/", report.index, name="reports"),
    path("reports/<int:pk>/", report.page, name="report"),
    path("reports/<int:pk>/figures.csv", report.figures_file, name="report-figures"),
    path("reports/<int:pk>/export/", exports.ask, name="report-export"),
    path("exports/", exports.index, name="exports"),
    path("exports/<uuid:pk>/", exports.file, name="export-file"),
    path("replies/", replies.index, name="replies"),
    path("replies/read/", replies.read, name="replies-read"),
    path("replies/<int:pk>/answer/", replies.answer, name="reply-answer"),
    path("settings/replies/", replies.settings, name="reply-settings"),
    path("contacts/<int:pk>/messages/", replies.of_contact, name="contact-messages"),
]
