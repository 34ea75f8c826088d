"""A person, with an email address and/or a phone. Phone-only and email-only people are normal."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from console.models import Workspace
from contacts.querysets import ContactQuerySet
from contacts.states import Consent
from contacts.wording import consent_choices, phone_type_choices


class Contact(models.Model):
    """`phone` is E.164 with "+"; `phone_type` is "mobile", "fixed", "other" or ""; `search` is kept by
    `contacts.services.people.search_text` and read by `ContactQuerySet.search`."""

    # The indexes below begin with the workspace: one of its own would only make imports slower.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="contacts", db_index=False, verbose_name=_("workspace")
    )
    key = models.CharField(_("external id"), max_length=120, blank=True, default="")
    email = models.CharField(_("email"), max_length=254, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=20, blank=True, default="")
    phone_type = models.CharField(_("kind of phone"), max_length=8, choices=phone_type_choices, blank=True, default="")
    first_name = models.CharField(_("first name"), max_length=120, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=160, blank=True, default="")
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    language = models.CharField(_("language"), max_length=12, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    attributes = models.JSONField(_("fields"), default=dict, blank=True)
    email_consent = models.CharField(
        _("email consent"), max_length=10, choices=consent_choices, default=Consent.UNKNOWN
    )
    sms_consent = models.CharField(_("SMS consent"), max_length=10, choices=consent_choices, default=Consent.UNKNOWN)
    search = models.TextField(_("found by"), blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("changed at"))

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], condition=~Q(key=""), name="contact_key"),
            models.UniqueConstraint(fields=["workspace", "email"], condition=~Q(email=""), name="contact_email"),
            models.UniqueConstraint(
                fields=["workspace", "phone"], condition=Q(key="", email="") & ~Q(phone=""), name="contact_phone_only"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="contact_newest"),
            models.Index(fields=["workspace", "phone"], name="contact_phone"),
            models.Index(fields=["workspace", "sms_consent", "-id"], name="contact_sms_consent"),
            models.Index(fields=["workspace", "email_consent", "-id"], name="contact_email_consent"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or self.key

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
