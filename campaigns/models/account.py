"""Credentials, base URL and limits at one provider."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import Workspace, WorkspaceQuerySet


def new_token() -> str:
    """The unguessable part of an account's callback URLs: 256 bits."""
    return secrets.token_urlsafe(32)


class ProviderAccount(models.Model):
    """`sealed` holds the credentials, encrypted (`console.services.crypto`); nothing ever shows them again.
    `hold_until` binds every lane (429, breaker); `hold_reason` without a time waits for a person."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="accounts")
    name = models.CharField(_("name"), max_length=80)
    provider = models.CharField(_("provider"), max_length=40)
    base_url = models.CharField(_("base URL"), max_length=300)
    sealed = models.TextField(blank=True, default="", editable=False)
    options = models.JSONField(default=dict, blank=True)
    sender = models.CharField(_("default SMS sender"), max_length=60, blank=True, default="")
    email_sender = models.CharField(_("default email sender"), max_length=200, blank=True, default="")
    requests_per_second = models.FloatField(_("requests per second"), null=True, blank=True)
    messages_per_second = models.FloatField(_("messages per second"), null=True, blank=True)
    sms_price = models.DecimalField(_("price of an SMS part"), max_digits=10, decimal_places=5, null=True, blank=True)
    email_price = models.DecimalField(_("price of an email"), max_digits=10, decimal_places=5, null=True, blank=True)
    callback_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)
    hold_reason = models.CharField(max_length=24, blank=True, default="", editable=False)
    hold_since = models.DateTimeField(null=True, editable=False)
    hold_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # in a row; any success resets
    last_success_at = models.DateTimeField(null=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, default="", editable=False)
    last_error_reason = models.CharField(max_length=24, blank=True, default="", editable=False)
    cursors = models.JSONField(default=dict, editable=False)  # channel -> where `pull` goes on
    remote_templates = models.JSONField(default=list, editable=False)  # the vendor's list as last read
    remote_templates_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="account_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AccessToken(models.Model):
    """The access token of an account, encrypted, for all processes. `lease_until`: somebody is renewing it."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, primary_key=True, related_name="+")
    sealed = models.TextField(blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.account_id)
