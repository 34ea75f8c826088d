"""Reusable content. A version never changes: what was previewed is what is sent."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import User, Workspace, WorkspaceQuerySet

CHANNELS = [("sms", _("SMS")), ("email", _("Email"))]


class Attachment(models.Model):
    """A file of an email, kept once by its content. In the database, because several hosts send it."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", verbose_name=_("workspace"))
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("kind of file"), max_length=100)
    inline = models.BooleanField(_("shown inside the text"), default=False)
    digest = models.CharField(_("digest"), max_length=64)  # SHA-256 of the data
    size = models.PositiveIntegerField(_("size in bytes"))  # bytes
    data = models.BinaryField(_("content"))
    created_at = models.DateTimeField(_("created at"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "digest", "name", "inline"], name="attachment_once")
        ]

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """A name and a row of versions; `current` is the newest."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="templates", verbose_name=_("workspace")
    )
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(_("channel"), max_length=5, choices=CHANNELS)
    current = models.ForeignKey(
        "TemplateVersion", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("current version")
    )
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("changed at"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="template_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """Immutable content. Without a `template` it is a campaign's own text.

    `subject`, `html_source` and `text_source` are what the operator typed; `html` and `text` are what is
    compiled and sent (cleaned, CSS inlined, text generated when it was left empty). SMS uses `text` only.

    With a `remote_id` the vendor holds the content: `mapping` gives each of its placeholders an expression of ours
    (`{"Firstname": '{{ first_name|default:"friend" }}'}`), and the texts are the vendor's with those expressions in
    their places, or empty where the vendor does not tell them.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", verbose_name=_("workspace"))
    template = models.ForeignKey(
        Template, on_delete=models.CASCADE, null=True, blank=True, related_name="versions", verbose_name=_("template")
    )
    number = models.PositiveIntegerField(_("number"), default=1)
    channel = models.CharField(_("channel"), max_length=5, choices=CHANNELS)
    subject = models.CharField(_("subject"), max_length=1000, blank=True, default="")
    preheader = models.CharField(_("preheader"), max_length=300, blank=True, default="")
    html_source = models.TextField(_("HTML as written"), blank=True, default="")
    text_source = models.TextField(_("text as written"), blank=True, default="")
    html = models.TextField(_("HTML"), blank=True, default="")
    text = models.TextField(_("text"), blank=True, default="")
    names = models.JSONField(_("placeholders"), default=list)
    remote_id = models.CharField(_("id at the provider"), max_length=200, blank=True, default="")
    remote_name = models.CharField(_("name at the provider"), max_length=200, blank=True, default="")
    mapping = models.JSONField(_("values of the provider's placeholders"), default=dict, blank=True)
    attachments: models.ManyToManyField[Attachment, Any] = models.ManyToManyField(
        Attachment, blank=True, related_name="+", verbose_name=_("attachments")
    )
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))

    objects = WorkspaceQuerySet.as_manager()

    # Ids of the files of a version that is not saved yet, in their order; saving writes them.
    planned_files: tuple[int, ...] = ()

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"],
                condition=models.Q(template__isnull=False),
                name="template_version_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.template or _('own text')} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Inserts only. TypeError for a change: a campaign, a preview and a ledger rely on this row."""
        if not self._state.adding:
            raise TypeError("A template version never changes; make a new one.")
        super().save(*args, **kwargs)
        through = TemplateVersion.attachments.through
        through.objects.bulk_create(
            through(templateversion_id=self.pk, attachment_id=pk) for pk in dict.fromkeys(self.planned_files)
        )

    @property
    def file_ids(self) -> tuple[int, ...]:
        """Ids of its files, in their order."""
        if self.pk is None or self._state.adding:
            return self.planned_files
        rows = TemplateVersion.attachments.through.objects.filter(templateversion_id=self.pk)
        return tuple(rows.order_by("id").values_list("attachment_id", flat=True))
