"""The names of a workspace's own contact fields, so that templates know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.models import Workspace
from contacts.models import FIXED_FIELDS, Contact, ContactField

MOST_FIELDS = 500


def register(workspace: Workspace, labels: Mapping[str, str]) -> None:
    """Make sure that every name of `labels` ({name: label}) is known; a label that is there stays."""
    known = set(names(workspace))
    fresh = [name for name in labels if name not in known][: max(0, MOST_FIELDS - len(known))]
    ContactField.objects.bulk_create(
        (ContactField(workspace=workspace, name=name, label=labels[name][:120]) for name in fresh),
        ignore_conflicts=True,
    )


def names(workspace: Workspace) -> list[str]:
    """All names, in alphabetical order."""
    return list(ContactField.objects.for_workspace(workspace).values_list("name", flat=True))


def labels(workspace: Workspace) -> dict[str, str]:
    """{name: label} in the order of the names."""
    return {field.name: str(field) for field in ContactField.objects.for_workspace(workspace)}


def label(workspace: Workspace, name: str) -> str:
    """What people call a field that a text names: a column of contacts, or a field of the workspace's own."""
    if name in FIXED_FIELDS:
        column: Any = Contact._meta.get_field(name)
        return str(column.verbose_name)
    return labels(workspace).get(name, name) if name else ""
