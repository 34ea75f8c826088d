"""Lists and tags: one table, because an audience treats them alike. Saved rules join as a third kind."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.models import Workspace, WorkspaceQuerySet
from contacts.models.contact import Contact
from contacts.states import GroupKind


class Group(models.Model):
    """`size` is a counter that every change of members moves in its own transaction."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="groups")
    kind = models.CharField(max_length=8, choices=[(GroupKind.LIST, _("List")), (GroupKind.TAG, _("Tag"))])
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True, default="")
    size = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "name"], name="group_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    # member_once begins with the group.
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "contact"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.group_id}"
