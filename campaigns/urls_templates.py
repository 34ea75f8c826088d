"""Addresses of templates and their versions, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from campaigns.views import files, template_editor, template_preview, templates

urlpatterns = [
    path("templates/", templates.index, name="templates"),
    path("templates/new/<str:channel>/", template_editor.new, name="template-new"),
    path("templates/check/<str:channel>/", template_editor.check, name="template-check"),
    path("files/<int:pk>/", files.download, name="file"),
    path("templates/try/", template_preview.try_email, name="template-try"),
    path("templates/<int:pk>/", template_editor.edit, name="template"),
    path("templates/<int:pk>/versions/", templates.versions, name="template-versions"),
    path("templates/<int:pk>/versions/<int:number>/", templates.version, name="template-version"),
    path("templates/<int:pk>/versions/<int:number>/email/", template_preview.email, name="template-email"),
    path("templates/<int:pk>/versions/<int:number>/restore/", templates.restore, name="template-restore"),
    path("templates/<int:pk>/duplicate/", templates.duplicate, name="template-duplicate"),
    path("templates/<int:pk>/archive/", templates.archive, name="template-archive"),
    path("templates/<int:pk>/unarchive/", templates.unarchive, name="template-unarchive"),
]
