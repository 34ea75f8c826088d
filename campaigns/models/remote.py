"""What the vendor counts as one thing where the ledger has many rows: tickets, and campaigns on a list it holds."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.account import ProviderAccount
from campaigns.models.dispatch import Dispatch
from console.models import User


class Ticket(models.Model):
    """The vendor's id of one request that carried many people of a ledger batch. Callbacks are matched by it, and it
    is polled (`follow_at`) where the vendor tells nothing by itself."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="tickets")
    batch_no = models.PositiveIntegerField()
    value = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    follows = models.PositiveSmallIntegerField(default=0)
    follow_at = models.DateTimeField(null=True)
    course = models.CharField(max_length=8, default="open")
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "value"], name="ticket_once")]
        indexes = [models.Index(fields=["follow_at"], condition=Q(follow_at__isnull=False), name="ticket_to_follow")]

    def __str__(self) -> str:
        return self.value


class ListRun(models.Model):
    """A dispatch that goes out as one campaign on a list at the vendor: contacts are brought there, the vendor counts
    them and names a price, and only then it is launched. `status` is of `campaigns.states.ListStatus`."""

    dispatch = models.OneToOneField(Dispatch, on_delete=models.CASCADE, related_name="list_run")
    kind = models.CharField(max_length=8, default="list")  # list or tag
    name = models.CharField(max_length=30, blank=True, default="")
    ticket = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=12, default="uploading")
    key = models.CharField(max_length=36, blank=True, default="")  # the request key of the creation
    cursor = models.PositiveIntegerField(default=0)  # the last ledger batch that was brought there
    uploaded = models.PositiveIntegerField(default=0)
    count = models.PositiveIntegerField(null=True)  # people, as the vendor counts them
    cost = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    approved_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    intent_at = models.DateTimeField(null=True)  # committed before the launch leaves
    polls = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    token = models.CharField(max_length=32, blank=True, default="")
    detail = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="list_run_due")]

    def __str__(self) -> str:
        return self.name
