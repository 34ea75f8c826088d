"""Who opened an email or followed a link, and how many people did."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.dispatch import Dispatch
from campaigns.models.ledger import Recipient

KINDS = [("opened", _("Opened")), ("clicked", _("Clicked"))]
URL_LENGTH = 300


class Engagement(models.Model):
    """The first time that a person did it. `url`: the link without its query; a click is two rows, one for the link
    and one, with an empty url, for having clicked at all."""

    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("dispatch")
    )
    recipient = models.ForeignKey(
        Recipient, on_delete=models.CASCADE, related_name="engagement", db_constraint=False, db_index=False,
        verbose_name=_("recipient"),
    )  # fmt: skip
    kind = models.CharField(_("what"), max_length=8, choices=KINDS)
    url = models.CharField(_("link"), max_length=URL_LENGTH, blank=True, default="")
    at = models.DateTimeField(_("first time"))

    class Meta:
        verbose_name = _("open or click")
        verbose_name_plural = _("opens and clicks")
        constraints = [models.UniqueConstraint(fields=["recipient", "kind", "url"], name="engagement_once")]
        indexes = [models.Index(fields=["dispatch", "kind", "url", "recipient"], name="engagement_people")]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.kind}"


class EngagementTally(models.Model):
    """How many people of a dispatch did it; moved in the transaction that inserts them."""

    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="engagement_tallies", db_index=False,
        verbose_name=_("dispatch"),
    )  # fmt: skip
    kind = models.CharField(_("what"), max_length=8, choices=KINDS)
    url = models.CharField(_("link"), max_length=URL_LENGTH, blank=True, default="")
    people = models.PositiveBigIntegerField(_("people"), default=0)

    class Meta:
        verbose_name = _("counter of opens and clicks")
        verbose_name_plural = _("counters of opens and clicks")
        constraints = [models.UniqueConstraint(fields=["dispatch", "kind", "url"], name="engagement_tally")]

    def __str__(self) -> str:
        return f"{self.dispatch_id} {self.kind} {self.people}"
