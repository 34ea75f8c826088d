"""The ledger: one row for every person of a dispatch, and one for every request to a provider."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from campaigns.models.dispatch import Dispatch
from campaigns.states import BatchStatus, RecipientStatus
from console.models import Workspace, WorkspaceQuerySet
from contacts.models import Contact


class Batch(models.Model):
    """One `send` to a provider: intent written before, outcome after. `number` is `Recipient.batch_no`.
    `key` is the request key, stable over retries. `excerpt` is the raw answer's beginning, without secrets."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="batch_set")
    number = models.PositiveIntegerField()
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    size = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=[(s.value, s.value) for s in BatchStatus], default="ready")
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    token = models.CharField(max_length=32, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    resubmission = models.BooleanField(default=False)  # same references again, after "not found"
    look_ups = models.PositiveSmallIntegerField(default=0)
    look_up_at = models.DateTimeField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    excerpt = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "number"], name="batch_number"),
            models.CheckConstraint(condition=Q(status__in=[s.value for s in BatchStatus]), name="batch_status"),
        ]
        indexes = [
            models.Index(fields=["dispatch", "status", "number"], name="batch_claim"),
            models.Index(fields=["lease_until"], condition=Q(status="claimed"), name="batch_leases"),
            models.Index(fields=["look_up_at"], condition=Q(status="unknown"), name="batch_unknown"),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id}/{self.number}"


class RecipientQuerySet(WorkspaceQuerySet["Recipient"]):
    def for_workspace(self, workspace: Workspace | int) -> RecipientQuerySet:
        return self.filter(dispatch__workspace=workspace)


class Recipient(models.Model):
    """What became of one person. `values` is JSON text: the raw field values that the content uses, frozen when
    the row was written, so that the text can be shown exactly as it left. `batch_no` is empty for rows that
    were excluded from the start. `attempt` counts logical sends: a new one is a new reference on the wire.

    The foreign keys carry no database constraint: checking them per row costs a third of `prepare`, and the
    row must outlive its contact anyway.
    """

    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="recipients", db_constraint=False, db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    batch_no = models.PositiveIntegerField(null=True)
    address = models.CharField(max_length=254, blank=True, default="")
    status = models.CharField(max_length=11, choices=[(s.value, s.value) for s in RecipientStatus], default="queued")
    reason = models.CharField(max_length=24, blank=True, default="")
    detail = models.CharField(max_length=200, blank=True, default="")
    values = models.TextField(blank=True, default="")
    attempt = models.PositiveSmallIntegerField(default=1)
    parts = models.PositiveSmallIntegerField(default=0)
    provider_message_id = models.CharField(max_length=200, blank=True, default="")
    handed_over_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "recipients"
        constraints = [
            # On batch_no, not on status: an index whose condition moves with every row would be rewritten each time.
            models.UniqueConstraint(
                fields=["dispatch", "address"], condition=Q(batch_no__isnull=False), name="recipient_address_once"
            ),
            models.UniqueConstraint(fields=["contact", "dispatch"], name="recipient_contact_once"),
            models.CheckConstraint(condition=Q(status__in=[s.value for s in RecipientStatus]), name="recipient_status"),
        ]
        indexes = [
            models.Index(fields=["dispatch", "batch_no"], name="recipient_batch"),
            models.Index(fields=["dispatch", "status", "id"], name="recipient_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id}:{self.pk} {self.status}"
