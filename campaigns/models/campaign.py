"""The plan: audience, content version, provider account, schedule, limits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import ProviderAccount
from campaigns.models.template import CHANNELS, Template, TemplateVersion
from campaigns.states import CampaignStatus
from campaigns.wording import campaign_choices
from console.models import User, Workspace, WorkspaceQuerySet
from contacts.models import Group


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    SERVICE = "service", _("Service")


class Campaign(models.Model):
    """`start_at` is UTC, `zone` the IANA zone it was chosen in; both empty = at once when scheduled.
    `everyone` True = all contacts of the workspace, else the members of `include`; `exclude` always wins."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="campaigns", verbose_name=_("workspace")
    )
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(_("channel"), max_length=5, choices=CHANNELS)
    purpose = models.CharField(_("purpose"), max_length=9, choices=Purpose.choices, default=Purpose.MARKETING)
    status = models.CharField(_("status"), max_length=10, choices=campaign_choices, default="draft")
    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("provider account"),
    )
    sender = models.CharField(_("sender"), max_length=200, blank=True, default="")
    reply_to = models.CharField(_("reply to"), max_length=254, blank=True, default="")
    template = models.ForeignKey(
        Template, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("template")
    )
    version = models.ForeignKey(
        TemplateVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("template version"),
    )
    everyone = models.BooleanField(_("everyone"), default=False)
    include = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("included lists and tags"))
    exclude = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("excluded lists and tags"))
    start_at = models.DateTimeField(_("start"), null=True, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    messages_per_second = models.FloatField(_("messages per second"), null=True, blank=True)
    max_parts = models.PositiveSmallIntegerField(_("longest allowed"), default=4)
    # Answers to the provider's `message_fields`.
    options = models.JSONField(_("settings of the provider"), default=dict, blank=True)
    cost_cap = models.DecimalField(_("most it may cost"), max_digits=12, decimal_places=4, null=True, blank=True)
    # So many go first and alone, and their outcomes are awaited so long before the rest goes.
    canary = models.PositiveIntegerField(_("go first and alone"), null=True, blank=True)
    canary_minutes = models.PositiveSmallIntegerField(_("minutes to wait for their receipts"), default=5)
    # In per cent of the last messages; empty = as the workspace says, 0 = never.
    failure_share = models.PositiveSmallIntegerField(_("pause when so many fail"), null=True, blank=True)
    # What the button said when it was scheduled.
    planned_people = models.PositiveIntegerField(_("people when it was scheduled"), default=0)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    scheduled_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("scheduled by")
    )
    scheduled_at = models.DateTimeField(_("scheduled at"), null=True)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("changed at"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
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
