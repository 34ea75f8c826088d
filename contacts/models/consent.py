"""The right to write to somebody: an append-only history, and the addresses that may not be written to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import User, Workspace, WorkspaceQuerySet
from contacts.models.contact import CONSENT_CHOICES, Contact
from contacts.states import ConsentSource, SuppressionReason

CHANNEL_CHOICES = [("sms", _("SMS")), ("email", _("Email"))]


class ConsentEvent(models.Model):
    """Append-only. The contact's `<channel>_consent` is the last one, denormalised. Only read by contact, and
    written a million at a time, so it has one index."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents", db_index=False)
    channel = models.CharField(max_length=5, choices=CHANNEL_CHOICES)
    state = models.CharField(max_length=10, choices=CONSENT_CHOICES)
    basis = models.CharField(max_length=40, blank=True, default="")
    source = models.CharField(max_length=20, choices=[(s.value, s.value) for s in ConsentSource])
    wording = models.CharField(max_length=80, blank=True, default="")
    evidence = models.CharField(max_length=300, blank=True, default="")
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["contact", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class Suppression(models.Model):
    """An address that may not be written to. Survives deletion and re-import of the contact."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="suppressions")
    channel = models.CharField(max_length=5, choices=CHANNEL_CHOICES)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=12, choices=[(r.value, r.value) for r in SuppressionReason])
    source = models.CharField(max_length=20, choices=[(s.value, s.value) for s in ConsentSource])
    note = models.CharField(max_length=300, blank=True, default="")
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "channel", "address"], name="suppressed_once")]
        indexes = [models.Index(fields=["workspace", "-id"], name="suppression_newest")]

    def __str__(self) -> str:
        return self.address
