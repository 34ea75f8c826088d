"""Addresses of contacts, lists and tags, imports and the do-not-contact list, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import path

from contacts.views import bulk, consent, contact, exports, groups, imports, people, suppressions, uploads

urlpatterns = [
    path("contacts/", people.index, name="contacts"),
    path("contacts/new/", contact.new, name="contact-new"),
    path("contacts/selected/", bulk.apply, name="contact-bulk"),
    path("contacts/selected/<uuid:pk>/", bulk.job, name="contact-job"),
    path("contacts/export/", exports.ask, name="contact-export"),
    path("contacts/export/<uuid:pk>/", exports.job, name="contact-export-job"),
    path("contacts/export/<uuid:pk>/file/", exports.file, name="contact-export-file"),
    path("contacts/<int:pk>/", contact.show, name="contact"),
    path("contacts/<int:pk>/edit/", contact.edit, name="contact-edit"),
    path("contacts/<int:pk>/delete/", contact.delete, name="contact-delete"),
    path("contacts/<int:pk>/groups/", consent.membership, name="contact-groups"),
    path("contacts/<int:pk>/stop/", consent.stop, name="contact-stop"),
    path("contacts/<int:pk>/consent/<str:channel>/", consent.change, name="contact-consent"),
    path("groups/", groups.index, name="groups"),
    path("groups/new/", groups.new, name="group-new"),
    path("groups/<int:pk>/rename/", groups.rename, name="group-rename"),
    path("groups/<int:pk>/delete/", groups.delete, name="group-delete"),
    path("imports/", imports.index, name="imports"),
    path("imports/new/", uploads.new, name="import-new"),
    path("imports/new/<str:token>/", uploads.review, name="import-review"),
    path("imports/<uuid:pk>/", imports.show, name="import"),
    path("imports/<uuid:pk>/rejected/", imports.rejected, name="import-rejected"),
    path("do-not-contact/", suppressions.index, name="suppressions"),
    path("do-not-contact/new/", suppressions.new, name="suppression-new"),
    path("do-not-contact/<int:pk>/remove/", suppressions.remove, name="suppression-remove"),
]
