"""The ledger: one row for every person of a dispatch, and one for every request to a provider."""

from __future__ import annotations

import uuid
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.dispatch import Dispatch
from campaigns.states import BatchStatus, RecipientStatus
from campaigns.wording import batch_choices, reason_choices, recipient_choices
from console.models import Workspace, WorkspaceQuerySet
from contacts.models import Contact

# One comparison after the other, most rows' first: for `status IN (…)` SQLite makes a table of the list anew for each
# row that is written: 1.3 of the 6 µs that the statement took for a row of an audience.
KNOWN_STATUS = reduce(or_, (Q(status=status.value) for status in RecipientStatus))


class Batch(models.Model):
    """One `send` to a provider: intent written before, outcome after. `number` is `Recipient.batch_no`.
    `key` is the request key, stable over retries. `excerpt` is the raw answer's beginning, without secrets."""

    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="batch_set", verbose_name=_("dispatch")
    )
    number = models.PositiveIntegerField(_("number"))
    key = models.UUIDField(_("request key"), default=uuid.uuid4, editable=False)
    size = models.PositiveIntegerField(_("messages"))
    status = models.CharField(_("status"), max_length=8, choices=batch_choices, default="ready")
    not_before = models.DateTimeField(_("not before"))
    lease_until = models.DateTimeField(_("reserved until"), null=True)
    token = models.CharField(_("token"), max_length=32, blank=True, default="")
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    # Same references again, after "not found".
    resubmission = models.BooleanField(_("sent again under the same references"), default=False)
    # Not as `prepare` cut it, in the order of the ledger.
    regrouped = models.BooleanField(_("of people who were in another batch"), default=False, db_default=False)
    look_ups = models.PositiveSmallIntegerField(_("look-ups"), default=0)
    look_up_at = models.DateTimeField(_("next look-up"), null=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    excerpt = models.CharField(_("beginning of the answer"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "number"], name="batch_number"),
            models.CheckConstraint(condition=Q(status__in=[s.value for s in BatchStatus]), name="batch_status"),
        ]
        indexes = [
            models.Index(fields=["dispatch", "status", "number"], name="batch_claim"),
            models.Index(fields=["lease_until"], condition=Q(status="claimed"), name="batch_leases"),
            models.Index(fields=["look_up_at"], condition=Q(status="unknown"), name="batch_unknown"),
            # Those few in which people may wait whom no lane comes to in the order of the ledger.
            models.Index(
                fields=["dispatch", "number"],
                condition=Q(regrouped=True) | Q(status="done", started_at__isnull=True),
                name="batch_out_of_order",
            ),
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
        Dispatch,
        on_delete=models.CASCADE,
        related_name="recipients",
        db_constraint=False,
        db_index=False,
        verbose_name=_("dispatch"),
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("contact"),
    )
    batch_no = models.PositiveIntegerField(_("batch"), null=True)
    address = models.CharField(_("address"), max_length=254, blank=True, default="")
    status = models.CharField(_("status"), max_length=11, choices=recipient_choices, default="queued")
    reason = models.CharField(_("reason"), max_length=24, choices=reason_choices, blank=True, default="")
    detail = models.CharField(_("provider's words"), max_length=200, blank=True, default="")
    values = models.TextField(_("field values used"), blank=True, default="")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    parts = models.PositiveSmallIntegerField(_("SMS parts"), default=0)
    provider_message_id = models.CharField(_("id at the provider"), max_length=200, blank=True, default="")
    handed_over_at = models.DateTimeField(_("handed over at"), null=True)
    final_at = models.DateTimeField(_("final since"), null=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = [
            # On batch_no, not on status: an index whose condition moves with every row would be rewritten each time.
            models.UniqueConstraint(
                fields=["dispatch", "address"], condition=Q(batch_no__isnull=False), name="recipient_address_once"
            ),
            models.UniqueConstraint(fields=["contact", "dispatch"], name="recipient_contact_once"),
            models.CheckConstraint(condition=KNOWN_STATUS, name="recipient_status"),
        ]
        indexes = [
            models.Index(fields=["dispatch", "batch_no"], name="recipient_batch"),
            # On PostgreSQL by `shelf`, a column that the database derives from the status (`querysets/shelves.py`).
            models.Index(fields=["dispatch", "status", "id"], name="recipient_by_status"),
            # Of the few that have one: rows that go well are not in it.
            models.Index(fields=["dispatch", "reason", "id"], condition=~Q(reason=""), name="recipient_by_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id}:{self.pk}, {self.get_status_display()}"
