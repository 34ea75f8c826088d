"""Credentials, base URL and limits at one provider."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.wording import reason_choices
from console.models import Workspace, WorkspaceQuerySet


def new_token() -> str:
    """The unguessable part of an account's callback URLs: 256 bits."""
    return secrets.token_urlsafe(32)


class ProviderAccount(models.Model):
    """`sealed` holds the credentials, encrypted (`console.services.crypto`); nothing ever shows them again.
    `hold_until` binds every lane (429, breaker); `hold_reason` without a time waits for a person. The breaker is open
    while `broken_since` is set; when `hold_until` is over, whoever writes `probe_until` tries one batch. What people
    have been told of it is `outage_since` (`services.connecting.outages`)."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="accounts", verbose_name=_("workspace")
    )
    name = models.CharField(_("name"), max_length=80)
    provider = models.CharField(_("provider"), max_length=40)
    base_url = models.CharField(_("base URL"), max_length=300)
    sealed = models.TextField(_("credentials, encrypted"), blank=True, default="", editable=False)
    options = models.JSONField(_("settings of the provider"), default=dict, blank=True)
    sender = models.CharField(_("default SMS sender"), max_length=60, blank=True, default="")
    email_sender = models.CharField(_("default email sender"), max_length=200, blank=True, default="")
    requests_per_second = models.FloatField(_("requests per second"), null=True, blank=True)
    messages_per_second = models.FloatField(_("messages per second"), null=True, blank=True)
    sms_price = models.DecimalField(_("price of an SMS part"), max_digits=10, decimal_places=5, null=True, blank=True)
    email_price = models.DecimalField(_("price of an email"), max_digits=10, decimal_places=5, null=True, blank=True)
    callback_token = models.CharField(
        _("secret part of the callback addresses"), max_length=64, unique=True, default=new_token, editable=False
    )
    is_active = models.BooleanField(_("in use"), default=True)
    hold_reason = models.CharField(
        _("held because"), max_length=24, choices=reason_choices, blank=True, default="", editable=False
    )
    hold_since = models.DateTimeField(_("held since"), null=True, editable=False)
    hold_until = models.DateTimeField(_("asked to wait until"), null=True, editable=False)
    # In a row; any success resets.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    broken_since = models.DateTimeField(_("does not answer since"), null=True, editable=False)
    probe_until = models.DateTimeField(_("being tried until"), null=True, editable=False)
    # Without a break; empty while the breaker is open, and after a person closed it until something was answered.
    answers_since = models.DateTimeField(_("answers since"), null=True, editable=False)
    asked_since = models.DateTimeField(_("only asks to wait since"), null=True, editable=False)
    # When the outage began that people were told of, until they are told of its end.
    outage_since = models.DateTimeField(_("outage told of, since"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, default="", editable=False)
    last_error_reason = models.CharField(
        _("reason of the last error"), max_length=24, choices=reason_choices, blank=True, default="", editable=False
    )
    # Channel -> where `pull` goes on.
    cursors = models.JSONField(_("how far replies were fetched"), default=dict, editable=False)
    # When reports are fetched next; while somebody fetches, the end of that right.
    pull_at = models.DateTimeField(_("fetch reports at"), null=True, editable=False)
    # The vendor's list as last read.
    remote_templates = models.JSONField(_("templates at the provider"), default=list, editable=False)
    remote_templates_at = models.DateTimeField(_("templates read at"), null=True, editable=False)
    # The vendor's register as last read: id, name and alias of each.
    remote_campaigns = models.JSONField(_("campaigns at the provider"), default=list, editable=False)
    hook_networks = models.TextField(
        _("callbacks come from"), blank=True, default="", help_text=_("Addresses and networks; empty: from anywhere.")
    )
    created_at = models.DateTimeField(_("created at"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="account_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AccessToken(models.Model):
    """The access token of an account, encrypted, for all processes. `lease_until`: somebody is renewing it."""

    account = models.OneToOneField(
        ProviderAccount,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("provider account"),
    )
    sealed = models.TextField(_("token, encrypted"), blank=True, default="")
    expires_at = models.DateTimeField(_("expires"), null=True)
    lease_until = models.DateTimeField(_("reserved until"), null=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return str(self.account)
