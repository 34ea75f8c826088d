"""Lists and tags: one table, because an audience treats them alike. Saved rules join as a third kind."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import Workspace, WorkspaceQuerySet
from contacts.models.contact import Contact
from contacts.wording import kind_choices


class Group(models.Model):
    """`size` is a counter that every change of members moves in its own transaction."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="groups", verbose_name=_("workspace")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=kind_choices)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True, default="")
    size = models.PositiveIntegerField(_("people"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("list or tag")
        verbose_name_plural = _("lists and tags")
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "name"], name="group_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    # member_once begins with the group.
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="members", db_index=False, verbose_name=_("list or tag")
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("contact")
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("member of a list or tag")
        verbose_name_plural = _("members of lists and tags")
        constraints = [models.UniqueConstraint(fields=["group", "contact"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.contact} · {self.group}"
