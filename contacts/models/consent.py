"""The right to write to somebody: an append-only history, and the addresses that may not be written to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import User, Workspace, WorkspaceQuerySet
from contacts.models.contact import Contact
from contacts.wording import channel_choices, consent_choices, source_choices, suppression_choices


class ConsentEvent(models.Model):
    """Append-only. The contact's `<channel>_consent` is the last one, denormalised. Only read by contact, and
    written a million at a time, so it has one index."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("workspace")
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="consents", db_index=False, verbose_name=_("contact")
    )
    channel = models.CharField(_("channel"), max_length=5, choices=channel_choices)
    state = models.CharField(_("consent"), max_length=10, choices=consent_choices)
    basis = models.CharField(_("legal basis"), max_length=40, blank=True, default="")
    source = models.CharField(_("source"), max_length=20, choices=source_choices)
    wording = models.CharField(_("wording shown"), max_length=80, blank=True, default="")
    evidence = models.CharField(_("evidence"), max_length=300, blank=True, default="")
    actor = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("who"),
    )
    at = models.DateTimeField(_("time"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent entry")
        verbose_name_plural = _("consent entries")
        indexes = [models.Index(fields=["contact", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_state_display()}"


class Suppression(models.Model):
    """An address that may not be written to. Survives deletion and re-import of the contact."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="suppressions", verbose_name=_("workspace")
    )
    channel = models.CharField(_("channel"), max_length=5, choices=channel_choices)
    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=12, choices=suppression_choices)
    source = models.CharField(_("source"), max_length=20, choices=source_choices)
    note = models.CharField(_("note"), max_length=300, blank=True, default="")
    actor = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    at = models.DateTimeField(_("time"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("do-not-contact address")
        verbose_name_plural = _("do-not-contact addresses")
        constraints = [models.UniqueConstraint(fields=["workspace", "channel", "address"], name="suppressed_once")]
        indexes = [models.Index(fields=["workspace", "-id"], name="suppression_newest")]

    def __str__(self) -> str:
        return self.address
