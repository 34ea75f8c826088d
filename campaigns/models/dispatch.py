"""One run of a campaign, its counters, and the small tables that lanes coordinate by."""

from __future__ import annotations

import secrets

from django.db import models

from campaigns.models.account import ProviderAccount
from campaigns.models.campaign import Campaign, Purpose
from campaigns.models.template import CHANNELS, TemplateVersion
from campaigns.states import DispatchStatus, RecipientStatus
from console.models import User, Workspace, WorkspaceQuerySet


def new_key() -> str:
    """The dispatch's part of a message reference: unique beyond this database, because a provider may
    remember references longer than a database lives."""
    return secrets.token_hex(6)


def new_secret() -> str:
    return secrets.token_hex(16)


class DispatchKind(models.TextChoices):
    CAMPAIGN = "campaign"
    TEST = "test"


class Dispatch(models.Model):
    """A retry of the failed is dispatch 2; a test send is a dispatch of its own kind, on the same ledger.

    `cursor` is the last contact id that `prepare` has written a row for; `secret` signs the unsubscribe
    links of its messages; `reason` says why it is held or paused.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="dispatches")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="dispatches")
    kind = models.CharField(max_length=8, choices=DispatchKind.choices, default=DispatchKind.CAMPAIGN)
    number = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    secret = models.CharField(max_length=32, default=new_secret, editable=False)
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DispatchStatus], default="preparing")
    reason = models.CharField(max_length=40, blank=True, default="")
    channel = models.CharField(max_length=5, choices=CHANNELS)
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=200, blank=True, default="")
    reply_to = models.CharField(max_length=254, blank=True, default="")
    max_parts = models.PositiveSmallIntegerField(default=4)
    options = models.JSONField(default=dict, blank=True)
    cost_cap = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    messages_per_second = models.FloatField(null=True, blank=True)
    batch_size = models.PositiveIntegerField(default=1000)
    batches = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    people = models.PositiveBigIntegerField(default=0)  # rows written; the tallies must sum to it
    planned_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    prepared_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)  # of `prepare`
    token = models.CharField(max_length=32, blank=True, default="")
    last_claim_at = models.DateTimeField(null=True)  # fair share: the least recently served goes next
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "dispatches"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "kind", "number"], name="dispatch_number"),
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in DispatchStatus]), name="dispatch_status"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="dispatch_newest"),
            models.Index(
                fields=["account", "last_claim_at"], condition=models.Q(status="sending"), name="dispatch_sending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.number}"


class Tally(models.Model):
    """How many rows of a dispatch are in a status for a reason. Moved in the transaction that moves the rows,
    because counting the ledger costs 40–470 ms per million rows and this costs 0.2."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="tallies")
    status = models.CharField(max_length=11, choices=[(s.value, s.value) for s in RecipientStatus])
    reason = models.CharField(max_length=24, blank=True, default="")
    n = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["dispatch", "status", "reason"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.status} {self.reason} {self.n}"


class Pulse(models.Model):
    """Messages handed over per 5-second bucket (`at` = Unix time // 5): rate, ETA and the chart."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="pulses")
    at = models.BigIntegerField()
    n = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "pulses"
        constraints = [models.UniqueConstraint(fields=["dispatch", "at"], name="pulse_once")]

    def __str__(self) -> str:
        return f"{self.at}: {self.n}"


class Lane(models.Model):
    """A right to send through an account, held by one task at a time; a doubled broker message finds it taken."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="lanes")
    slot = models.PositiveSmallIntegerField()
    token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "slot"], name="lane_slot")]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.slot}"


class Pace(models.Model):
    """A rate limit that holds across processes: `next_at` (Unix time) is when the next unit may leave.
    `name` is "account:<id>:requests", "account:<id>:messages" or "dispatch:<id>"."""

    name = models.CharField(max_length=60, primary_key=True)
    next_at = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.name
