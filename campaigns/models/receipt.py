"""What providers tell us later: the inbox of callbacks, and people's replies."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import ProviderAccount
from campaigns.models.dispatch import Dispatch
from campaigns.models.ledger import Recipient
from campaigns.models.template import CHANNELS
from campaigns.wording import outcome_choices
from console.models import Workspace, WorkspaceQuerySet
from contacts.models import Contact


class ProviderEvent(models.Model):
    """A callback as it came: stored first, applied afterwards by a task. `digest` identifies the body, so a
    callback that is delivered twice is one row. `body` is base64. `applied_at` empty = still to do."""

    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.CASCADE,
        related_name="events",
        db_index=False,  # `event_once` begins with it
        verbose_name=_("provider account"),
    )
    kind = models.CharField(_("kind"), max_length=20)
    digest = models.CharField(_("digest"), max_length=32)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("content"))
    received_at = models.DateTimeField(_("received at"))
    applied_at = models.DateTimeField(_("applied at"), null=True)
    retry_at = models.DateTimeField(_("next try"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    outcome = models.CharField(_("outcome"), max_length=12, choices=outcome_choices, blank=True, default="")
    note = models.CharField(_("note"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="event_once")]
        # None on the time of receipt: `callbacks.forget` walks the ids, and every call pays for each index.
        indexes = [models.Index(fields=["id"], condition=Q(applied_at__isnull=True), name="event_to_apply")]

    def __str__(self) -> str:
        return f"{self.account} · {self.pk}"


class Reply(models.Model):
    """An inbound message. `opted_out`: it held an opt-out word and was acted on."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="replies", verbose_name=_("workspace")
    )
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("provider account")
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, related_name="replies", verbose_name=_("contact")
    )
    recipient = models.ForeignKey(
        Recipient,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("recipient"),
    )
    channel = models.CharField(_("channel"), max_length=5, choices=CHANNELS)
    event_id = models.CharField(_("id at the provider"), max_length=100)
    address = models.CharField(_("address"), max_length=254)
    text = models.TextField(_("text"), blank=True, default="")
    opted_out = models.BooleanField(_("opted out"), default=False)
    at = models.DateTimeField(_("time"))
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="reply_once")]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="reply_newest"),
            models.Index(fields=["workspace", "-id"], condition=Q(read_at__isnull=True), name="reply_unread"),
            models.Index(fields=["workspace", "-id"], condition=Q(opted_out=True), name="reply_opted_out"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.text[:40]}"


class ReplySettings(models.Model):
    """What a workspace does with replies. A language that is missing in `stop_words` has the words it starts with
    (`campaigns.stopwords`); `confirmation` (language -> text) leaves only while `confirms` is on."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("workspace")
    )
    stop_words = models.JSONField(_("opt-out words by language"), default=dict)
    confirms = models.BooleanField(_("confirms an opt-out"), default=False)
    confirmation = models.JSONField(_("confirmation by language"), default=dict)
    # Account id -> the archived campaign that carries its answers.
    carriers = models.JSONField(_("campaigns of answers"), default=dict)

    class Meta:
        verbose_name = _("settings of replies")
        verbose_name_plural = _("settings of replies")

    def __str__(self) -> str:
        return str(self.workspace)


class Reconciliation(models.Model):
    """How far a dispatch has been asked about at its vendor for receipts that got lost: the last ledger row, and when
    to go on. `next_at` is also the lease of whoever is at it."""

    dispatch = models.OneToOneField(
        Dispatch, on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("dispatch")
    )
    cursor = models.BigIntegerField(_("last row asked for"), default=0)
    next_at = models.DateTimeField(_("next try"))

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")

    def __str__(self) -> str:
        return str(self.dispatch_id)
