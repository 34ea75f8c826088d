"""What providers tell us later: the inbox of callbacks, and people's replies."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.account import ProviderAccount
from campaigns.models.ledger import Recipient
from campaigns.models.template import CHANNELS
from console.models import Workspace, WorkspaceQuerySet
from contacts.models import Contact


class ProviderEvent(models.Model):
    """A callback as it came: stored first, applied afterwards by a task. `digest` identifies the body, so a
    callback that is delivered twice is one row. `body` is base64. `applied_at` empty = still to do."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)
    digest = models.CharField(max_length=32)
    headers = models.JSONField(default=dict)
    body = models.TextField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=12, blank=True, default="")  # applied, parked, unmatched, unreadable
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="event_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(applied_at__isnull=True), name="event_to_apply"),
            models.Index(fields=["received_at"], name="event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Reply(models.Model):
    """An inbound message. `opted_out`: it held an opt-out word and was acted on."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="replies")
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="replies")
    recipient = models.ForeignKey(
        Recipient, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    channel = models.CharField(max_length=5, choices=CHANNELS)
    event_id = models.CharField(max_length=100)
    address = models.CharField(max_length=254)
    text = models.TextField(blank=True, default="")
    opted_out = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "replies"
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="reply_once")]
        indexes = [models.Index(fields=["workspace", "-id"], name="reply_newest")]

    def __str__(self) -> str:
        return f"{self.address}: {self.text[:40]}"
