"""The plan: audience, content version, provider account, schedule, limits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import ProviderAccount
from campaigns.models.template import CHANNELS, Template, TemplateVersion
from campaigns.states import CampaignStatus
from console.models import User, Workspace, WorkspaceQuerySet
from contacts.models import Group


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    SERVICE = "service", _("Service")


class Campaign(models.Model):
    """`start_at` is UTC, `zone` the IANA zone it was chosen in; both empty = at once when scheduled.
    `everyone` True = all contacts of the workspace, else the members of `include`; `exclude` always wins."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="campaigns")
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(_("channel"), max_length=5, choices=CHANNELS)
    purpose = models.CharField(_("purpose"), max_length=9, choices=Purpose.choices, default=Purpose.MARKETING)
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in CampaignStatus], default="draft")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sender = models.CharField(_("sender"), max_length=200, blank=True, default="")
    reply_to = models.CharField(_("reply to"), max_length=254, blank=True, default="")
    template = models.ForeignKey(Template, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    everyone = models.BooleanField(default=False)
    include = models.ManyToManyField(Group, blank=True, related_name="+")
    exclude = models.ManyToManyField(Group, blank=True, related_name="+")
    start_at = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=64, blank=True, default="")
    messages_per_second = models.FloatField(_("messages per second"), null=True, blank=True)
    max_parts = models.PositiveSmallIntegerField(_("longest allowed"), default=4)
    options = models.JSONField(default=dict, blank=True)  # answers to the provider's `message_fields`
    cost_cap = models.DecimalField(_("most it may cost"), max_digits=12, decimal_places=4, null=True, blank=True)
    planned_people = models.PositiveIntegerField(default=0)  # what the button said when it was scheduled
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    scheduled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    scheduled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in CampaignStatus]), name="campaign_status"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "status", "-id"], name="campaign_by_status"),
            models.Index(fields=["workspace", "-id"], name="campaign_newest"),
            models.Index(fields=["start_at"], condition=models.Q(status="scheduled"), name="campaign_due"),
        ]

    def __str__(self) -> str:
        return self.name
