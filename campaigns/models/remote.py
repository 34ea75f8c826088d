"""What the vendor counts as one thing where the ledger has many rows: tickets, and campaigns on a list it holds."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import ProviderAccount
from campaigns.models.dispatch import Dispatch
from campaigns.wording import course_choices, list_choices
from console.models import User
from contacts.wording import kind_choices


class Ticket(models.Model):
    """The vendor's id of one request that carried many people of a ledger batch. Callbacks are matched by it, and it
    is polled (`follow_at`) where the vendor tells nothing by itself."""

    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("provider account")
    )
    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="tickets", verbose_name=_("dispatch"))
    batch_no = models.PositiveIntegerField(_("batch"))
    value = models.CharField(_("id at the provider"), max_length=200)
    due_at = models.DateTimeField(_("to be sent at"), null=True)  # by the vendor, where it keeps the request until then
    made_at = models.DateTimeField(_("created at"))
    follows = models.PositiveSmallIntegerField(_("look-ups"), default=0)
    follow_at = models.DateTimeField(_("next look-up"), null=True)
    course = models.CharField(_("state"), max_length=8, choices=course_choices, default="open")
    note = models.CharField(_("note"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("request in progress at the provider")
        verbose_name_plural = _("requests in progress at providers")
        constraints = [models.UniqueConstraint(fields=["account", "value"], name="ticket_once")]
        indexes = [models.Index(fields=["follow_at"], condition=Q(follow_at__isnull=False), name="ticket_to_follow")]

    def __str__(self) -> str:
        return self.value


class ListRun(models.Model):
    """A dispatch that goes out as one campaign on a list at the vendor: contacts are brought there, the vendor counts
    them and names a price, and only then it is launched. `status` is of `campaigns.states.ListStatus`."""

    dispatch = models.OneToOneField(
        Dispatch, on_delete=models.CASCADE, related_name="list_run", verbose_name=_("dispatch")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=kind_choices, default="list")  # list or tag
    name = models.CharField(_("name"), max_length=30, blank=True, default="")
    ticket = models.CharField(_("id at the provider"), max_length=200, blank=True, default="")
    status = models.CharField(_("status"), max_length=12, choices=list_choices, default="uploading")
    key = models.CharField(_("request key"), max_length=36, blank=True, default="")  # the request key of the creation
    # The last ledger batch that was brought there.
    cursor = models.PositiveIntegerField(_("last batch brought there"), default=0)
    uploaded = models.PositiveIntegerField(_("people brought there"), default=0)
    # People, as the vendor counts them.
    count = models.PositiveIntegerField(_("people as the provider counts them"), null=True)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, null=True)
    approved_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)
    intent_at = models.DateTimeField(_("launch begun at"), null=True)  # committed before the launch leaves
    polls = models.PositiveSmallIntegerField(_("look-ups"), default=0)
    next_at = models.DateTimeField(_("next step at"), null=True)
    lease_until = models.DateTimeField(_("reserved until"), null=True)
    token = models.CharField(_("token"), max_length=32, blank=True, default="")
    detail = models.CharField(_("note"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("list campaign at the provider")
        verbose_name_plural = _("list campaigns at providers")
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="list_run_due")]

    def __str__(self) -> str:
        return self.name
