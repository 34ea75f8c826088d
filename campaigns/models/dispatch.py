"""One run of a campaign, its counters, and the small tables that lanes coordinate by."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import ProviderAccount
from campaigns.models.campaign import Campaign, Purpose
from campaigns.models.template import CHANNELS, TemplateVersion
from campaigns.states import DispatchStatus
from campaigns.wording import dispatch_choices, hold_choices, reason_choices, recipient_choices
from console.models import User, Workspace, WorkspaceQuerySet


def new_key() -> str:
    """The dispatch's part of a message reference: unique beyond this database, because a provider may
    remember references longer than a database lives."""
    return secrets.token_hex(6)


def new_secret() -> str:
    return secrets.token_hex(16)


class DispatchKind(models.TextChoices):
    CAMPAIGN = "campaign", _("Campaign")
    TEST = "test", pgettext_lazy("kind of dispatch", "Test")
    ANSWER = "answer", _("Answer to a reply")
    CONFIRMATION = "confirm", _("Confirmation of an opt-out")


class Dispatch(models.Model):
    """A retry of the failed is dispatch 2; a test send is a dispatch of its own kind, on the same ledger.

    `cursor` is the last contact id that `prepare` has written a row for; `secret` signs the unsubscribe
    links of its messages; `reason` says why it is held or paused.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="dispatches", verbose_name=_("workspace")
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="dispatches", verbose_name=_("campaign")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=DispatchKind.choices, default=DispatchKind.CAMPAIGN)
    number = models.PositiveIntegerField(_("number"), default=1)
    key = models.CharField(_("key in references"), max_length=16, unique=True, default=new_key, editable=False)
    secret = models.CharField(_("secret of its links"), max_length=32, default=new_secret, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=dispatch_choices, default="preparing")
    reason = models.CharField(_("reason"), max_length=40, choices=hold_choices, blank=True, default="")
    channel = models.CharField(_("channel"), max_length=5, choices=CHANNELS)
    purpose = models.CharField(_("purpose"), max_length=9, choices=Purpose.choices)
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="+", verbose_name=_("provider account")
    )
    version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("template version")
    )
    sender = models.CharField(_("sender"), max_length=200, blank=True, default="")
    reply_to = models.CharField(_("reply to"), max_length=254, blank=True, default="")
    max_parts = models.PositiveSmallIntegerField(_("longest allowed"), default=4)
    options = models.JSONField(_("settings of the provider"), default=dict, blank=True)
    cost_cap = models.DecimalField(_("most it may cost"), max_digits=12, decimal_places=4, null=True, blank=True)
    # Units (SMS parts or emails) of the cap that are spent or on their way.
    units = models.PositiveBigIntegerField(_("parts or emails of the budget"), default=0)
    canary = models.PositiveIntegerField(_("go first and alone"), null=True, blank=True)
    canary_minutes = models.PositiveSmallIntegerField(_("minutes to wait for their receipts"), default=5)
    # The last batch that lanes may claim while the canary is out; empty = all.
    open_until = models.PositiveIntegerField(_("last batch that may leave"), null=True)
    failure_share = models.PositiveSmallIntegerField(_("pause when so many fail"), null=True, blank=True)
    messages_per_second = models.FloatField(_("messages per second"), null=True, blank=True)
    batch_size = models.PositiveIntegerField(_("messages in a batch"), default=1000)
    batches = models.PositiveIntegerField(_("batches"), default=0)
    cursor = models.BigIntegerField(_("last contact written"), default=0)
    people = models.PositiveBigIntegerField(_("people"), default=0)  # rows written; the tallies must sum to it
    planned_at = models.DateTimeField(_("planned for"))
    started_at = models.DateTimeField(_("started at"), null=True)
    prepared_at = models.DateTimeField(_("audience written at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    changed_at = models.DateTimeField(_("changed at"))
    lease_until = models.DateTimeField(_("reserved until"), null=True)  # of `prepare`
    token = models.CharField(_("token"), max_length=32, blank=True, default="")
    # Fair share: the least recently served goes next.
    last_claim_at = models.DateTimeField(_("last served at"), null=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "kind", "number"], name="dispatch_number"),
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in DispatchStatus]), name="dispatch_status"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="dispatch_newest"),
            models.Index(fields=["status"], name="dispatch_by_status"),  # is any open? asked every second
            models.Index(
                fields=["account", "last_claim_at"], condition=models.Q(status="sending"), name="dispatch_sending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.number}"


class Tally(models.Model):
    """How many rows of a dispatch are in a status for a reason. Moved in the transaction that moves the rows,
    because counting the ledger costs 40–470 ms per million rows and this costs 0.2."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="tallies", verbose_name=_("dispatch"))
    status = models.CharField(_("status"), max_length=11, choices=recipient_choices)
    reason = models.CharField(_("reason"), max_length=24, choices=reason_choices, blank=True, default="")
    n = models.BigIntegerField(_("people"), default=0)

    class Meta:
        verbose_name = _("counter of a dispatch")
        verbose_name_plural = _("counters of dispatches")
        constraints = [models.UniqueConstraint(fields=["dispatch", "status", "reason"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.dispatch}: {self.get_status_display()}, {self.n}"


class Pulse(models.Model):
    """Messages handed over per 5-second bucket (`at` = Unix time // 5): rate, ETA and the chart."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="pulses", verbose_name=_("dispatch"))
    at = models.BigIntegerField(_("time"))
    n = models.PositiveIntegerField(_("messages"), default=0)
    parts = models.PositiveIntegerField(_("SMS parts"), default=0)

    class Meta:
        verbose_name = _("speed reading")
        verbose_name_plural = _("speed readings")
        constraints = [models.UniqueConstraint(fields=["dispatch", "at"], name="pulse_once")]

    def __str__(self) -> str:
        return f"{self.dispatch}: {self.n}"


class EvidenceSource(models.TextChoices):
    ANSWERS = "answers", _("Answers of the provider")
    RECEIPTS = "receipts", pgettext_lazy("evidence", "Receipts")


class Evidence(models.Model):
    """How the latest messages of a dispatch went: two buckets that slide, so that "of the last 200" costs one small
    UPDATE and never a count. `strange`: unreadable answers in a row that are alike; `answer` is what they are."""

    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="evidence", verbose_name=_("dispatch")
    )
    source = models.CharField(_("source"), max_length=8, choices=EvidenceSource.choices)
    tried = models.PositiveIntegerField(_("messages"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    tried_before = models.PositiveIntegerField(_("messages of the bucket before"), default=0)
    failed_before = models.PositiveIntegerField(_("failed of the bucket before"), default=0)
    strange = models.PositiveIntegerField(_("unreadable answers in a row"), default=0)
    answer = models.CharField(_("what cannot be read"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("evidence of failures")
        verbose_name_plural = _("evidence of failures")
        constraints = [models.UniqueConstraint(fields=["dispatch", "source"], name="evidence_once")]

    def __str__(self) -> str:
        return f"{self.dispatch}: {self.get_source_display()}"


class Lane(models.Model):
    """A right to send through an account, held by one task at a time; a doubled broker message finds it taken."""

    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, related_name="lanes", verbose_name=_("provider account")
    )
    slot = models.PositiveSmallIntegerField(_("number"))
    token = models.CharField(_("token"), max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(_("reserved until"), null=True)

    class Meta:
        verbose_name = _("sending lane")
        verbose_name_plural = _("sending lanes")
        constraints = [models.UniqueConstraint(fields=["account", "slot"], name="lane_slot")]

    def __str__(self) -> str:
        return f"{self.account} · {self.slot}"


class Pace(models.Model):
    """A rate limit that holds across processes: `next_at` (Unix time) is when the next unit may leave. `recent`: what
    counts in the window of a limit on messages, as JSON pairs of the time until which it counts and its units.
    `name` is "account:<id>:requests", "account:<id>:messages", "account:<id>:follows" or "dispatch:<id>"."""

    name = models.CharField(_("limit"), max_length=60, primary_key=True)
    next_at = models.FloatField(_("next free at"), default=0)
    recent = models.TextField(_("what counts in its window"), blank=True, default="")

    class Meta:
        verbose_name = _("rate limit")
        verbose_name_plural = _("rate limits")

    def __str__(self) -> str:
        """What it limits, in words."""
        thing, _colon, rest = self.name.partition(":")
        number, _colon, unit = rest.partition(":")
        sentences = {
            "account requests": gettext("Requests of provider account %(id)s"),
            "account messages": gettext("Messages of provider account %(id)s"),
            "dispatch": gettext("Messages of dispatch %(id)s"),
        }
        return sentences.get(f"{thing} {unit}".strip(), self.name) % {"id": number}
