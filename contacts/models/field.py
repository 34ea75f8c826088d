"""The names of a workspace's own contact fields: what a template may use besides the fixed ones."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import Workspace, WorkspaceQuerySet

# Columns of Contact that a template may use, in the order they are offered.
FIXED_FIELDS = ("first_name", "last_name", "email", "phone", "key", "country", "language")


class ContactField(models.Model):
    """`name` is the key in `Contact.attributes`, letters, digits and underscores; `label` is the column heading
    it came from."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="contact_fields", verbose_name=_("workspace")
    )
    name = models.CharField(
        _("name"), max_length=60, help_text=_("As templates write it: small letters, digits and underscores.")
    )
    label = models.CharField(
        _("label"), max_length=120, blank=True, default="", help_text=_("As pages show it, such as Loyalty points.")
    )

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact field")
        verbose_name_plural = _("contact fields")
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="contact_field_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.label or self.name
