"""Every query of contacts that is more than a filter."""

from __future__ import annotations

from typing import Any

from console.models import WorkspaceQuerySet


class ContactQuerySet(WorkspaceQuerySet[Any]):
    """Contacts of a workspace."""
